"""What one person may see of a metric's segments, and of what its values were worked out from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef
from django.http import Http404

from approvals.models import User
from metrics.models import Metric, MetricSegment, Observation


@dataclass(frozen=True)
class Sight:
    """The segments that a person may see, by dimension and name, and whether the whole is among what they may not."""

    segments: Sequence[MetricSegment] = ()
    whole: bool = True

    @property
    def names(self) -> list[str]:
        """Return the names of the segments."""
        return [segment.name for segment in self.segments]

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
    rows = list(metric.segments.annotate(hidden=hidden).order_by("dimension", "name"))
    shown: list[MetricSegment] = [row for row in rows if row.name and not row.hidden]
    return Sight(shown, whole=not any(row.hidden for row in rows if not row.name))


def veil(rows: Iterable[Any], user: User) -> list[Any]:
    """Take out of derivations what the person may not see of their inputs; one query, none without derivations.

    An input keeps its key and says `hidden` in place of its value.
    """
    shown = list(rows)
    inputs = [each for row in shown if (made := _derivation(row)) for each in made.inputs]
    wanted = {each["observation"] for each in inputs if each.get("observation")}
    if not wanted:
        return shown
    of_seen = Metric.objects.visible_to(user).values("pk")
    seen = Observation.objects.visible_to(user).filter(pk__in=wanted, metric__in=of_seen)
    known = set(seen.values_list("pk", flat=True))
    for each in inputs:
        if each.get("observation") and each["observation"] not in known:
            each["hidden"], each["value"], each["sample_size"] = True, None, None
    return shown


def _derivation(row: Any) -> Any:
    return getattr(row, "derivation", None)
