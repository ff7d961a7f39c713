"""What a record knows of the people and metrics that its dossier names by their codes."""

from dataclasses import dataclass, field

from decisions.domain.breaking import Named
from decisions.domain.dossier import Evidence, Signal
from decisions.record import words
from decisions.record.words import NONE


@dataclass(frozen=True)
class Known:
    """What the dossier's codes stand for: names by user name; names, units and cadences by metric key."""

    people: dict[str, str]
    metric_names: dict[str, str]
    units: dict[str, str]
    cadences: dict[str, str] = field(default_factory=dict)  # records from before they were kept have none

    def person(self, username: str) -> str:
        """Write who is meant."""
        return words.person(username, self.people)

    def metric(self, key: str) -> str:
        """Write which metric is meant, with its key."""
        name = self.metric_names.get(key, "")
        return f"{name} ({key})" if name else key or NONE

    def signal(self, given: Signal) -> str:
        """Write a signal or risk indicator."""
        return words.signal(given, self.metric(given.metric), self.units.get(given.metric, ""))

    def source(self, given: Evidence) -> str:
        """Write a source of evidence."""
        return words.source(given, self.units.get(given.reference, "") if given.kind == "metric" else "")

    def named(self, key: str) -> Named:
        """Return what a metric is called, its unit and its cadence."""
        return self.metric(key), self.units.get(key, ""), self.cadences.get(key, "")
