"""What one person may see of a metric's segments, and of what its values were worked out from."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, Max, OuterRef, Q
from django.http import Http404

from approvals.models import User
from config.templatetags.premise import num
from metrics.domain.aggregation import Part, Rule, Whole, whole
from metrics.models import (
    Metric,
    MetricSegment,
    MetricSegmentGroupObjectPermission,
    MetricSegmentUserObjectPermission,
    Observation,
)
from metrics.queries.stored import SPARK, Value, length_of
from metrics.queries.veiling import UNSEEN as UNSEEN_METRIC
from metrics.queries.veiling import hidden_keys, veiled
from metrics.services import admission, aggregating
from metrics.services.segments import GRANTS

UNSEEN = "a segment you may not see"


@dataclass(frozen=True)
class Sight:
    """The segments that a person may see, by dimension and name, and whether the whole is among what they may not."""

    segments: Sequence[MetricSegment] = ()
    whole: bool = True
    whole_row: MetricSegment | None = None  # of a whole that was restricted once
    every: Sequence[MetricSegment] = ()  # all rows, to work out with and never to be shown

    @property
    def names(self) -> list[str]:
        """Return the names of the segments."""
        return [segment.name for segment in self.segments]

    @property
    def betrays(self) -> bool:
        """Say whether the open whole of restricted parts may tell theirs to who sees the other parts."""
        open_whole = self.whole_row is None or not self.whole_row.restricted
        return open_whole and any(segment.restricted for segment in self.segments)

    @property
    def rows(self) -> list[MetricSegment]:
        """Return what may be granted: the segments, and the whole once it has been restricted."""
        return [*([self.whole_row] if self.whole and self.whole_row else []), *self.segments]

    def asked(self, name: str) -> str:
        """Return the segment asked for; Http404 alike for one that is hidden and one that is not there."""
        if name and name not in self.names:
            raise Http404("There is no such segment.")
        return name

    def shows(self, name: str) -> bool:
        """Say whether values of the segment, or with an empty name of the whole, may be shown."""
        return name in self.names if name else self.whole


def sight_of(metric: Metric, user: User) -> Sight:
    """Return what a person who sees the metric may see of its segments: one query, none where it has none."""
    if not metric.segmented:
        return Sight()
    hidden = Exists(MetricSegment.objects.hidden_from(user).filter(pk=OuterRef("pk")))
    rows: list[Any] = list(metric.segments.annotate(hidden=hidden).order_by("dimension", "name"))
    own = next((row for row in rows if not row.name), None)
    return Sight([row for row in rows if row.name and not row.hidden], not (own and own.hidden), own, rows)


def veil(rows: Iterable[Any], user: User) -> list[Any]:
    """Take out of derivations what the person may not see of their inputs; three queries, none without derivations.

    An input says `hidden` in place of its value and of the name of its segment; it keeps its key where that is a
    metric's that the person sees.
    """
    shown = list(rows)
    inputs = [each for row in shown if (made := _derivation(row)) for each in made.inputs]
    wanted = {each["observation"] for each in inputs if each.get("observation")}
    missing = {each["key"] for each in inputs if each.get("segment") and not each.get("observation")}
    seen = Observation.objects.visible_to(user).filter(metric__in=Metric.objects.visible_to(user).values("pk"))
    known = set(seen.filter(pk__in=wanted).values_list("pk", flat=True)) if wanted else set()
    closed = MetricSegment.objects.hidden_from(user).filter(metric__key__in=missing)
    unseen = set(closed.values_list("metric__key", "name")) if missing else set()
    for each in inputs:
        number = each.get("observation")
        if number not in known if number else (each["key"], each.get("segment", "")) in unseen:
            each["hidden"], each["value"], each["sample_size"] = True, None, None
            if each.get("segment"):
                each["segment"] = UNSEEN
    unnamed = hidden_keys((), user, besides={each["key"] for each in inputs if each.get("hidden")})
    for row in shown if unnamed else ():
        if made := _derivation(row):
            made.formula = veiled(made.formula, unnamed)
            made.trouble, row.note = veiled(made.trouble, unnamed), veiled(row.note, unnamed)
    for each in inputs:
        each["key"] = UNSEEN_METRIC if each["key"] in unnamed else each["key"]
    return shown


def _derivation(row: Any) -> Any:
    return getattr(row, "derivation", None)


@dataclass(frozen=True)
class Course:
    """One segment, or with an empty name the whole, as its page lists it; `values` oldest first."""

    row: MetricSegment
    values: Sequence[Value]
    grants: Sequence["Granted"] = ()

    @property
    def latest(self) -> Value | None:
        """Return the newest value."""
        return next((value for value in reversed(self.values) if value.value is not None), None)


@dataclass(frozen=True)
class Granted:
    """One grant: `number` names it in a form, u… for a person's, g… for a group's."""

    number: str
    to: str
    words: str


def courses(metric: Metric, sight: Sight, user: User, *, manage: bool, at: tuple[int, int]) -> list[Course]:
    """Return the whole and a page of the segments that the person sees; managers also see who was granted what."""
    own = [sight.whole_row or MetricSegment(metric=metric)] if sight.whole and not at[0] else []
    rows = [*own, *sight.segments[at[0] : at[1]]]
    values = _newest(metric, user, [row.name for row in rows])
    grants = _granted([row for row in rows if row.pk]) if manage else {}
    return [Course(row, values.get(row.name, ()), grants.get(row.pk, ())) for row in rows]


def listed(metric: Metric, user: User, rows: Sequence[MetricSegment]) -> list[Course]:
    """Return segments that the person sees with their newest values: two queries, none for none."""
    values = _newest(metric, user, [row.name for row in rows]) if rows else {}
    return [Course(row, values.get(row.name, ())) for row in rows]


def _newest(metric: Metric, user: User, names: Sequence[str]) -> dict[str, list[Value]]:
    """Return each segment's newest values, oldest first: two queries for any number."""
    seen = Observation.objects.visible_to(user).filter(metric=metric, segment__in=names)
    window = Q(pk__in=[])
    for name, last in seen.order_by().values_list("segment").annotate(Max("period_start")):
        window |= Q(segment=name, period_start__gt=last - SPARK * length_of(metric))
    found: dict[str, list[Value]] = defaultdict(list)
    rows = seen.filter(window).current().order_by("period_start")
    for name, *row in rows.values_list("segment", *Value._fields):
        found[name].append(Value(*row))
    return {name: rows[-SPARK:] for name, rows in found.items()}


def _granted(rows: Sequence[MetricSegment]) -> dict[int, list[Granted]]:
    """Return who was granted what, by segment: two queries."""
    found: dict[int, list[Granted]] = defaultdict(list)
    people = MetricSegmentUserObjectPermission.objects.filter(content_object__in=rows).select_related("user")
    for each in people.select_related("permission", "user").order_by("user__username"):
        words = GRANTS.get(each.permission.codename, "")
        found[each.content_object_id].append(Granted(f"u{each.pk}", str(each.user), words))
    groups = MetricSegmentGroupObjectPermission.objects.filter(content_object__in=rows)
    for row in groups.select_related("permission", "group").order_by("group__name"):
        words = GRANTS.get(row.permission.codename, "")
        found[row.content_object_id].append(Granted(f"g{row.pk}", f"everybody in {row.group.name}", words))
    return found


@dataclass(frozen=True)
class Example:
    """How the whole of one period came from its segments, as far as a person may see them."""

    start: datetime
    rule: str
    parts: Sequence[Part]
    hidden: Sequence[str]  # names of parts whose values this person may not see
    whole: Whole
    caution: str = ""


def example_of(metric: Metric, sight: Sight, shown: Iterable[Course], *, barred: bool = False) -> Example | None:
    """Work the latest period of what is shown through; None where the whole is not made of segments, or of no value.

    `barred`: a metric whose segments are read is not the person's to see.
    """
    definition = admission.aggregated(metric)
    if definition is None or not sight.whole or barred:
        return None
    definition.metric = metric
    last = max((each.latest.period_start for each in shown if each.latest), default=None)
    if last is None:
        return None
    [sheet] = aggregating.worksheets(metric, definition, [last], rows=sight.every)
    hidden = [part.name for part in sheet.parts if part.name not in sight.names]
    rule = admission.rule_in_words(definition)
    caution = "" if hidden else _caution(definition.aggregation, sheet.parts, definition.unit)
    return Example(last, rule, sheet.parts, hidden, sheet.whole, caution)


def _caution(rule: str, parts: Sequence[Part], unit: str) -> str:
    """Say what weighting would make of a plain mean, where the parts rest on samples of different size."""
    if rule != Rule.MEAN or len({part.sample_size for part in parts}) < 2:
        return ""
    weighted = whole(Rule.WEIGHTED, parts).value
    if weighted is None:
        return ""
    told = f"{num(weighted)} {unit}".rstrip()
    return f"The segments rest on samples of different size: weighted by them, the mean would be {told}."
