"""Which metrics of the registry want a decision: redundant, unused, stale, ownerless; each row says what to do.

Only what the person may see. What is unused is told of the metrics that they manage: whoever else could tell from the
list that something they may not see rests on one that is missing there.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse

from approvals.models import User
from approvals.roles import AUDITORS, has_role
from config.kit.days import day_text
from metrics import dependants
from metrics.access import managed_by
from metrics.domain.expressions import Unreadable
from metrics.domain.likeness import normal_form, normal_words
from metrics.domain.meaning import OWN
from metrics.models import (
    Comparison,
    Condition,
    Deprecation,
    FormulaInput,
    Likeness,
    Metric,
    MetricDefinition,
    MetricSegment,
    Observation,
)
from metrics.queries.steward_chores import who_lacks, without_keepers
from metrics.services import formulas
from metrics.services.ending import RUNNING
from metrics.services.entries import cadence_of

UNUSED_DAYS = 90
LEAST_WORDS = 3  # of a formula in words, for two that read alike to say something


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One row of a report: which metric, what was found, and what to do about it where."""

    key: str
    name: str
    found: str
    detail: str
    todo: str
    todo_url: str
    other_key: str = ""
    other_name: str = ""


@dataclass(frozen=True, kw_only=True)
class Report:
    """One report: how it is called and found, what it says of itself, and what an empty one means."""

    name: str
    title: str
    about: str
    empty: str
    rows: Callable[[User, datetime, int], list[Finding]]


def _place(name: str, key: str) -> str:
    return reverse(f"metric_{name}", args=[key])


def _in_use(user: User) -> "QuerySet[Metric]":
    return Metric.objects.visible_to(user).in_use().exclude(key__startswith=OWN)


def _ends() -> Exists:
    """Say that a metric's end is approved: what it is like, or whether anything rests on it, is dealt with already."""
    return Exists(Deprecation.objects.filter(metric=OuterRef("pk"), state__in=RUNNING))


def redundant(user: User, now: datetime, days: int) -> list[Finding]:
    """Return pairs that are calculated alike, defined in the same words, or move together."""
    rows = _in_use(user).filter(~_ends(), definition__isnull=False).order_by("created_at", "pk")
    columns = ("pk", "key", "name", "definition__expression", "definition__formula")
    named: dict[int, tuple[str, str]] = {}
    by_expression, by_words = defaultdict(list), defaultdict(list)
    for pk, key, name, expression, words in rows.values_list(*columns):
        named[pk] = (key, name)
        if expression:
            by_expression[_normal(expression)].append(pk)
        elif len((normal := normal_words(words)).split()) >= LEAST_WORDS:
            by_words[normal].append(pk)
    found: dict[tuple[int, int], Finding] = {}
    for what, groups in (("Calculated alike", by_expression), ("Same words of formula", by_words)):
        for text, members in groups.items():
            for other in members[1:]:
                found[members[0], other] = _pair(named, members[0], other, what, text)
    for pair in _moving_together(user, named):
        found.setdefault((pair.first_id, pair.second_id), _together(named, pair))
    return list(found.values())


def _normal(expression: str) -> str:
    try:
        return normal_form(formulas.read(expression))
    except Unreadable:
        return expression


def _pair(named: Mapping[int, tuple[str, str]], first: int, second: int, what: str, detail: str) -> Finding:
    (key, name), (other_key, other_name) = named[second], named[first]
    return Finding(
        key=key,
        name=name,
        other_key=other_key,
        other_name=other_name,
        found=what,
        detail=detail,
        todo=f"Keep one; deprecate the other with {other_name} as its successor",
        todo_url=f"{_place('lifecycle', key)}?successor={other_key}",
    )


def _moving_together(user: User, named: Collection[int]) -> list[Likeness]:
    """Return the pairs that move together and are both seen; what is calculated from the other is no news."""
    linked = FormulaInput.objects.filter(
        Q(metric=OuterRef("first"), input=OuterRef("second")) | Q(metric=OuterRef("second"), input=OuterRef("first"))
    )
    closed = set(MetricSegment.objects.hidden_from(user).filter(name="").values_list("metric", flat=True))
    pairs = [pair for pair in Likeness.objects.filter(~Exists(linked)) if {pair.first_id, pair.second_id} <= {*named}]
    return [pair for pair in pairs if not closed & {pair.first_id, pair.second_id}]


def _together(named: Mapping[int, tuple[str, str]], pair: Likeness) -> Finding:
    detail = f"r {pair.of_values:.3f} of values, {pair.of_changes:.3f} of changes, over {pair.periods} periods"
    return _pair(named, pair.first_id, pair.second_id, "Move together", detail.replace("-", "\N{MINUS SIGN}"))


def unused(user: User, now: datetime, days: int) -> list[Finding]:
    """Return metrics that nothing rests on, and nothing has rested on for so many days."""
    since = now - timedelta(days=days)
    mine = Metric.objects.all() if has_role(user, AUDITORS) else managed_by(user)
    watched = Condition.objects.filter(Q(armed=True) | Q(disarmed_at__gt=since))
    rows = (
        mine.in_use()  # type: ignore[attr-defined]
        .exclude(key__startswith=OWN)
        .filter(
            ~_ends(),
            ~Exists(watched.filter(metric=OuterRef("pk"))),
            ~Exists(Condition.others.through.objects.filter(metric=OuterRef("pk"), condition__armed=True)),
            ~Exists(FormulaInput.objects.filter(input=OuterRef("pk"))),
            pairs_left__isnull=True,
            pairs_right__isnull=True,
            experiments__isnull=True,
            created_at__lte=since,
        )
        .filter(Q(definition__isnull=True) | Q(definition__approved_at__lte=since))
        .distinct()
    )
    named = dependants.keys_in_use() | _counters()
    return [_unused(metric, days) for metric in rows.order_by("name", "key") if metric.key not in named]


def _counters() -> set[str]:
    """Return the keys that definitions in force name as counter-metrics."""
    rows = MetricDefinition.objects.filter(state=MetricDefinition.State.APPROVED).exclude(counter_metrics=[])
    return {key for keys in rows.values_list("counter_metrics", flat=True) for key in keys}


def _unused(metric: Metric, days: int) -> Finding:
    draft = metric.state in {Metric.State.DRAFT, Metric.State.IN_REVIEW}
    return Finding(
        key=metric.key,
        name=metric.name,
        found=f"Nothing has used it for {days} days",
        detail=f"{metric.get_state_display()} since {day_text(metric.created_at)}" if draft else "In force",
        todo="Finish its definition, or discard it" if draft else "Rest something on it, or deprecate it",
        todo_url=_place("lifecycle", metric.key),
    )


def stale(user: User, now: datetime, days: int) -> list[Finding]:
    """Return metrics without a settled value for their cadence and one period of grace."""
    last = Observation.objects.filter(metric=OuterRef("pk"), segment="", value__isnull=False).current()
    ends = last.order_by("-period_start").values("period_end")[:1]
    closed = MetricSegment.objects.hidden_from(user).filter(name="").values("metric")
    rows = _in_use(user).filter(definition__isnull=False).exclude(pk__in=closed).annotate(ends=Subquery(ends))
    found = [_stale(metric, now) for metric in rows.select_related("definition").order_by("name", "key")]
    return [finding for finding in found if finding]


def _stale(metric: Metric, now: datetime) -> Finding | None:
    ends: datetime | None = getattr(metric, "ends", None)
    approved = metric.definition.approved_at if metric.definition else None
    since = ends or approved or metric.created_at
    cadence = cadence_of(metric)
    if cadence.settled_at(cadence.beyond(since, 2)) > now:
        return None
    calculated = metric.definition is not None and metric.definition.expression
    detail = f"Last value for the period to {day_text(since - timedelta(microseconds=1))}" if ends else "No value ever"
    return Finding(
        key=metric.key,
        name=metric.name,
        found="Nothing settled in time",
        detail=f"{detail}; kept {metric.cadence}",
        todo="Record its inputs" if calculated else "Record what is missing, or mend its source",
        todo_url=_place("radius" if calculated else "record", metric.key),
    )


def ownerless(user: User, now: datetime, days: int) -> list[Finding]:
    """Return metrics that nobody active owns or keeps."""
    rows = without_keepers(Metric.objects.visible_to(user)).select_related("owner", "steward").order_by("name", "key")
    return [
        Finding(
            key=metric.key,
            name=metric.name,
            found="Nobody answers for it",
            detail=who_lacks(metric),
            todo="Name an owner and a steward",
            todo_url=_place("definition", metric.key),
        )
        for metric in rows
    ]


def compared() -> list[str]:
    """Say how far the comparison of values reaches, cadence by cadence: when it was made, and what it left out."""
    return [_compared(row) for row in Comparison.objects.all()]


def _compared(row: Comparison) -> str:
    if row.compared_at is None:
        return f"{row.cadence}: not compared yet"
    most = f", the oldest of them; {row.left_out} were left out" if row.left_out else ""
    noun = "metric" if row.compared == 1 else "metrics"
    return f"{row.cadence}: {row.compared} {noun} compared on {day_text(row.compared_at)}{most}"


REPORTS: Mapping[str, Report] = {
    report.name: report
    for report in (
        Report(
            name="redundant",
            title="Redundant",
            about="Calculated alike, defined in the same words, or moving together.",
            empty="No two metrics are calculated alike, defined in the same words, or move together.",
            rows=redundant,
        ),
        Report(
            name="unused",
            title="Unused",
            about="Metrics that you manage and that no condition, decision, formula, pair or experiment rests on.",
            empty="None of the metrics that you manage has been without use for so long.",
            rows=unused,
        ),
        Report(
            name="stale",
            title="Stale",
            about="No settled value within the frequency and one more period.",
            empty="Every metric has its values in time.",
            rows=stale,
        ),
        Report(
            name="ownerless",
            title="Ownerless",
            about="No owner or no steward, or theirs has left.",
            empty="Every metric has an owner and a steward who are here.",
            rows=ownerless,
        ),
    )
}


def csv_rows(findings: Iterable[Finding]) -> Iterable[list[object]]:
    """Yield the rows of the download."""
    for each in findings:
        yield [each.key, each.name, each.other_key, each.other_name, each.found, each.detail, each.todo]
