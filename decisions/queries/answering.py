"""A re-evaluation's page: what broke what, the chart at that moment, the response approved in advance, the clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.http import Http404

from approvals.models import User
from approvals.readers import ModelsFor
from config.kit import charts
from config.kit.prepared import ID, PreparedModels, Slot
from decisions.models import Ground, Reevaluation, ReevaluationBreach, Snooze
from decisions.queries import doubts
from decisions.queries.doubts import InDoubt
from decisions.queries.muting import silences
from decisions.queries.watching import History, histories, unit_of
from decisions.services import confirming, escalating, outcomes, reopening

BREACHES = 10
REEVALUATION = Slot("reevaluation", ID)
BREACHED = PreparedModels(
    lambda: (
        ReevaluationBreach.objects.filter(reevaluation=REEVALUATION)
        .select_related("metric__definition", "signal__episode")
        .order_by("-at", "-pk")[:BREACHES]
    )
)
GROUNDS = PreparedModels(lambda: Ground.objects.filter(reevaluation=REEVALUATION).order_by("at", "pk")[:BREACHES])
BEFORE, AFTER = 52, 12


@dataclass(frozen=True)
class Broken:
    """One breach, and whether messages about its condition are muted."""

    breach: ReevaluationBreach
    silence: Snooze | None

    @property
    def flaps(self) -> int:
        """Return how often it came back within the cooldown of its condition."""
        return self.breach.signal.episode.flaps


@dataclass(frozen=True)
class Step:
    """One step of the way up: who, when (or when it would be), and whether they have been told."""

    who: str
    at: datetime
    reached: bool


@dataclass
class Question:
    """A re-evaluation as one person sees it."""

    reevaluation: Reevaluation
    user: User
    now: datetime

    @cached_property
    def breaches(self) -> list[ReevaluationBreach]:
        """Return what broke, the newest ten, oldest first."""
        return BREACHED.all(reevaluation=self.reevaluation.pk)[::-1]

    @cached_property
    def doubts(self) -> list[InDoubt]:
        """Return which of the data that the decision rests on are in doubt."""
        return doubts.of_decision(self.reevaluation.decision, self.user)

    @cached_property
    def grounds(self) -> list[Ground]:
        """Return what else calls the decision into question, where it is not the question itself."""
        found = GROUNDS.all(reevaluation=self.reevaluation.pk)
        return found if len(found) > 1 or self.breaches else []

    @cached_property
    def silences(self) -> dict[str, Snooze]:
        """Return the conditions about which messages are muted now."""
        return silences(self.reevaluation.decision_id, self.now)

    @property
    def broken(self) -> list[Broken]:
        """Return the breaches with what became of them since."""
        return [Broken(breach, self.silences.get(breach.condition_key)) for breach in self.breaches]

    @cached_property
    def path(self) -> list[Step]:
        """Return whom a late answer goes to, and who has been reached: of a closed one these alone."""
        reached = {each.step: each for each in self.reevaluation.escalations.select_related("person")}
        if not self.reevaluation.is_open and not reached:
            return []
        names = escalating.path_of(self.reevaluation)
        known = {user.username: str(user) for user in User.objects.filter(username__in={name for name, _ in names})}
        return [
            Step(known.get(name, name), reached[step].at if step in reached else at, step in reached)
            for step, (name, at) in enumerate(names)
            if step in reached or (step and self.reevaluation.is_open)
        ]

    @cached_property
    def second(self) -> bool:
        """Say whether a policy wants an answer that was not approved in advance to be approved by somebody else."""
        return bool(confirming.kind_asked(self.reevaluation))

    @property
    def approved_in_advance(self) -> dict[str, bool]:
        """Return which outcomes the approvers agreed to when they approved the decision."""
        return {each: outcomes.approved_in_advance(self.reevaluation, each) for each in ("fallback", "stop")}

    @cached_property
    def taken_up(self) -> Reevaluation | None:
        """Return the re-evaluation that has taken this one up again."""
        return self.reevaluation.reopened_as.first() if self.reevaluation.reversed_at else None

    @property
    def may_reopen(self) -> bool:
        """Say whether the answer can be taken up again: a correction has taken back what it rested on."""
        return self.taken_up is None and not list(reopening.against(self.reevaluation, self.reevaluation.decision))

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
        key, segment = self.first.metric.key, self.first.signal.segment
        return histories([key], self.user, segment=segment).get(key)

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
    found = ASKED.all(user, reevaluation=identifier)
    if not found:
        raise Http404("There is no such re-evaluation.")
    return Question(found[0], user, now)


def _asked(user: User) -> QuerySet[Reevaluation]:
    people = ("decision__owner", "decision__owner_of_last_resort", "acknowledged_by", "answered_by", "opened_by")
    beside = (*people, "metric", "request", "successor", "change", "reopens")
    return Reevaluation.objects.visible_to(user).filter(pk=REEVALUATION).select_related(*beside)


ASKED = ModelsFor(_asked)
