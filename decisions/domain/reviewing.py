"""Lays a dossier out for those who sign it: per section, labelled prose, and tables with rows named by the first cell.

Everything that is signed is shown: the fields follow from the annotations, nothing is left out but empty tables.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from config.kit.canonical import decimal_text
from decisions.domain.dossier import SECTIONS, BreakCondition, Dossier, EscalationStep, Estimate, Evidence, Signal

_POINTERS = ("option", "success_metric", "criterion")
_NAMING = ("name", "title", "statement", "text", "metric")


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


def parts_of(dossier: Dossier) -> tuple[Part, ...]:
    """Return the frame and the eleven sections."""
    names = _names(dossier)
    titled = (("frame", "Frame"), *SECTIONS)
    return tuple(
        Part(key=key, title=title, fields=tuple(_fields(getattr(dossier, key), names))) for key, title in titled
    )


def _names(dossier: Dossier) -> dict[str, str]:
    """Return what people call the things that identifiers point to, by kind and identifier."""
    names = {f"option:{option.id}": option.name or option.id for option in dossier.options.options}
    names |= {f"success_metric:{item.id}": item.metric or item.id for item in dossier.metrics.success_metrics}
    return names | {f"criterion:{item.id}": item.name or item.id for item in dossier.criteria.criteria}


def _fields(section: Any, names: dict[str, str]) -> Iterator[Field]:
    for item in fields(section):
        value, label = getattr(section, item.name), _label(item.name)
        if isinstance(value, tuple):
            if value:
                yield _table(label, value, names)
        elif is_dataclass(value):
            yield from (_prefixed(label, field) for field in _fields(value, names))
        else:
            yield Field(label=label, text=_pointed(item.name, value, names))


def _prefixed(label: str, field: Field) -> Field:
    words = field.label if label == "Provenance" else f"{label}: {field.label.lower()}"
    return Field(label=words, text=field.text, header=field.header, rows=field.rows)


def _table(label: str, items: tuple[Any, ...], names: dict[str, str]) -> Field:
    columns = [item.name for item in fields(items[0]) if item.name not in {"id", *_POINTERS}]
    rows = tuple((_row_name(item, names), *(_words(getattr(item, column)) for column in columns)) for item in items)
    return Field(label=label, header=("", *map(_label, columns)), rows=rows)


def _row_name(item: Any, names: dict[str, str]) -> str:
    """Name a row by what it points to, else by its name and identifier, so that a diff pairs the right rows."""
    pointed = [
        names.get(f"{pointer}:{getattr(item, pointer)}", getattr(item, pointer))
        for pointer in _POINTERS
        if hasattr(item, pointer)
    ]
    own = getattr(item, "id", "")
    called = next((getattr(item, name)[:60] for name in _NAMING if getattr(item, name, "")), "")
    return " · ".join(part for part in (*pointed, own and f"{own} {called}".strip()) if part)


def _pointed(name: str, value: Any, names: dict[str, str]) -> str:
    return names.get(f"{name}:{value}", _words(value)) if name in _POINTERS else _words(value)


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _words(value: Any) -> str:
    """Write one value as a person reads it."""
    if value is None or value == "":
        return ""
    match value:
        case bool():
            words = "yes" if value else "no"
        case Decimal():
            words = decimal_text(value)
        case date():
            words = value.isoformat()
        case tuple():
            words = "\n".join(_words(item) for item in value)
        case _:
            words = _of_part(value) if is_dataclass(value) else str(value)
    return words


def _of_part(value: Any) -> str:
    match value:
        case Estimate():
            bounds = (value.low, value.likely, value.high)
            return "" if bounds == (None, None, None) else " / ".join(_words(bound) or "–" for bound in bounds)
        case Evidence():
            return " — ".join(part for part in (value.title, value.reference, _dates(value)) if part)
        case Signal():
            return " ".join(part for part in (value.text, value.metric, _words(value.bound)) if part)
        case EscalationStep():
            return f"{value.person} ({value.hours} h)"
        case BreakCondition():
            return _of_condition(value)
    return "; ".join(f"{_label(item.name)}: {_words(getattr(value, item.name))}" for item in fields(value))


def _of_condition(value: BreakCondition) -> str:
    """Write a condition with every part that decides whether it fires."""
    bound = f"{_words(value.low)} to {_words(value.high)}" if value.kind == "outside" else _words(value.bound)
    clear = f", clear at {_words(value.clear.bound)}" if value.clear.bound is not None else ""
    inclusive = " (inclusive)" if value.inclusive else ""
    trigger = f"{value.id}: {value.metric} {value.kind} {bound}{inclusive} for {value.sustained}"
    ending = f"{clear} for {value.clear.sustained}; gap: {value.gap}; no data: {value.no_data}"
    return f"{trigger}{ending}; {value.severity}"


def _dates(evidence: Evidence) -> str:
    days = (("retrieved", evidence.retrieved_on), ("refresh", evidence.refresh_on))
    return ", ".join(f"{word} {day.isoformat()}" for word, day in days if day)
