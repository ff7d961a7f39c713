"""How long it takes to answer, and what came of each condition: for the organisation, for one decision, as a file."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

from django.db.models import QuerySet

from approvals.models import User
from decisions.domain.learning import STAGES, Firing, Turn, Usefulness, false_alarm, usefulness
from decisions.models import Decision, Reevaluation, ReevaluationBreach
from decisions.queries.answering import words
from decisions.services import learning
from decisions.services.own_metrics import OWN
from metrics.domain.conditions import BadCondition, parse, sentence
from metrics.models import Condition, Metric
from metrics.queries.figures import with_unit
from metrics.queries.stored import Value, recent_values

YEAR = timedelta(days=365)
MOST_OWNERS = 20
HEADER = (
    *("Decision", "Condition", "State", "Severity", "Fired", "Answered", "Changed something", "False alarms", "Flaps"),
    "Median lateness, hours",
)


@dataclass(frozen=True)
class Line:
    """Median times of some re-evaluations: (stage, time in words); how many there were and changed something."""

    of: str
    name: str
    count: int
    told: Sequence[tuple[str, str]]
    changed: int


def stage_names() -> list[str]:
    """Return what the columns of a line are."""
    return [name for name, _ in STAGES.values()]


def lines(user: User, *, now: datetime) -> list[Line]:
    """Return the last year's times of what this person may see: of all, of each severity, of the busiest owners."""
    rows = Reevaluation.objects.visible_to(user).filter(answered_at__gte=now - YEAR)
    turns = list(learning.turns(rows))
    if not turns:
        return []
    owners = _groups(turns, lambda turn: turn.owner)[:MOST_OWNERS]
    names = {person.username: str(person) for person in User.objects.filter(username__in=dict(owners))}
    ranks = list(Reevaluation.Severity.values)
    severities = sorted(_groups(turns, lambda turn: turn.severity), key=lambda pair: -ranks.index(pair[0]))
    return [
        _line("", "All", turns),
        *(_line("Severity", Reevaluation.Severity(name).label, found) for name, found in severities),
        *(_line("Owner", names.get(name, name), found) for name, found in owners),
    ]


def _groups(turns: Iterable[Turn], key: Callable[[Turn], str]) -> list[tuple[str, list[Turn]]]:
    """Return the turns by a name, those with the most first."""
    found: dict[str, list[Turn]] = defaultdict(list)
    for turn in turns:
        found[key(turn)].append(turn)
    return sorted(found.items(), key=lambda pair: (-len(pair[1]), pair[0]))


def _line(of: str, name: str, turns: Sequence[Turn]) -> Line:
    changed = sum(turn.outcome not in {"", "reaffirm"} for turn in turns)
    told = [(stage, _median(turns, length)) for stage, length in STAGES.values()]
    return Line(of, name, len(turns), told, changed)


def _median(turns: Sequence[Turn], length: Callable[[Turn], float | None]) -> str:
    known = [seconds for turn in turns if (seconds := length(turn)) is not None]
    return words(timedelta(seconds=median(known))) if known else "—"


def called_back(tasks: Iterable[Reevaluation]) -> tuple[int, str] | None:
    """Return how often a decision was called back and answered, and the median time that took, by its tasks."""
    spans = [
        (closed - (task.breached_at or task.opened_at)).total_seconds()
        for task in tasks
        if task.state == Reevaluation.State.ANSWERED and (closed := task.answered_at)
    ]
    return (len(spans), words(timedelta(seconds=median(spans)))) if spans else None


def own_metrics(user: User) -> list[tuple[Metric, str]]:
    """Return the metrics that Premise fills itself, as far as they have begun, each with its newest value in words."""
    order = [own.key for own in OWN]
    found = Metric.objects.visible_to(user).filter(key__in=order).select_related("definition")
    metrics = sorted(found, key=lambda metric: order.index(metric.key))
    values = recent_values(metrics, user, 1) if metrics else {}
    return [(metric, _newest(metric, values.get(metric.pk, []))) for metric in metrics]


def _newest(metric: Metric, values: Sequence[Value]) -> str:
    if not values or values[-1].value is None:
        return "no value yet"
    unit = metric.definition.unit if metric.definition else ""
    month = values[-1].period_start.astimezone(UTC)
    return f"{with_unit(values[-1].value, unit)} in {month:%B %Y}"


@dataclass(frozen=True)
class Report:
    """A condition with the decision it watches for and what came of it."""

    condition: Condition
    decision: Decision
    found: Usefulness

    @property
    def sentence(self) -> str:
        """Return the condition in words."""
        condition, metric = self.condition, self.condition.metric
        unit = metric.definition.unit if metric.definition else ""
        try:
            # The label names the metrics of a composite's parts too.
            return condition.label or sentence(parse(condition.spec), metric.name, unit, metric.cadence)
        except BadCondition:
            return "a condition that can no longer be read"

    @property
    def lateness(self) -> str:
        """Return the median lateness in words."""
        return "" if self.found.lateness is None else words(timedelta(seconds=self.found.lateness))

    def cells(self) -> tuple[Any, ...]:
        """Return the row of the CSV file."""
        found = self.found
        late = "" if found.lateness is None else round(found.lateness / 3600, 2)
        counts = (found.fired, found.answered, found.changed, found.false, found.flaps)
        state = self.condition.get_state_display() if self.condition.armed else "Not watched any more"
        return (self.decision.reference, self.sentence, state, self.condition.spec.get("severity", ""), *counts, late)


def conditions(user: User) -> QuerySet[Condition]:
    """Return the conditions of decisions that this person may see, of metrics that they may see; armed ones first."""
    watchers = Decision.objects.visible_to(user).values("reference")
    found = Condition.objects.filter(watcher__in=watchers, metric__in=Metric.objects.visible_to(user).values("pk"))
    return found.select_related("metric__definition").order_by("-armed", "-watcher", "key")


def reports(rows: Iterable[Condition]) -> Iterator[Report]:
    """Yield what came of each of these conditions: two queries for any number."""
    rows = list(rows)
    decisions = {row.reference: row for row in Decision.objects.filter(reference__in={row.watcher for row in rows})}
    firings = _firings(rows)
    for row in rows:
        yield Report(row, decisions[row.watcher], usefulness(firings[row.pk]))


def _firings(rows: Sequence[Condition]) -> dict[int, list[Firing]]:
    """Return the breaches of each condition: one query."""
    found: dict[int, list[Firing]] = defaultdict(list)
    breaches = ReevaluationBreach.objects.filter(signal__condition__in=[row.pk for row in rows])
    for breach in breaches.select_related("signal__episode", "reevaluation").defer("signal__spec"):
        asked, signal = breach.reevaluation, breach.signal
        answered = asked.state == Reevaluation.State.ANSWERED
        ended = (breach.retracted_at is not None, signal.episode.end)
        closed = asked.answered_at or signal.at
        firing = Firing(
            fired=signal.period_end,
            told=signal.at,
            flaps=signal.episode.flaps,
            answered=answered,
            outcome=asked.outcome,
            false_alarm=false_alarm(outcome=asked.outcome if answered else "", closed=closed, breaches=[ended]),
        )
        found[signal.condition_id].append(firing)
    return found
