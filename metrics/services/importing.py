"""Read values of many metrics from CSV, row by row, however large the file: good rows land, bad ones are told.

Rows are taken in batches; each batch is one transaction per metric. Row numbers are line numbers of the file. A file
that Premise exported is taken as it is (`exported`).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import IO, NamedTuple

from django.core.exceptions import PermissionDenied

from approvals.models import User
from config.kit import collector
from config.kit.refusals import BadInput, MoveRefused
from metrics.domain.intake import Status
from metrics.models import Metric
from metrics.services import exported, observations
from metrics.services.csv_rows import Line, read_csv

BATCH = 10_000


class ImportedRow(NamedTuple):
    """What became of one line of the file."""

    row: int
    metric: str
    status: Status
    sentence: str


@dataclass(frozen=True)
class Import:
    """What becomes of each line, told as it is taken, and which columns are passed over."""

    rows: Iterator[ImportedRow]
    passed_over: tuple[str, ...]

    def __iter__(self) -> Iterator[ImportedRow]:
        return self.rows


@dataclass(frozen=True, kw_only=True)
class _Terms:
    """How one file is taken; `newest` is of use for an export only."""

    by: User | None
    source: str
    dry_run: bool
    is_export: bool
    newest: exported.Newest = field(default_factory=exported.Newest)


def import_csv(data: IO[bytes], *, by: User | None, source: str = "csv", dry_run: bool = False) -> Import:
    """Tell what becomes of each line. BadInput when the file as a whole cannot be read, before anything is stored."""
    read = read_csv(data)
    first = next(read.lines, None)
    if first is None:
        raise BadInput({"file": ["The file has a header but no rows."]})
    terms = _Terms(by=by, source=source, dry_run=dry_run, is_export=bool(read.passed_over))
    return Import(_imported(chain([first], read.lines), terms), read.passed_over)


def _imported(lines: Iterator[Line], terms: _Terms) -> Iterator[ImportedRow]:
    while True:
        with collector.waiting():
            batch = list(islice(lines, BATCH))
            told = sorted(_recorded(batch, terms), key=lambda row: row.row)
        if not batch:
            return
        yield from told


def _recorded(batch: list[Line], terms: _Terms) -> Iterator[ImportedRow]:
    """Record a batch, metric by metric."""
    by_metric: dict[str, list[Line]] = {}
    for line in batch:
        by_metric.setdefault(line.metric, []).append(line)
    if terms.is_export:
        terms.newest.note(batch)
    visible = Metric.objects.all() if terms.by is None else Metric.objects.visible_to(terms.by)
    metrics = {metric.key: metric for metric in visible.filter(key__in=_askable(by_metric))}
    for key, lines in sorted(by_metric.items()):
        if (metric := metrics.get(key)) is None:
            yield from _unknown(key, lines)
        elif terms.is_export:
            yield from _recorded_export(metric, lines, terms)
        else:
            yield from _recorded_metric(metric, lines, terms)


def _askable(keys: Iterable[str]) -> list[str]:
    """Leave out what no database should be asked for: NUL, lone surrogates, endless keys."""
    return [key for key in keys if key.isascii() and key.isprintable() and len(key) <= 64]


def _unknown(key: str, lines: Sequence[Line]) -> Iterator[ImportedRow]:
    told = key if _askable([key]) else "in this row"
    sentence = f"There is no metric with the key {told}." if key else "metric: Give the metric's key."
    yield from (_refused(line, line.entry.trouble or sentence) for line in lines)


def _recorded_export(metric: Metric, lines: Sequence[Line], terms: _Terms) -> Iterator[ImportedRow]:
    """Record of an export what counts and is not here yet; of all else say why it is passed over."""
    passed = {line.number: why for line in lines if (why := terms.newest.replaced(line))}
    passed |= {line.number: exported.WORKED_OUT for line in lines if exported.worked_out(metric, line)}
    left = [line for line in lines if line.number not in passed]
    passed |= exported.recorded(metric, left, by=terms.by)
    for line in lines:
        if line.number in passed:
            yield ImportedRow(line.number, metric.key, Status.UNCHANGED, passed[line.number])
    left = [line for line in left if line.number not in passed]
    if left:
        own = left if terms.by is None else [exported.in_own_name(line) for line in left]
        yield from _recorded_metric(metric, own, terms)


def _recorded_metric(metric: Metric, lines: Sequence[Line], terms: _Terms) -> Iterator[ImportedRow]:
    entries = [line.entry for line in lines]
    try:
        results = observations.record(metric, entries, by=terms.by, source=terms.source, dry_run=terms.dry_run)
    except (PermissionDenied, MoveRefused) as refusal:
        yield from (_refused(line, str(refusal)) for line in lines)
        return
    for line, result in zip(lines, results, strict=True):
        if exported.nothing_to_withdraw(line, result):
            yield ImportedRow(line.number, metric.key, Status.UNCHANGED, exported.WITHDRAWN)
        else:
            yield ImportedRow(line.number, metric.key, result.status, result.sentence)


def _refused(line: Line, sentence: str) -> ImportedRow:
    key = line.metric if _askable([line.metric]) else ""
    return ImportedRow(row=line.number, metric=key, status=Status.REFUSED, sentence=sentence)
