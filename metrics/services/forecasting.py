"""Forecasts of stored series, made by workers and kept by what they were made from.

Recording values enters what is wanted in the same transaction; a wake-up after the commit, and the sweep for what a
lost message left behind, have workers claim it: one conditional UPDATE with a lease, the result and "done" stored
together, given up after MOST_ATTEMPTS. The forecast is a pure function of the values up to its data revision, so that
two workers at once would store the same.

Conditions do not read this cache: the fold makes its chances with the same pure functions, inside the transaction
that records a value. A condition's state must follow from its definition and the observations alone; a cache that may
be one revision behind would make live evaluation and rebuild differ.
"""

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, QuerySet
from django.utils import timezone

from config.kit import leases, wake
from config.kit.prepared import ID, TEXT, PreparedInsert, PreparedModels, Slot
from metrics.domain.forecasting import Projection, project
from metrics.domain.periods import Cadence
from metrics.domain.smoothing import season_of
from metrics.domain.timeline import History, Reading, Timeline
from metrics.models import Forecast, Metric, Observation
from metrics.services.entries import cadence_of
from metrics.services.replaying import context_of

TOPIC = "forecasts"
LEASE = timedelta(seconds=60)
MOST_ATTEMPTS = 3
AT_ONCE = 5  # forecasts in one go (20–90 ms each), so that what waits behind them gets its turn
IN_A_SWEEP = 20
STEPS = {"daily": 14, "weekly": 8, "monthly": 6, "quarterly": 4}
OTHER_STEPS = 12
WANTED = PreparedInsert(Forecast, ["metric_id", "segment", "definition_version", "data_revision"], ignore=True)
State = Forecast.State

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Claim:
    """A wanted forecast taken in hand; `attempt` tells a worker that was slower than its lease that it lost it."""

    pk: int
    attempt: int


def want(metric: Metric, newest: Mapping[str, int]) -> None:
    """Enter, in the caller's transaction, that segments want a forecast from their newest observation; once only."""
    version = metric.definition.number if metric.definition else 0
    rows = [
        {"metric_id": metric.pk, "segment": segment, "definition_version": version, "data_revision": revision}
        for segment, revision in newest.items()
    ]
    if len(rows) == 1:
        WANTED.run_last(**rows[0])
    else:
        Forecast.objects.bulk_create([Forecast(**row) for row in rows], ignore_conflicts=True)
    wake.publish(TOPIC, every=1)


def sweep(now: datetime) -> dict[str, int]:
    """Enter what time, a new definition or an older release left without a forecast, and make what is wanted."""
    _want_stale(now)
    _want_redefined()
    _want_missing()
    return compute(IN_A_SWEEP, now=now)


def compute(limit: int = AT_ONCE, *, now: datetime | None = None) -> dict[str, int]:
    """Make up to `limit` wanted forecasts; returns how often each thing happened."""

    def one() -> str | None:
        claim = _claim(now or timezone.now())
        return None if claim is None else _take(claim, now or timezone.now())

    return wake.take_turn(one, limit=limit, topic=TOPIC)


def kept(metric: Metric, segment: str = "") -> list[Forecast]:
    """Return what is kept of a segment's forecasts, of the newest data first: one query."""
    return KEPT.all(metric=metric.pk, segment=segment)


KEPT = PreparedModels(lambda: Forecast.objects.filter(metric=Slot("metric", ID), segment=Slot("segment", TEXT)))


def _want_stale(now: datetime) -> None:
    """Want anew what was made before a further period settled; what was made stays in place until then."""
    Forecast.objects.filter(state=State.DONE, stale_at__lte=now).update(state=State.WANTED, attempts=0)


def _want_redefined() -> None:
    """Want forecasts by the definition in force where another one made them."""
    made = Forecast.objects.filter(metric__definition__isnull=False).exclude(metric__state=Metric.State.RETIRED)
    for row in made.exclude(definition_version=F("metric__definition__number")).select_related("metric__definition"):
        want(row.metric, {row.segment: row.data_revision})
        row.delete()


def _want_missing() -> None:
    """Want forecasts of series that were recorded before there were any."""
    kept = Observation.objects.filter(metric=OuterRef("pk"))
    made = Forecast.objects.filter(metric=OuterRef("pk"))
    for metric in Metric.objects.in_use().filter(Exists(kept), ~Exists(made)).select_related("definition"):
        newest = metric.observations.order_by().values_list("segment").annotate(Max("pk"))
        want(metric, dict(newest))


@transaction.atomic
def _claim(now: datetime) -> _Claim | None:
    """Take the forecast of the newest data that waits."""
    free = leases.free(Forecast.objects.filter(state=State.WANTED), now)
    found = leases.first(free.order_by("-data_revision"))
    if found is None:
        return None
    if found.attempts >= MOST_ATTEMPTS:
        # It never came to report an error: whoever took it in hand died every time.
        _fail(_Claim(found.pk, found.attempts), found.error or "Its worker died each time.")
        return _claim(now)
    taken = leases.take(free, found, until=now + LEASE, counter="attempts")
    return _Claim(found.pk, found.attempts + 1) if taken else None


def _take(claim: _Claim, now: datetime) -> str:
    """Make a claimed forecast; a failure is kept with it and stops nobody else."""
    try:
        return _make(claim, now)
    except Exception as error:  # the next one must not suffer from this one, whatever is wrong with it
        logger.exception("Forecast %s failed at attempt %s.", claim.pk, claim.attempt)
        text = f"{type(error).__name__}: {error}"[:1000]
        if claim.attempt >= MOST_ATTEMPTS:
            return _fail(claim, text)
        _mine(claim).update(error=text, leased_until=now + LEASE * claim.attempt)
        return "failed"


def _fail(claim: _Claim, text: str) -> str:
    _mine(claim).update(state=State.FAILED, error=text, leased_until=None)
    return "given up"


def _mine(claim: _Claim) -> "QuerySet[Forecast]":
    """Return the claimed row, while the claim still holds."""
    return Forecast.objects.filter(pk=claim.pk, attempts=claim.attempt, state=State.WANTED)


def _make(claim: _Claim, now: datetime) -> str:
    """Compute outside any transaction, store in one; forecasts of older data of the series give way."""
    wanted = Forecast.objects.select_related("metric__definition").filter(pk=claim.pk).first()
    if wanted is None:
        return "lost"  # another worker has made one from newer data meanwhile
    series = Forecast.objects.filter(metric=wanted.metric_id, segment=wanted.segment)
    if series.filter(data_revision__gt=wanted.data_revision, definition_version=wanted.definition_version).exists():
        return _give_way(claim)
    made = _foretold(wanted, now)
    with transaction.atomic():
        if not _mine(claim).update(**made, state=State.DONE, computed_at=now, leased_until=None, error=""):
            return "lost"
        series.filter(data_revision__lte=wanted.data_revision).exclude(pk=wanted.pk).delete()
    return "made"


def _give_way(claim: _Claim) -> str:
    """Drop what newer data has overtaken, unless it is still shown."""
    overtaken = _mine(claim).filter(result__isnull=False).update(state=State.DONE, stale_at=None, leased_until=None)
    if not overtaken:
        _mine(claim).delete()
    return "overtaken"


def _foretold(wanted: Forecast, now: datetime) -> dict[str, Any]:
    """Compute the columns of a forecast: of the settled values among the observations up to its revision."""
    metric = wanted.metric
    known = metric.observations.filter(segment=wanted.segment, pk__lte=wanted.data_revision).order_by("revision")
    rows = list(known.values_list("period_start", "period_end", "value", "sample_size"))
    # Ascending revisions: the last one written into the dictionary is the one that counts.
    readings = {row[0]: Reading(*row) for row in rows}
    cadence = cadence_of(metric)
    line = History(list(readings.values()), now, cadence, context_of(metric).minimum_sample).line(to_the_end=False)
    values = [None if value is None else float(value) for value in line.values]
    projection = project(values, horizon=STEPS.get(metric.cadence, OTHER_STEPS), season=season_of(cadence))
    settling = (cadence.settled_at(row[1]) for row in rows)
    return {
        "result": _written(projection, line) if projection else {},
        "through": line.ends[-1] if line.ends else None,
        "stale_at": min((moment for moment in settling if moment > now), default=None),
    }


def _written(projection: Projection, line: Timeline) -> dict[str, Any]:
    """Return a projection as JSON, with the period of each step."""
    last = max(position for position, value in enumerate(line.values) if value is not None)
    return asdict(projection) | {"periods": _following(line.cadence, line.starts[last], len(projection.likely))}


def _following(cadence: Cadence, start: datetime, count: int) -> list[str]:
    """Return the starts of the periods after one, in ISO 8601."""
    first = cadence.index(start) + 1
    return [cadence.start_of(first + step).isoformat() for step in range(count)]
