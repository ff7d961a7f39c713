"""What the selects of a section may offer: people, metrics, and what the dossier itself names."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class MetricOffer:
    """A metric that this person may see, with the version of its definition that is approved now.

    `ends`: the day from which a deprecated one takes no more values.
    """

    key: str
    name: str
    unit: str = ""
    definition_version: int | None = None
    cadence: str = ""
    ends: str = ""
    segmented: bool = False

    @property
    def label(self) -> str:
        """Return the name with its unit, and that it ends."""
        named = f"{self.name} ({self.unit})" if self.unit else self.name
        return f"{named}, deprecated: ends {self.ends}" if self.ends else named


def _none(metric: str) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True)
class Offers:
    """Value → label for each kind of thing that can be chosen; metrics with what is known about them.

    `segments` returns code → name of the segments of a metric that this person may see.
    """

    people: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, MetricOffer] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    assumptions: Mapping[str, str] = field(default_factory=dict)
    segments: Callable[[str], Mapping[str, str]] = _none

    def of(self, kind: str) -> dict[str, str]:
        """Return value → label of one kind; KeyError for a kind that nobody offers."""
        if kind == "metrics":
            return {key: metric.label for key, metric in self.metrics.items()}
        return dict({"people": self.people, "options": self.options, "assumptions": self.assumptions}[kind])
