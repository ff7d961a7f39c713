"""Fill the metrics of deciding and learning from what happened: a periodic job over the months that are over."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Max, Prefetch, QuerySet

from config.kit.canonical import parse
from decisions.domain.learning import Ending, Fact, Figure, Taking, Turn, false_alarm, figures
from decisions.models import Closing, Decision, DecisionVersion, Reevaluation, ReevaluationBreach
from decisions.services.own_metrics import OWN, install
from metrics.models import Observation
from metrics.services import observations
from metrics.services.observations import Entry

MONTHS = 24  # so many months are looked at; facts older than that change no figure any more
REASON = "Facts of this month came in, or changed, after it was computed."
State = Reevaluation.State

_seen: dict[str, tuple[Any, ...]] = {}


def fill(now: datetime) -> dict[str, int]:
    """Compute every month of the last two years that is over, and record what is new or differs.

    The metrics are entered once a first decision has come in force, so that conditions may watch them from then on.

    Does nothing when nothing has happened since this process last looked.
    """
    facts_now = _fingerprint(now)
    if _seen.get("facts") == facts_now:
        return {}
    wanted = figures(facts(_since(now)), until=now.astimezone(UTC).date())
    done = _record(wanted, now) if DecisionVersion.objects.exists() else {}
    _seen["facts"] = facts_now
    return done


def _since(now: datetime) -> datetime:
    """Return the beginning of the first month that is looked at."""
    months = now.astimezone(UTC).year * 12 + now.astimezone(UTC).month - 1 - MONTHS
    return datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC)


def _fingerprint(now: datetime) -> tuple[Any, ...]:
    """Return what changes whenever a figure may: cheap to ask, every few seconds."""
    turns = Reevaluation.objects.aggregate(Max("answered_at"), Max("acknowledged_at"), Max("signalled_at"), Count("pk"))
    breaches = ReevaluationBreach.objects.aggregate(Max("retracted_at"), Count("pk"))
    versions = DecisionVersion.objects.aggregate(Max("pk"))
    closings = Closing.objects.aggregate(Max("pk"))
    return (now.year, now.month, *turns.values(), *breaches.values(), *versions.values(), *closings.values())


def facts(since: datetime) -> Iterator[Fact]:
    """Yield what happened since a moment, of the decisions that everybody may read."""
    internal = {"decision__classification": Decision.Classification.INTERNAL}
    yield from turns(Reevaluation.objects.filter(answered_at__gte=since, **internal))
    first = DecisionVersion.objects.filter(number=1, approved_at__gte=since, **internal).select_related("decision")
    for version in first.defer("text"):
        decision = version.decision
        yield Taking(tier=decision.tier, begun=decision.created_at, approved=version.approved_at)
    for closing in Closing.objects.filter(at__gte=since, **internal).exclude(outcome=Closing.Outcome.UNKNOWN):
        if _traded_off(closing.decision_id):
            yield Ending(at=closing.at, achieved=closing.outcome == Closing.Outcome.ACHIEVED)


def _traded_off(decision_id: int) -> bool:
    """Say whether the version in force at the end names both poles of a trade-off."""
    version = DecisionVersion.objects.filter(decision=decision_id).order_by("-number").first()
    background = parse(version.text).get("background") if version else None
    agreed = (background or {}).get("trade_off") or {}
    return bool(agreed.get("first_pole") and agreed.get("second_pole"))


def turns(rows: "QuerySet[Reevaluation]") -> Iterator[Turn]:
    """Yield the re-evaluations among these that are over: two queries."""
    breaches = ReevaluationBreach.objects.select_related("signal__episode").defer("signal__spec")
    over = rows.filter(state__in=[State.ANSWERED, State.RETRACTED], answered_at__isnull=False)
    for row in over.select_related("decision__owner").prefetch_related(Prefetch("breaches", queryset=breaches)):
        retracted, closed = row.state == State.RETRACTED, row.answered_at or row.opened_at
        ended = [(each.retracted_at is not None, each.signal.episode.end) for each in row.breaches.all()]
        yield Turn(
            owner=row.decision.owner.username,
            severity=row.severity,
            opened=row.opened_at,
            closed=closed,
            breached=row.breached_at,
            signalled=row.signalled_at,
            acknowledged=row.acknowledged_at,
            outcome=row.outcome,
            retracted=retracted,
            by_signal=row.cause == Reevaluation.Cause.SIGNAL,
            false_alarm=false_alarm(outcome=row.outcome, closed=closed, breaches=ended, retracted=retracted),
            named=row.decision.classification == Decision.Classification.INTERNAL,
        )


def _record(wanted: list[Figure], now: datetime) -> dict[str, int]:
    """Store the figures that are not stored yet; returns how many of each metric."""
    metrics = install()
    kept = _kept(now)
    rows: dict[str, list[Entry]] = {}
    for figure in wanted:
        if kept.pop((figure.key, figure.segment, figure.month), None) != (figure.value, figure.sample):
            rows.setdefault(figure.key, []).append(_entry(figure))
    for (key, segment, month), (value, _) in kept.items():
        if value is not None:  # its facts have gone, for example an answer that was taken up again
            rows.setdefault(key, []).append(Entry(period_start=month, value=None, segment=segment, reason=REASON))
    for key, entries in rows.items():
        observations.record(metrics[key], entries, by=None, source="premise")
    return {key: len(entries) for key, entries in rows.items()}


def _entry(figure: Figure) -> Entry:
    return Entry(
        period_start=figure.month,
        value=figure.value,
        segment=figure.segment,
        sample_size=figure.sample,
        reason=REASON,
    )


def _kept(now: datetime) -> dict[tuple[str, str, Any], tuple[Decimal | None, int | None]]:
    """Return what is stored of the months that are looked at: one query."""
    own = Observation.objects.filter(metric__key__in=[own.key for own in OWN], period_start__gte=_since(now))
    rows = own.current()
    columns = rows.values_list("metric__key", "segment", "period_start", "value", "sample_size")
    return {(key, segment, start.astimezone(UTC).date()): (value, size) for key, segment, start, value, size in columns}
