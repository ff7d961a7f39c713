"""What every list of obstacles is made of."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from decisions.domain.dossier import Estimate


@dataclass(frozen=True)
class Obstacle:
    """One reason why a draft may not yet be submitted: a sentence that says what to do, and the place to do it.

    `anchor` is the id of the thing on the section's page: objective, option-b, score-c1-b, assumption-a1, …
    `wrong` tells what is there but cannot stand from what is still missing.
    """

    sentence: str
    section: str
    anchor: str = ""
    wrong: bool = False

    def __str__(self) -> str:
        return self.sentence


def wrong(sentence: str, section: str, anchor: str = "") -> Obstacle:
    """Return an obstacle about something that is there but cannot stand as it is."""
    return Obstacle(sentence, section, anchor, wrong=True)


@dataclass(frozen=True, kw_only=True)
class KnownMetric:
    """What the registry says of a metric: may new decisions rest on it, its approved definitions, has it a past.

    `name` is empty where it is not everybody's to read. A retired one gets no more values; `successor` is what people
    are to use instead.
    """

    name: str = ""
    usable: bool = True
    versions: frozenset[int] = frozenset()
    has_values: bool = False
    retired: bool = False
    successor: str = ""


@dataclass(frozen=True, kw_only=True)
class KnownSegment:
    """What the registry says of a segment: the metric it is of, those with one of the same name, has it a past."""

    metric: str
    also: frozenset[str] = frozenset()
    has_values: bool = False


@dataclass(frozen=True, kw_only=True)
class Known:
    """What the dossier points to outside itself: metrics by key, segments by code, and the names of active people."""

    metrics: Mapping[str, KnownMetric] = field(default_factory=dict)
    people: frozenset[str] = frozenset()
    segments: Mapping[str, KnownSegment] = field(default_factory=dict)

    def metric_name(self, key: str) -> str:
        """Return what people call the metric; its key when it has no name here."""
        found = self.metrics.get(key)
        return (found and found.name) or key


def blank(text: str) -> bool:
    """Say whether there is nothing to read."""
    return not text.strip()


def person(name: str, known: Known, *, missing: str, section: str, anchor: str) -> Iterator[Obstacle]:
    """Yield an obstacle when nobody is named, or nobody active has that name."""
    if blank(name):
        yield Obstacle(missing, section, anchor)
    elif name not in known.people:
        yield wrong(f"There is nobody active with the name “{name}”; name somebody else.", section, anchor)


def metric(key: str, known: Known, *, section: str, anchor: str) -> Iterator[Obstacle]:
    """Yield an obstacle when a metric is not in the registry, or has no approved definition."""
    found = known.metrics.get(key)
    if found is None:
        yield wrong(f"The metric “{key}” is not in the registry; choose a registered one.", section, anchor)
    elif found.retired:
        instead = f"rest on “{found.successor}” instead" if found.successor else "choose another"
        yield wrong(f"The metric “{known.metric_name(key)}” is retired; {instead}.", section, anchor)
    elif not found.usable:
        name = known.metric_name(key)
        sentence = f"The metric “{name}” has no approved definition in force; have it approved, or choose another."
        yield wrong(sentence, section, anchor)


def estimate(value: Estimate, what: str, *, section: str, anchor: str) -> Iterator[Obstacle]:
    """Yield an obstacle when low, likely and high are not all there, or not in order."""
    if value.low is None or value.likely is None or value.high is None:
        yield Obstacle(f"Give {what} as low, likely and high.", section, anchor)
    elif not value.low <= value.likely <= value.high:
        yield wrong(f"Order {what} so that low ≤ likely ≤ high.", section, anchor)
