"""Read values of many metrics from CSV, row by row, however large the file: good rows land, bad ones are told.

Rows are taken in batches; each batch is one transaction per metric. Row numbers are line numbers of the file.
"""

import csv
import io
import re
from collections.abc import Iterator
from itertools import chain, islice
from typing import IO, Any, NamedTuple

from django.core.exceptions import PermissionDenied

from approvals.models import User
from config.kit import collector
from config.kit.refusals import BadInput, MoveRefused
from metrics.domain.intake import Status
from metrics.models import Metric
from metrics.services import observations
from metrics.services.entries import Entry

REQUIRED = ("metric", "period_start", "value")
OPTIONAL = ("period_end", "segment", "sample_size", "external_id", "source", "note")
COLUMNS = REQUIRED + OPTIONAL
ENTERED = ("period_start", "value", "period_end", "segment", "sample_size", "external_id", "source", "note")
"""The columns in the order of Entry's fields."""
BATCH = 10_000
PEEKED = 64 * 1024
_ANNOUNCED = re.compile(r'"?sep=([,;\t])"?[,;\t]*', re.IGNORECASE)


class ImportedRow(NamedTuple):
    """What became of one line of the file."""

    row: int
    metric: str
    status: Status
    sentence: str


class _Line(NamedTuple):
    number: int
    metric: str
    entry: Entry


def import_csv(
    data: IO[bytes], *, by: User | None, source: str = "csv", dry_run: bool = False
) -> Iterator[ImportedRow]:
    """Yield what becomes of each line. BadInput when the file as a whole cannot be read, before anything is stored."""
    lines = _lines(_text(data))
    first = next(lines, None)
    if first is None:
        raise BadInput({"file": ["The file has a header but no rows."]})
    return _imported(first, lines, by=by, source=source, dry_run=dry_run)


def _imported(
    first: _Line, rest: Iterator[_Line], *, by: User | None, source: str, dry_run: bool
) -> Iterator[ImportedRow]:
    rest = chain([first], rest)
    while True:
        with collector.waiting():
            batch = list(islice(rest, BATCH))
            told = sorted(_recorded(batch, by=by, source=source, dry_run=dry_run), key=lambda row: row.row)
        if not batch:
            return
        yield from told


def _recorded(batch: list[_Line], *, by: User | None, source: str, dry_run: bool) -> Iterator[ImportedRow]:
    """Record a batch, metric by metric."""
    by_metric: dict[str, list[_Line]] = {}
    for line in batch:
        by_metric.setdefault(line.metric, []).append(line)
    visible = Metric.objects.all() if by is None else Metric.objects.visible_to(by)
    metrics = {metric.key: metric for metric in visible.filter(key__in=_askable(by_metric))}
    for key, lines in sorted(by_metric.items()):
        yield from _recorded_metric(key, metrics.get(key), lines, by=by, source=source, dry_run=dry_run)


def _askable(keys: Any) -> list[str]:
    """Leave out what no database should be asked for: NUL, lone surrogates, endless keys."""
    return [key for key in keys if key.isascii() and key.isprintable() and len(key) <= 64]


def _recorded_metric(
    key: str, metric: Metric | None, lines: list[_Line], *, by: User | None, source: str, dry_run: bool
) -> Iterator[ImportedRow]:
    if metric is None:
        told = key if _askable([key]) else "in this row"
        sentence = f"There is no metric with the key {told}." if key else "metric: Give the metric's key."
        yield from (_refused(line, line.entry.trouble or sentence) for line in lines)
        return
    try:
        entries = [line.entry for line in lines]
        results = observations.record(metric, entries, by=by, source=source, dry_run=dry_run)
    except (PermissionDenied, MoveRefused) as refusal:
        yield from (_refused(line, str(refusal)) for line in lines)
        return
    for line, result in zip(lines, results, strict=True):
        yield ImportedRow(row=line.number, metric=key, status=result.status, sentence=result.sentence)


def _refused(line: _Line, sentence: str) -> ImportedRow:
    key = line.metric if _askable([line.metric]) else ""
    return ImportedRow(row=line.number, metric=key, status=Status.REFUSED, sentence=sentence)


def _text(data: IO[bytes]) -> Iterator[str]:
    """Decode by the byte-order mark, else as UTF-16 where every other byte is zero, else as UTF-8."""
    buffered = data if isinstance(data, io.BufferedReader) else io.BufferedReader(_Raw(data), PEEKED)
    head = buffered.peek(PEEKED)[:PEEKED]
    if not head.strip(b"\x00\xef\xbb\xbf\xff\xfe \r\n\t"):
        raise BadInput({"file": ["The file is empty."]})
    return io.TextIOWrapper(buffered, encoding=_encoding(head), newline="")


def as_text(whole: bytes) -> str:
    """Return a small file's text as it would be read; ValueError when it is none."""
    return whole.decode(_encoding(whole)).removeprefix("\ufeff")


def _encoding(head: bytes) -> str:
    if head.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        return "utf-32"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if len(head) > 3 and head[1] == 0 and head[3] == 0:
        return "utf-16-le"
    if len(head) > 3 and head[0] == 0 and head[2] == 0:
        return "utf-16-be"
    return "utf-8-sig"


class _Raw(io.RawIOBase):
    """An uploaded file as the raw stream that buffering and decoding expect."""

    def __init__(self, data: IO[bytes]) -> None:
        self._data = data

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        chunk = self._data.read(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)


def _lines(text: Iterator[str]) -> Iterator[_Line]:
    """Yield the rows; whatever stops the reading half-way becomes one last refused row."""
    skipped, opening = _first_line(text)
    delimiter = _announced(opening)
    if delimiter:
        after, opening = _first_line(text)
        skipped += after
    delimiter = delimiter or _delimiter(opening)
    header = _header(opening, delimiter)
    places = {name: at for at, name in enumerate(header)}
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, UnicodeError) as error:
            yield _stopped(reader.line_num + skipped + 1, error)
            return
        if any(map(str.strip, cells)):
            yield _line(reader.line_num + skipped, places, cells, delimiter)


def _first_line(text: Iterator[str]) -> tuple[int, str]:
    """Return the number and the text of the first line that says something."""
    try:
        for number, line in enumerate(text, start=1):
            if line.strip():
                return number, line
    except UnicodeError as error:
        raise BadInput({"file": ["The file is not text in UTF-8 or UTF-16. Save it as “CSV UTF-8”."]}) from error
    raise BadInput({"file": ["The file is empty."]})


def _announced(opening: str) -> str:
    """Return the separator that a line such as `sep=;` announces, as spreadsheets write it, else nothing."""
    found = _ANNOUNCED.fullmatch(opening.strip())
    return found[1] if found else ""


def _delimiter(opening: str) -> str:
    return max(",;\t", key=opening.count)


def _header(opening: str, delimiter: str) -> list[str]:
    """Return the column names; BadInput names every column that is missing, unknown or there twice."""
    try:
        cells = next(csv.reader([opening], delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise BadInput({"file": ["The header cannot be read: a quote is not closed."]}) from error
    names = [cell.strip().lower() for cell in cells]
    while names and not names[-1]:
        names.pop()  # spreadsheets end lines with separators of columns that are empty
    missing = [name for name in REQUIRED if name not in names]
    unknown = [name for name in names if name not in COLUMNS]
    twice = sorted({name for name in names if names.count(name) > 1})
    sentences = []
    if missing:
        sentences.append(f"The header lacks the column {' and '.join(missing)}.")
    if unknown:
        told = ", ".join(f"“{name[:40]}”" for name in unknown[:5]).encode("utf-8", "replace").decode()
        sentences.append(f"The header names unknown columns: {told}. Known are {', '.join(COLUMNS)}.")
    if twice:
        sentences.append(f"The header names a column twice: {', '.join(twice[:5])}.")
    if sentences:
        raise BadInput({"file": sentences})
    return names


def _line(number: int, places: dict[str, int], cells: list[str], delimiter: str) -> _Line:
    trouble = ""
    while len(cells) > len(places) and not cells[-1].strip():
        cells.pop()
    if len(cells) > len(places):
        trouble = f"The row has {len(cells)} fields and the header {len(places)}."
        if delimiter == ",":
            trouble += " Put a value with a decimal comma in quotes."
    elif len(cells) < len(places):
        trouble = f"The row has {len(cells)} fields and the header {len(places)}: it seems to be cut off."
        cells = cells + [""] * (len(places) - len(cells))
    given = [cells[places[name]] if name in places else "" for name in ENTERED]
    return _Line(number, cells[places["metric"]].strip(), Entry._make([*given, "", trouble]))


def _stopped(number: int, error: Exception) -> _Line:
    if isinstance(error, UnicodeError):
        sentence = "From here on the file is not text in UTF-8 or UTF-16; nothing further was read."
    elif "limit" in str(error):
        sentence = "A field is longer than 131,072 characters; nothing further was read."
    else:
        sentence = "A quote is not closed or stands in the wrong place; nothing further was read."
    return _Line(number, "", Entry(period_start="", value="", trouble=sentence))
