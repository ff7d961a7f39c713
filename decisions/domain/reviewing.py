"""Lays a dossier out for those who sign it: per section, labelled prose, and tables with rows named by the first cell.

Everything that is signed is shown: the fields follow from the annotations, nothing is left out but empty columns and
tables. People, metrics and things that identifiers point to are shown by name.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from config.kit.canonical import decimal_text
from decisions.domain.backtests import outcome
from decisions.domain.breaking import in_segment, segment_words, words_of
from decisions.domain.dossier import (
    SECTIONS,
    BallotScore,
    BallotWeight,
    BreakCondition,
    Corner,
    Dossier,
    EscalationStep,
    Estimate,
    Evidence,
    Finding,
    Signal,
    Snapshot,
)
from decisions.domain.evidence import finding_words, moment_words
from metrics.domain.conditions import BadCondition

TITLES = {"frame": "Title, people and reach", **dict(SECTIONS)}
"""What people call the frame and the sections, by key."""

_POINTERS = ("option", "success_metric", "criterion")
_NAMING = ("name", "title", "metric", "evaluator")
_PEOPLE = ("owner", "owner_of_last_resort", "assumption_owner", "fallback_owner", "person", "evaluator")
_LABELS = {
    "classification": "Who may read it",
    "scope_in": "In scope",
    "scope_out": "Out of scope",
    "horizon_months": "Horizon in months",
    "first_pole": "first pole",
    "second_pole": "second pole",
    "stance": "agreed stance, 0 to 100",
    "reason": "why",
    "trade_off": "Trade-off",
    "definition_version": "Definition",
    "probability": "Probability, %",
    "effort_days": "Person-days",
    "refresh_on": "Refresh by",
    "retrieved_on": "Retrieved",
    "manual_check_on": "Manual check on",
    "review_every_days": "Days between reviews",
    "due_on": "Due",
    "curve": "Value function",
    "given_on": "Given",
    "released": "Released because",
}
_GAPS = {"break": "a period without a value breaks the run", "skip": "periods without a value are skipped"}
_NO_DATA = {"hold": "silence holds the state", "breach": "silence counts as a breach", "ok": "silence counts as fine"}


@dataclass(frozen=True, kw_only=True)
class Known:
    """What people are called (user name → name) and metrics (key → name, unit, cadence); others keep their key."""

    people: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, tuple[str, str, str]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Field:
    """Prose in `text`, or a table."""

    label: str
    text: str = ""
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Part:
    """One section as reviewers read it."""

    key: str
    title: str
    fields: tuple[Field, ...]


def parts_of(dossier: Dossier, known: Known | None = None) -> tuple[Part, ...]:
    """Return the frame and the eleven sections."""
    reader = _Reader(dossier, known or Known())
    return tuple(
        Part(key=key, title=title, fields=tuple(reader.fields(getattr(dossier, key)))) for key, title in TITLES.items()
    )


class _Reader:
    """Writes the parts of one dossier, with the names of what it points to."""

    def __init__(self, dossier: Dossier, known: Known) -> None:
        self.known = known
        self.names = {("option", item.id): item.name or item.id for item in dossier.options.options}
        self.names |= {("criterion", item.id): item.name or item.id for item in dossier.criteria.criteria}
        self.names |= {("assumptions", item.id): item.statement or item.id for item in dossier.criteria.assumptions}
        for goal in dossier.metrics.success_metrics:
            self.names["success_metric", goal.id] = self._metric(goal.metric) or goal.id

    def fields(self, section: Any) -> Iterator[Field]:
        """Yield a section's labelled prose and tables."""
        for each in fields(section):
            value, label = getattr(section, each.name), label_of(each.name)
            if isinstance(value, tuple):
                if value:
                    yield self._table(label, value)
            elif is_dataclass(value):
                yield from (_under(each.name, label, inner) for inner in self.fields(value))
            else:
                yield Field(label=label, text=self._named(each.name, value))

    def _table(self, label: str, items: tuple[Any, ...]) -> Field:
        """Lay a list out; a column that says only what names the row, or nothing at all, is left out."""
        said = _naming(items)
        columns = [each.name for each in fields(items[0]) if each.name not in {"id", said, *_POINTERS}]
        cells = {name: [self._named(name, getattr(item, name)) for item in items] for name in columns}
        kept = [name for name in columns if any(cells[name])]
        rows = [
            (self._row_name(item, said) or str(row + 1), *(cells[name][row] for name in kept))
            for row, item in enumerate(items)
        ]
        return Field(label=label, header=("", *map(label_of, kept)), rows=tuple(rows))

    def _row_name(self, item: Any, said: str) -> str:
        """Name a row by what it points to and by its own name, which is how a comparison finds it again."""
        pointed = [self._named(pointer, getattr(item, pointer)) for pointer in _POINTERS if hasattr(item, pointer)]
        own = self._named(said, getattr(item, said)) if said else ""
        return " · ".join(part for part in (*pointed, own) if part)

    def _metric(self, key: str) -> str:
        return self.known.metrics.get(key, (key, "", ""))[0]

    def _named(self, name: str, value: Any) -> str:
        """Write a value as a person reads it: pointers, people and metrics by name."""
        if name in _PEOPLE:
            return self.known.people.get(value, str(value))
        if name == "metric":
            return self._metric(value)
        if name == "changes_nothing":
            return "yes" if value else ""
        if name == "assumptions":
            return "\n".join(self.names.get((name, each), each) for each in value)
        if isinstance(value, str):
            return self.names.get((name, value), value)
        return self._words(value)

    def _words(self, value: Any) -> str:
        match value:
            case None:
                return ""
            case bool():
                return "yes" if value else "no"
            case Decimal():
                return decimal_text(value)
            case date():
                return _day(value)
            case tuple():
                return "\n".join(self._words(item) for item in value)
        return self._of_part(value) if is_dataclass(value) else str(value)

    def _of_part(self, value: Any) -> str:
        match value:
            case Estimate():
                bounds = (value.low, value.likely, value.high)
                return "" if bounds == (None, None, None) else " / ".join(self._words(each) or "–" for each in bounds)
            case Evidence():
                source = self._metric(value.reference) if value.kind == "metric" else value.reference
                said = (value.title, value.kind, source, _dates(value), finding_words(value.finding))
                return " — ".join(part for part in said if part)
            case Signal():
                return " ".join(part for part in (value.text, self._metric(value.metric), _bound(value.bound)) if part)
            case EscalationStep():
                return f"{self._named('person', value.person)} ({value.hours} h)"
            case Snapshot() | Finding():
                return self._pinned(value)
            case BreakCondition():
                return self._condition(value)
            case BallotScore() | BallotWeight() | Corner():
                return self._of_scoring(value)
        return "; ".join(f"{label_of(each.name)}: {self._words(getattr(value, each.name))}" for each in fields(value))

    def _pinned(self, value: Snapshot | Finding) -> str:
        if isinstance(value, Finding):
            return finding_words(value)
        if value == Snapshot():
            return ""
        period = f"{moment_words(value.period_start)} to {moment_words(value.period_end)}"
        version = f", definition {value.definition_version}" if value.definition_version else ""
        said = "no value" if value.value is None else decimal_text(value.value)
        return f"{said} for {period}, revision {value.revision}{version}, recorded {moment_words(value.recorded_at)}"

    def _of_scoring(self, value: BallotScore | BallotWeight | Corner) -> str:
        if isinstance(value, Corner):
            return f"{self._words(value.score)} is worth {self._words(value.value)}"
        criterion = self._named("criterion", value.criterion)
        if isinstance(value, BallotWeight):
            return f"{criterion}: {self._words(value.weight)}"
        return f"{criterion} · {self._named('option', value.option)}: {self._words(value.score)}"

    def _condition(self, value: BreakCondition) -> str:
        """Write a condition with every part that decides whether it fires."""
        name, unit, cadence = self.known.metrics.get(value.metric, (value.metric, "", ""))
        try:
            trigger = words_of(value, name, unit, cadence, self.known.metrics)
        except BadCondition:
            trigger = f"{in_segment(name, segment_words(value))}: {value.kind}, not yet complete"
        cooldown = f"; a further break within {value.cooldown} re-opens it" if value.cooldown else ""
        said = f"Breaks {trigger}; {_GAPS[value.gap]}; {_NO_DATA[value.no_data]}; {value.severity}{cooldown}."
        kept = value.backtest
        return f"{said} Replayed on {_day(kept.as_of)}: {outcome(kept)}" if kept.as_of else said


def _under(name: str, label: str, inner: Field) -> Field:
    words = inner.label if name == "provenance" else f"{label}: {inner.label[:1].lower()}{inner.label[1:]}"
    return Field(label=words, text=inner.text, header=inner.header, rows=inner.rows)


def _naming(items: tuple[Any, ...]) -> str:
    """Return the first field that gives every row a name, if there is one."""
    if any(hasattr(items[0], pointer) for pointer in _POINTERS) and not hasattr(items[0], "id"):
        return ""
    return next((name for name in _NAMING if all(getattr(item, name, "") for item in items)), "")


def label_of(name: str) -> str:
    """Return what people call a field."""
    return _LABELS.get(name) or name.replace("_", " ").capitalize()


def _bound(value: Decimal | None) -> str:
    return "" if value is None else f"(bound {decimal_text(value)})"


def _day(value: date) -> str:
    return f"{value.day} {value:%b %Y}"


def _dates(evidence: Evidence) -> str:
    days = (("retrieved", evidence.retrieved_on), ("refresh by", evidence.refresh_on))
    return ", ".join(f"{word} {_day(day)}" for word, day in days if day)
