"""What a pull would bring if it were made now: fetched in earnest, recorded dry, nothing kept."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from django.core.exceptions import PermissionDenied
from django.utils import timezone

from approvals.models import User
from metrics.access import may_pull
from metrics.domain.answers import NoAnswer, Readings, readings
from metrics.models import Metric, Pull
from metrics.services import fetching, observations
from metrics.services.arrivals import entries_of
from metrics.services.entries import cadence_of
from metrics.services.reaching import Limits, Reach

SECONDS = 10  # somebody waits for the page
SHOWN = 10
REPEATED = "Recorded already, just so."


@dataclass(frozen=True, kw_only=True)
class TriedRow:
    """One value that a pull would bring, and what would become of it.

    The period by its first day where the metric is kept, or, where periods are shorter than a day, its first moment.
    """

    period: date | datetime
    segment: str
    value: Decimal
    sample_size: int | None
    status: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Tried:
    """What came of a try: the newest values and what of the rest could not be read, or why nothing came."""

    error: str = ""
    count: int = 0
    rows: list[TriedRow] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    waiting: int = 0
    empty: int = 0


def try_out(pull: Pull, *, by: User, reach: Reach | None = None) -> Tried:
    """Ask the source now and say what would be recorded; nothing is kept, and no failure is counted."""
    if not may_pull(by, pull.metric):
        raise PermissionDenied("Stewards who manage the metric look after its pulls.")
    now = timezone.now()
    try:
        rows = fetching.rows_of(pull, now=now, reach=reach or Reach(limits=Limits(seconds=SECONDS)))
    except NoAnswer as error:
        return Tried(error=str(error))
    found = readings(rows, cadence=cadence_of(pull.metric), now=now)
    shown = sorted(found.ready, key=lambda each: (each.start, each.segment), reverse=True)[:SHOWN]
    return Tried(
        count=len(found.ready),
        rows=_rehearsed(pull, Readings(ready=shown), by=by),
        refused=found.refused[:SHOWN],
        waiting=found.waiting,
        empty=found.empty,
    )


def _rehearsed(pull: Pull, found: Readings, *, by: User) -> list[TriedRow]:
    """Say of each value what recording it would do; what the source said before just so is not recorded again."""
    told = {}
    for ready in found.ready:
        arrived = entries_of(pull, replace(found, ready=[ready]))
        results = observations.record(pull.metric, arrived.entries, by=by, source=arrived.source, dry_run=True)
        told[ready] = (str(results[0].status), results[0].sentence) if results else ("unchanged", REPEATED)
    return [
        TriedRow(
            period=_named(pull.metric, ready.start),
            segment=ready.segment,
            value=ready.value,
            sample_size=ready.sample_size,
            status=status,
            sentence=sentence,
        )
        for ready, (status, sentence) in told.items()
    ]


def _named(metric: Metric, start: datetime) -> date | datetime:
    return start if metric.has_short_periods else metric.local_day(start)
