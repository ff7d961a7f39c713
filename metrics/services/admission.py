"""Let values in by segment: who may record which, what is closed, and the whole that its parts make."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.utils import timezone

from approvals.models import User
from approvals.services import ledger
from metrics.access import rights_of
from metrics.domain.aggregation import in_words
from metrics.domain.intake import Arrival
from metrics.models import Metric, MetricDefinition, MetricSegment
from metrics.models.observation import ObservationQuerySet
from metrics.services import formulas
from metrics.services.entries import Unreadable

SOURCE = "premise.aggregation"
WHOLE = "The whole of {name} is the {rule}: record its segments, and it follows."
CLOSED = "“{segment}” is closed from {day}: it takes values of earlier periods only."
NOT_YOURS = "You may not record values of {what}."
PART = ("dimension", "opened_from", "missed_at", "missed_from")


def admit(
    metric: Metric, arrivals: list[Arrival], *, by: User | None, source: str
) -> tuple[list[Arrival], list[Unreadable]]:
    """Sort what may come in from what may not. A metric without segments that gets none asks nothing.

    The caller holds the metric's lock and has checked that `by` may contribute to something of it.
    """
    names = {arrival.segment for arrival in arrivals}
    if not metric.segmented and names <= {""} and aggregated(metric) is None:
        return arrivals, []
    refusals = _Refusals(metric, names, by, source)
    admitted, refused = [], []
    for arrival in arrivals:
        if sentence := refusals.of(arrival):
            refused.append(Unreadable(row=arrival.row, errors={"segment": sentence}))
        else:
            admitted.append(arrival)
    return admitted, refused


def aggregated(metric: Metric) -> MetricDefinition | None:
    """Return the definition in force of a metric whose whole is made of its segments."""
    definition = metric.definition
    return definition if definition is not None and definition.aggregation else None


def rule_in_words(definition: MetricDefinition) -> str:
    """Return how the whole is made, for people and for derivations."""
    return in_words(
        definition.aggregation,
        definition.aggregation_over,
        definition.aggregation_numerator,
        definition.aggregation_denominator,
    )


def obstacles(draft: MetricDefinition) -> list[str]:
    """Return why a rule for the whole may not be submitted: segments that belong elsewhere would be counted twice."""
    if not draft.aggregation:
        return []
    other = draft.metric.segments.named().exclude(dimension__in=["", draft.aggregation_over])
    return [
        f"“{row.name}” is a segment by {row.dimension}, and the whole is to be made over {draft.aggregation_over}: it "
        "would be counted twice. Keep it in a metric of its own."
        for row in other[:5]
    ]


class _Refusals:
    """Why rows of one batch may not come in; what it needs to know is read once."""

    def __init__(self, metric: Metric, names: Iterable[str], by: User | None, source: str) -> None:
        self.metric = metric
        self.rows = {row.name: row for row in metric.segments.all()} if metric.segmented else {}
        self.barred = self._barred(names, by)
        definition = aggregated(metric)
        self.whole = ""
        if definition is not None and source != SOURCE:
            self.whole = WHOLE.format(name=metric.name, rule=rule_in_words(definition))

    def _barred(self, names: Iterable[str], by: User | None) -> set[str]:
        if by is None:
            return set()
        rights = rights_of(by, self.metric)
        # A name that nobody used yet is refused in the same words as a hidden one, which so stays unknown.
        new = self.metric.segments_restricted
        found = {name: self.rows.get(name) for name in names}
        return {
            name
            for name, row in found.items()
            if not rights.takes(name, restricted=row.restricted if row else bool(name) and new)
        }

    def of(self, arrival: Arrival) -> str:
        segment = arrival.segment
        if segment in self.barred:
            return NOT_YOURS.format(what=f"the segment “{segment}”" if segment else "the whole, only of segments")
        if not segment:
            return self.whole
        row = self.rows.get(segment)
        if row is not None and row.closed_from and not row.takes(self.metric.local_day(arrival.start)):
            return CLOSED.format(segment=segment, day=row.closed_from.isoformat())
        return ""


def enter(metric: Metric, stored: Iterable[tuple[str, datetime]], *, by: User | None) -> bool:
    """Give each segment that is used for the first time its row; the caller holds the metric's lock.

    Where the whole is made of segments it becomes a part from its first period on, so that it is not missed before.
    Returns whether one of them came late: wholes of later periods stand already.
    """
    first: dict[str, datetime] = {}
    for segment, start in stored:
        if segment and start <= first.get(segment, start):
            first[segment] = start
    if not first:
        return False
    definition = aggregated(metric)
    known = {row.name: row for row in metric.segments.filter(name__in=first)} if metric.segmented else {}
    # A row without a dimension was only brought along, with what is restricted of an input.
    new = sorted(name for name in first if name not in known or (definition and not known[name].dimension))
    if not new:
        return False
    inherited = _restricted_in_inputs(metric, new)
    closed = metric.segments_restricted
    rows = [
        known.get(name) or MetricSegment(metric=metric, name=name, restricted=closed or name in inherited)
        for name in new
    ]
    if definition is not None:
        _open(definition, rows, first)
    MetricSegment.objects.bulk_create([row for row in rows if row.pk is None])
    MetricSegment.objects.bulk_update([row for row in rows if row.name in known], PART)
    mark(metric)
    shut = [row.name for row in rows if row.restricted]
    payload = {"segments": new, "dimension": rows[0].dimension, "restricted": shut}
    ledger.append(metric.stream, "segments.entered", by=by, subject=metric.key, payload=payload)
    spread(metric, shut)
    return any(row.missed_at for row in rows)


def _open(definition: MetricDefinition, rows: Sequence[MetricSegment], first: Mapping[str, datetime]) -> None:
    """Make segments parts from their first periods on, and note where wholes of later ones stand already: one query."""
    metric = rows[0].metric
    last = standing(metric).filter(period_start__gt=min(first[row.name] for row in rows)).order_by("-period_start")
    newest = last.values_list("period_start", flat=True).first()
    for row in rows:
        start = first[row.name]
        row.dimension, row.opened_from = definition.aggregation_over, metric.local_day(start)
        if newest is not None and newest > start:
            row.missed_at, row.missed_from = timezone.now(), start


def settle(metric: Metric) -> None:
    """Note that no whole stands any more without a segment that came late."""
    metric.segments.exclude(missed_at=None).update(missed_at=None, missed_from=None)


def standing(metric: Metric) -> ObservationQuerySet:
    """Return the wholes that were made of a metric's segments and count now."""
    return metric.observations.filter(segment="", source=SOURCE).exclude(value=None).current()


def mark(metric: Metric) -> None:
    """Note on the metric that it has segments."""
    if not metric.segmented:
        metric.segmented = True
        metric.save(update_fields=["segmented"])


def restricted(metric: Metric) -> set[str]:
    """Return the restricted segments: one query, none for a metric without segments."""
    return set(metric.segments.filter(restricted=True).values_list("name", flat=True)) if metric.segmented else set()


def spread(metric: Metric, names: Sequence[str]) -> None:
    """Restrict the same segments of what is calculated from the metric: its values would tell theirs."""
    if not names:
        return
    for following in Metric.objects.filter(pk__in=formulas.following(metric.pk)):
        restrict(following, names)


def restrict(metric: Metric, names: Iterable[str]) -> None:
    """Restrict segments of a metric, with a row for those that had none."""
    for name in names:
        row, made = MetricSegment.objects.get_or_create(metric=metric, name=name, defaults={"restricted": True})
        if not made and not row.restricted:
            row.restricted = True
            row.save(update_fields=["restricted"])
    mark(metric)


def inherit(metric: Metric) -> None:
    """Restrict what is restricted of the inputs of a formula that comes in force."""
    inputs = metric.formula_inputs.values("input")
    rows = MetricSegment.objects.filter(metric__in=inputs, restricted=True)
    if names := sorted(set(rows.values_list("name", flat=True))):
        restrict(metric, names)


def _restricted_in_inputs(metric: Metric, names: Sequence[str]) -> set[str]:
    inputs = metric.formula_inputs.values("input")
    rows = MetricSegment.objects.filter(metric__in=inputs, name__in=names, restricted=True)
    return set(rows.values_list("name", flat=True))
