"""Read a CSV file of values, however large and whatever program wrote it, into numbered lines.

What cannot be read as a whole is a BadInput before the first line; a bad row carries its trouble.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any, NamedTuple

from config.kit.refusals import BadInput
from config.kit.web import unguarded
from metrics.services.entries import Entry

REQUIRED = ("metric", "period_start", "value")
OPTIONAL = ("period_end", "segment", "sample_size", "external_id", "source", "note")
COLUMNS = REQUIRED + OPTIONAL
WRITTEN = ("revision", "reason", "recorded_at", "recorded_by")
"""What only Premise writes, beside the columns above; `revision` marks a file as an export of its own."""
ENTERED = ("period_start", "value", "period_end", "segment", "sample_size", "external_id", "source", "note")
"""The columns in the order of Entry's fields."""
PEEKED = 64 * 1024
_ANNOUNCED = re.compile(r'"?sep=([,;\t])"?[,;\t]*', re.IGNORECASE)


class Line(NamedTuple):
    """One row under its line number; `revision` is 0 in a file that Premise did not write."""

    number: int
    metric: str
    entry: Entry
    revision: int = 0


@dataclass(frozen=True)
class Rows:
    """The lines of a file, read as they are asked for, and which of its columns are passed over."""

    lines: Iterator[Line]
    passed_over: tuple[str, ...]


def read_csv(data: IO[bytes]) -> Rows:
    """Read the header, and then line by line. BadInput when there is nothing that could be read."""
    text = _text(data)
    skipped, opening = _first_line(text)
    delimiter = _announced(opening)
    if delimiter:
        after, opening = _first_line(text)
        skipped += after
    delimiter = delimiter or _delimiter(opening)
    header = _header(opening, delimiter)
    return Rows(_lines(text, header, delimiter, skipped), tuple(name for name in header if name in WRITTEN))


def _text(data: IO[bytes]) -> Iterator[str]:
    """Decode by the byte-order mark, else as UTF-16 where every other byte is zero, else as UTF-8."""
    buffered = data if isinstance(data, io.BufferedReader) else io.BufferedReader(_Raw(data), PEEKED)
    head = buffered.peek(PEEKED)[:PEEKED]
    if not head.strip(b"\x00\xef\xbb\xbf\xff\xfe \r\n\t"):
        raise BadInput({"file": ["The file is empty."]})
    return io.TextIOWrapper(buffered, encoding=_encoding(head), newline="")


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


def _lines(text: Iterator[str], header: list[str], delimiter: str, skipped: int) -> Iterator[Line]:
    """Yield the rows; whatever stops the reading half-way becomes one last refused row."""
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
    known = COLUMNS + WRITTEN if "revision" in names else COLUMNS
    unknown = [name for name in names if name not in known]
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


def _line(number: int, places: dict[str, int], cells: list[str], delimiter: str) -> Line:
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
    revision = 0
    if "revision" in places:
        given = [unguarded(cell) for cell in given]
        revision = _revision(cells[places["revision"]])
    return Line(number, cells[places["metric"]].strip(), Entry._make([*given, "", trouble]), revision)


def _revision(cell: str) -> int:
    """Return the number of a revision; what is none counts as the first."""
    written = cell.strip()
    return int(written) if written.isascii() and written.isdecimal() and len(written) < 9 else 1


def _stopped(number: int, error: Exception) -> Line:
    if isinstance(error, UnicodeError):
        sentence = "From here on the file is not text in UTF-8 or UTF-16; nothing further was read."
    elif "limit" in str(error):
        sentence = "A field is longer than 131,072 characters; nothing further was read."
    else:
        sentence = "A quote is not closed or stands in the wrong place; nothing further was read."
    return Line(number, "", Entry(period_start="", value="", trouble=sentence))
