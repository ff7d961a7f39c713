"""Record values: store, evaluate what watches them, tell the outbox and the ledger, in one transaction."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from approvals.models import User
from approvals.services import ledger
from config.kit import collector
from config.kit.among import Among
from config.kit.canonical import decimal_text, digest_of_rows, utc_text
from config.kit.days import day_text
from config.kit.locking import PreparedLocked
from config.kit.prepared import ID, TEXT, TIME, Asked, PreparedModels, PreparedRows, Slot, together
from config.kit.refusals import BadInput, MoveRefused
from metrics.access import may_contribute, shown
from metrics.domain.intake import Arrival, Known, Revision, Ruling, Status, rule
from metrics.models import Metric, Observation
from metrics.services import (
    admission,
    aggregating,
    colliding,
    conditions,
    deriving,
    forecasting,
    formulas,
    freezes,
    held,
    quality,
    storing,
)
from metrics.services.entries import Entry, Unreadable, cadence_of, read

__all__ = ["Entry", "RowResult", "Status", "record", "record_series", "release"]

MOST_ROWS = 10_000
FEW = 100  # values that are gone before the garbage collector takes notice
CALCULATED = "{name} is calculated as {formula}: record or correct its inputs, and it follows."
NOT_YOURS = "You may not record values of this metric."
RELEASED = "approved correction"
OWN = "premise."  # begins the sources of what Premise itself works out
FORGOTTEN = "Values of periods before {day} are erased, as their time was up: none can be recorded or corrected."
_WITH_DEFINITION = Metric.objects.select_related("definition").order_by("key")
LOCKED = PreparedLocked(lambda: _WITH_DEFINITION.filter(Among("pk", Slot("metrics", ID, many=True))))
# The same for a metric that nothing is calculated from, as of most nothing is.
ALONE = PreparedLocked(lambda: _WITH_DEFINITION.filter(pk=Slot("metric", ID)).exclude(formulas.feeding()))
ALONE_BY_KEY = PreparedLocked(lambda: _WITH_DEFINITION.filter(key=Slot("key", TEXT)).exclude(formulas.feeding()))
BY_KEY = PreparedModels(lambda: Metric.objects.filter(key=Slot("key", TEXT)).order_by())
_SPAN = Q(period_start__range=(Slot("first", TIME), Slot("last", TIME)))
_NAMED = Q(Among("source", Slot("sources", TEXT, many=True)), Among("external_id", Slot("ids", TEXT, many=True)))
IN_SPAN = PreparedRows(lambda: _revisions(_SPAN))
IN_SPAN_OR_NAMED = PreparedRows(lambda: _revisions(_SPAN | (_NAMED & ~Q(external_id=""))))
REVISIONS_TOLD = 50  # corrections listed one by one in a ledger entry; the rest is covered by the digest


class RowResult(NamedTuple):
    """What became of one row; `sentence` is for people. Period and revision are empty when it was refused.

    `errors` says of a refused row which field is to be mended, as field → sentence ("" for the row as a whole).
    """

    row: int
    status: Status
    sentence: str
    period_start: datetime | None = None
    period_end: datetime | None = None
    revision: int | None = None
    observation_id: int | None = None
    errors: Mapping[str, str] = MappingProxyType({})


def record(
    metric: Metric,
    entries: Sequence[Entry],
    *,
    by: User | None,
    source: str = "form",
    dry_run: bool = False,
    reasoned: bool = False,
) -> list[RowResult]:
    """Record rows of one metric and answer for each; good rows land beside refused ones.

    `source` stands for rows that name none. With `dry_run` nothing is kept; with `reasoned` a correction without a
    reason is refused. BadInput for more than MOST_ROWS rows,
    MoveRefused for a retired metric, PermissionDenied for somebody who may not contribute.
    """
    with _recording(entries):
        rows = ALONE.all(metric=metric.pk) or _all_locked(metric)
        return _record(metric.pk, rows, entries, by=by, source=source, dry_run=dry_run, reasoned=reasoned)


def record_by_key(key: str, entries: Sequence[Entry], *, by: User, source: str) -> list[RowResult] | None:
    """Record rows of the metric with that key; None alike for what is not there and what `by` may not see.

    Errors are those of `record`. Where nothing is calculated from the metric, finding it and taking its lock are one.
    """
    with _recording(entries):
        rows = ALONE_BY_KEY.all(key=key)
        metric = shown(by, key, rows[0] if rows else BY_KEY.first(key=key))
        if metric is None:
            return None
        return _record(metric.pk, rows or _all_locked(metric), entries, by=by, source=source)


@contextmanager
def _recording(entries: Sequence[Entry]) -> Iterator[None]:
    if len(entries) > MOST_ROWS:
        raise BadInput({"": [f"Send at most {MOST_ROWS:,} rows at a time; there are {len(entries):,}."]})
    with collector.waiting() if len(entries) > FEW else nullcontext(), transaction.atomic(), ledger.gathered():
        yield


def _all_locked(metric: Metric) -> list[Metric]:
    return LOCKED.all(metrics=[metric.pk, *formulas.following(metric.pk)])


def _record(
    pk: int,
    rows: Sequence[Metric],
    entries: Sequence[Entry],
    *,
    by: User | None,
    source: str,
    dry_run: bool = False,
    reasoned: bool = False,
) -> list[RowResult]:
    """Do what `record` says; `rows` are the locked ones of the metric and of what is calculated from it."""
    metric, following = _writable(pk, rows, by, source)
    now = timezone.now()
    cadence = cadence_of(metric)
    arrivals, unreadable = read(entries, cadence=cadence, now=now, source=source, trusted=by is None)
    arrivals, barred = admission.admit(metric, arrivals, by=by, source=source)
    arrivals, forgotten = _younger(metric, arrivals)
    unreadable += barred + forgotten
    facts = _Facts.ask(metric, arrivals, by)
    # What Premise works out follows values that were let in already.
    worked_out = source.startswith(OWN)
    frozen = None if worked_out else freezes.frozen_for(metric, following, arrivals, facts.known, now)
    rulings = rule(arrivals, facts.known, reasoned=reasoned, hold=frozen.hold if frozen else None)
    if frozen and frozen.fresh and not dry_run:
        rulings = held.put_before_approvers(metric, rulings, frozen.fresh, by=by, now=now)
    stored = {} if dry_run else _store(metric, rulings, following, facts, by=by, now=now)
    return _answers(unreadable, rulings, stored)


def release(metric: Metric, entries: Sequence[Entry], *, by: User) -> list[RowResult]:
    """Record corrections of frozen periods that were approved, in the name of whoever wished for them.

    Nobody's rights are asked again, as they were when the wish was taken. MoveRefused for a retired metric.
    """
    with transaction.atomic(), ledger.gathered():
        metric, following = _writable(metric.pk, _all_locked(metric), None, RELEASED)
        now = timezone.now()
        arrivals, unreadable = read(entries, cadence=cadence_of(metric), now=now, source=RELEASED)
        arrivals, forgotten = _younger(metric, arrivals)
        unreadable += forgotten
        facts = _Facts.ask(metric, arrivals, by)
        rulings = rule(arrivals, facts.known)
        stored = _store(metric, rulings, following, facts, by=by, now=now)
    return _answers(unreadable, rulings, stored)


def _answers(unreadable: Sequence[Unreadable], rulings: Sequence[Ruling], stored: Mapping[int, int]) -> list[RowResult]:
    results = [_unread(each) for each in unreadable]
    results += [_result(ruling, stored.get(ruling.arrival.row)) for ruling in rulings]
    return sorted(results, key=lambda result: result.row)


def record_series(
    metric: Metric,
    values: Sequence[tuple[date, Decimal | int | float | str]],
    *,
    by: User | None = None,
    source: str = "demo",
    sample_size: int | None = None,
) -> list[RowResult]:
    """Record a run of (period, value) pairs in one call; any refused row is a BadInput, and nothing is kept."""
    rows = [Entry(period_start=day, value=value, sample_size=sample_size) for day, value in values]
    with transaction.atomic():
        results = record(metric, rows, by=by, source=source)
        if refused := [f"Row {each.row}: {each.sentence}" for each in results if each.status is Status.REFUSED]:
            raise BadInput({"": refused})
    return results


def _writable(pk: int, rows: Sequence[Metric], by: User | None, source: str) -> tuple[Metric, list[Metric]]:
    """Check that `by` may write values of the metric among the locked rows, whose locks put all writers of their
    values in one order. Returns the metric, and the others."""
    locked = {row.pk: row for row in rows}
    metric = locked.pop(pk)
    if by is not None and not may_contribute(by, metric):
        raise PermissionDenied(NOT_YOURS)
    if source != deriving.SOURCE and metric.definition is not None and metric.definition.expression:
        raise MoveRefused([CALCULATED.format(name=metric.name, formula=metric.definition.expression)])
    if metric.state == Metric.State.RETIRED:
        raise MoveRefused([f"{metric.name} is retired and takes no more values."])
    return metric, list(locked.values())


def _younger(metric: Metric, arrivals: list[Arrival]) -> tuple[list[Arrival], list[Unreadable]]:
    """Sort out what belongs to the part of the past that is erased: it would come back, and be judged alone."""
    horizon = metric.erased_through
    if horizon is None:
        return arrivals, []
    errors = {"period_start": FORGOTTEN.format(day=day_text(horizon))}
    gone = [Unreadable(row=each.row, errors=errors) for each in arrivals if each.start < horizon]
    return [each for each in arrivals if each.start >= horizon], gone


def _revisions(wanted: Q) -> "QuerySet[Observation, Any]":
    rows = Observation.objects.filter(wanted, metric_id=Slot("metric", ID)).order_by("revision")
    return rows.values_list("segment", "period_start", "revision", "value", "sample_size", "source", "external_id")


@dataclass(frozen=True)
class _Facts:
    """What a batch is judged by, read under the metric's lock in one go: what is stored for its periods and external
    ids, and who is to hear of it."""

    known: Known
    watching: conditions.Watching
    pairs: Asked[list[Any]]

    @classmethod
    def ask(cls, metric: Metric, arrivals: Sequence[Arrival], by: User | None) -> "_Facts":
        with together():
            rows = _ask_revisions(metric, arrivals)
            watching = conditions.watching(metric, segments={each.segment for each in arrivals})
            pairs = colliding.pairs_of(metric)
            ledger.expect(by)
        return cls(Known.of(map(Revision._make, rows.answer)), watching, pairs)


def _ask_revisions(metric: Metric, arrivals: Sequence[Arrival]) -> Asked[list[Any]]:
    """Ask for what is stored for the periods and external ids of the batch: one query, whatever its size."""
    if not arrivals:
        return Asked(list)
    first, last = min(each.start for each in arrivals), max(each.start for each in arrivals)
    span = {"metric": metric.pk, "first": first, "last": last}
    if keys := {(each.source, each.external_id) for each in arrivals if each.external_id}:
        sources, ids = (set(parts) for parts in zip(*keys, strict=True))
        return IN_SPAN_OR_NAMED.ask(**span, sources=sources, ids=ids)
    return IN_SPAN.ask(**span)


def _store(
    metric: Metric,
    rulings: Sequence[Ruling],
    following: Sequence[Metric],
    facts: _Facts,
    *,
    by: User | None,
    now: datetime,
) -> dict[int, int]:
    """Insert what is new, evaluate the metric's conditions, note it in the ledger; returns row → observation."""
    kept = [ruling for ruling in rulings if ruling.status in {Status.STORED, Status.REVISED}]
    if not kept:
        return {}
    storing_ids = storing.store(metric, kept, by=by, now=now)
    conditions.refold(metric, facts.watching, changed=_earliest(kept))
    stored = storing_ids.answer
    newest = {ruling.arrival.segment: pk for ruling, pk in zip(kept, stored, strict=True)}
    places = [(each.arrival.segment, each.arrival.start) for each in kept]
    late = admission.enter(metric, places, by=by)
    if following:
        deriving.follow(metric, places, record=_calculated)
    aggregating.follow(metric, places, late=late, record=_calculated)
    forecasting.want(metric, newest)
    quality.mark(metric, max(stored))
    colliding.mark(facts.pairs)
    payload = _payload(kept, personal=_personal(metric), restricted=admission.restricted(metric))
    ledger.append(metric.stream, "values.recorded", by=by, subject=metric.key, payload=payload)
    return {ruling.arrival.row: pk for ruling, pk in zip(kept, stored, strict=True)}


def _earliest(kept: Sequence[Ruling]) -> dict[str, datetime]:
    """Return the start of the earliest period by segment."""
    earliest: dict[str, datetime] = {}
    for arrival in (ruling.arrival for ruling in kept):
        earliest[arrival.segment] = min(arrival.start, earliest.get(arrival.segment, arrival.start))
    return earliest


def _calculated(metric: Metric, entries: Sequence[Entry], source: str) -> dict[int, int]:
    """Store calculated values; returns row → observation of those that were new or differ from what was stored."""
    results = record(metric, entries, by=None, source=source)
    changed = {Status.STORED, Status.REVISED}
    return {each.row: each.observation_id for each in results if each.status in changed and each.observation_id}


def calculate_everything(metric: Metric, *, why: str, leaving: Collection[datetime] = ()) -> None:
    """Work out every value of a calculated metric, or its whole, as after its formula or rule came in force.

    `leaving`: periods whose wholes stay as they are, since somebody has to decide on them first.
    """
    deriving.work_out_everything(metric, why=why, record=_calculated)
    aggregating.make_everything(metric, why=why, record=_calculated, leaving=leaving)


def make_wholes(metric: Metric, starts: Sequence[datetime], *, why: str) -> None:
    """Make the wholes of these periods anew."""
    aggregating.make(metric, starts, why=why, record=_calculated)


def _personal(metric: Metric) -> bool:
    return metric.definition is not None and metric.definition.personal_data


def _payload(kept: Sequence[Ruling], *, personal: bool, restricted: Collection[str]) -> dict[str, Any]:
    """Return what the ledger keeps: counts, the span, the digest of all rows, and the corrections by name.

    Of personal data it names neither segments nor values nor reasons, which could never be taken out again; of
    restricted segments no values, since the ledger is read by more people than those.
    """
    rows = [
        (a.segment, utc_text(a.start), each.revision, None if a.value is None else decimal_text(a.value), a.sample_size)
        for each in kept
        for a in (each.arrival,)
    ]
    revised = [ruling for ruling in kept if ruling.status is Status.REVISED]
    return {
        "counts": dict(Counter(str(ruling.status) for ruling in kept)),
        "sources": sorted({ruling.arrival.source for ruling in kept})[:REVISIONS_TOLD],
        "first": min(ruling.arrival.start for ruling in kept),
        "last": max(ruling.arrival.start for ruling in kept),
        "digest": digest_of_rows(rows),
        "revisions": [_correction(ruling, personal, restricted) for ruling in revised[:REVISIONS_TOLD]],
    }


def _correction(ruling: Ruling, personal: bool, restricted: Collection[str]) -> dict[str, Any]:
    arrival = ruling.arrival
    if personal:
        return {"period": arrival.start, "revision": ruling.revision}
    names = {"period": arrival.start, "segment": arrival.segment, "revision": ruling.revision}
    if arrival.segment in restricted:
        return names | {"reason": arrival.reason}
    return names | {"from": ruling.before, "to": arrival.value, "reason": arrival.reason}


def _unread(each: Unreadable) -> RowResult:
    return RowResult(row=each.row, status=Status.REFUSED, sentence=each.sentence, errors=each.errors)


def _result(ruling: Ruling, stored: int | None) -> RowResult:
    arrival, status, sentence, revision, _, field = ruling
    if status is Status.REFUSED:
        return RowResult(arrival.row, status, sentence, errors={field: sentence})
    return RowResult(arrival.row, status, sentence, arrival.start, arrival.end, revision, stored)
