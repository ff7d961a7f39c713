"""A re-evaluation's page: what broke what, the chart at that moment, the response approved in advance, the clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.http import Http404

from approvals.models import User
from config.kit import charts
from decisions.models import Reevaluation, ReevaluationBreach
from decisions.queries.watching import History, histories, unit_of

BREACHES = 10
BEFORE, AFTER = 52, 12


@dataclass
class Question:
    """A re-evaluation as one person sees it."""

    reevaluation: Reevaluation
    user: User
    now: datetime

    @cached_property
    def breaches(self) -> list[ReevaluationBreach]:
        """Return what broke, the newest ten, oldest first."""
        found = self.reevaluation.breaches.select_related("metric__definition", "signal").order_by("-at", "-pk")
        return list(reversed(found[:BREACHES]))

    @cached_property
    def first(self) -> ReevaluationBreach | None:
        """Return the breach that the chart is about: the first that still stands."""
        standing = [breach for breach in self.breaches if breach.retracted_at is None]
        return next(iter(standing or self.breaches), None)

    @cached_property
    def history(self) -> History | None:
        """Return the values of the metric that broke it, if this person may see them."""
        if self.first is None:
            return None
        return histories([self.first.metric.key], self.user).get(self.first.metric.key)

    def figure(self) -> charts.Figure | None:
        """Return the chart around the moment it broke."""
        breach, history = self.first, self.history
        if breach is None or history is None or not history.values:
            return None
        day = history.day(breach.period_start)
        points = _around(history.points, day)
        value = next((value for at, value in points if at == day), None)
        return charts.line_figure(
            points,
            title=f"{breach.metric.name} when it broke the assumption",
            description=f"The assumption breaks {breach.sentence}.",
            unit=unit_of(breach.metric),
            levels=_levels(breach.signal.spec),
            marks=[charts.Mark(day, value, "Breaks it", "bad")] if value is not None else [],
            value_name=breach.metric.name,
        )

    def people(self) -> dict[str, str]:
        """Return the names of those whom the response names."""
        named = {entry.get("fallback_owner") for entry in self.reevaluation.response}
        named |= {step["person"] for entry in self.reevaluation.response for step in entry.get("escalation", ())}
        return {person.username: str(person) for person in User.objects.filter(username__in=named - {None, ""})}

    @property
    def latency(self) -> timedelta:
        """Return how long it has been, or was, from the breach to the answer."""
        began = self.reevaluation.breached_at or self.reevaluation.opened_at
        return (self.reevaluation.answered_at or self.now) - began

    def clock(self) -> Sequence[tuple[str, datetime | None]]:
        """Return the moments from the value to the answer."""
        item = self.reevaluation
        return [
            ("Value broke the assumption", item.breached_at),
            ("Signal", item.signalled_at),
            ("Re-evaluation opened", item.opened_at),
            ("Acknowledged", item.acknowledged_at),
            ("Answered", item.answered_at),
        ]


def _around(points: Sequence[tuple[Any, float | None]], day: Any) -> Sequence[tuple[Any, float | None]]:
    place = next((index for index, (at, _) in enumerate(points) if at >= day), len(points))
    return points[max(0, place - BEFORE) : place + AFTER]


def _levels(spec: dict[str, Any]) -> list[charts.Level]:
    """Return the bounds of the condition as it was when it broke."""
    named = [(spec.get("bound"), "Break"), (spec.get("low"), "Break below"), (spec.get("high"), "Break above")]
    return [charts.Level(float(value), f"{word} {value}", "break") for value, word in named if value is not None]


def words(span: timedelta) -> str:
    """Say how long a span is, in days and hours, or minutes when it is short."""
    minutes = max(0, int(span.total_seconds() // 60))
    days, hours = minutes // 1440, minutes // 60 % 24
    if days:
        return f"{days} day{'s' * (days != 1)} {hours} h"
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"


def open_question(user: User, identifier: int, *, now: datetime) -> Question:
    """Return the re-evaluation; Http404 when this person may not see its decision."""
    wanted = ("decision__owner", "decision__owner_of_last_resort", "metric", "acknowledged_by", "answered_by")
    found = (
        Reevaluation.objects.visible_to(user)
        .filter(pk=identifier)
        .select_related(*wanted, "opened_by", "successor", "change")
        .first()
    )
    if found is None:
        raise Http404("There is no such re-evaluation.")
    return Question(found, user, now)
