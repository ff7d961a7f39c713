"""Which conditions are muted now and until when, beside how they stand."""

from datetime import datetime
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from config.kit.prepared import ID, TIME, PreparedModels, Slot
from decisions.models import Snooze
from metrics.models import Condition, Episode

MUTED = PreparedModels(
    lambda: Snooze.objects.filter(
        decision=Slot("decision", ID), lifted_at=None, until__gt=Slot("now", TIME)
    ).select_related("condition", "by")
)


def silences(decision_id: int, now: datetime) -> dict[str, Snooze]:
    """Return the decision's silences that run, by the key of the condition."""
    return {each.condition.key: each for each in MUTED.all(decision=decision_id, now=now)}


def with_silence(conditions: QuerySet[Condition], now: "datetime | Slot") -> QuerySet[Any]:
    """Add until when each condition is muted, and how often its latest breach came back within the cooldown."""
    running = Snooze.objects.filter(condition=OuterRef("pk"), lifted_at=None, until__gt=now)
    latest = Episode.objects.filter(condition=OuterRef("pk"), version=OuterRef("version"), retracted_at=None)
    return conditions.annotate(
        muted_until=Subquery(running.values("until")[:1]),
        flaps=Subquery(latest.order_by("-start").values("flaps")[:1]),
    )


def standing_now(reference: str, now: datetime) -> dict[str, Any]:
    """Return the armed conditions of a decision by key, each with its state, silence and flaps: one query."""
    armed = Condition.objects.armed().filter(watcher=reference)
    return {each.key: each for each in with_silence(armed, now)}
