"""Catalogues as the registry reads and writes them: a definition's fields, the sets that are shipped, the export."""

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models

from config.kit.canonical import plain
from config.kit.numbers import parse_decimal
from config.kit.text import LONGEST, clean_text
from metrics.domain import catalogue_reading
from metrics.domain.catalogue import Catalogue, Entry, PairEntry
from metrics.domain.catalogue_reading import Rules
from metrics.domain.meaning import filled_by_premise, key_errors
from metrics.domain.periods import Cadence, zone_named
from metrics.models import Metric, MetricDefinition, TradeOffPair
from metrics.services.content import LABELS, WHEN_SAID, values_of
from metrics.services.pairing import CHOSEN

FOLDER = Path(__file__).resolve().parent.parent / "catalogue"
NAMING_ONE = frozenset({"aggregation_numerator", "aggregation_denominator"})
"""Fields that hold the key of one other metric; `counter_metrics` holds a list, `expression` a formula over keys."""
USUAL = {"settle_after": "0"}  # what a definition says anyway
LARGEST_COUNT = 2_000_000_000
HOUR_PLACES = Decimal("0.000001")
_WORDS_OF_FORMULA = re.compile(r"\"([^\"]*)\"|'([^']*)'|([A-Za-z_][A-Za-z0-9_]*)")


@lru_cache(maxsize=1)
def rules() -> Rules:
    """Return what the registry knows of definitions, taken from their model, so that a new field is known here too."""
    names = [name for name in LABELS if not isinstance(_field(name), models.ForeignKey)]
    readers = {name: _reader(name, _field(name)) for name in names}
    return Rules(readers, [str(kind) for kind, _ in CHOSEN], _key_errors)


def _key_errors(key: str) -> list[str]:
    if filled_by_premise(key):
        return ["Keys that begin with “premise_” are kept for metrics that Premise fills itself."]
    return key_errors(key)


def _field(name: str) -> "models.Field[Any, Any]":
    field = MetricDefinition._meta.get_field(name)
    if not isinstance(field, models.Field):
        raise FieldDoesNotExist(name)
    return field


def _reader(name: str, field: "models.Field[Any, Any]") -> catalogue_reading.Read:
    def read(given: Any) -> Any:
        if given is None or given in ("", []):
            return None
        value = _plain(field, given)
        _check(name, value)
        usual = WHEN_SAID.get(name, USUAL.get(name))
        return None if value == usual else value

    return read


def _plain(field: "models.Field[Any, Any]", given: Any) -> Any:
    """Return what a file gives for a column as plain JSON in its one spelling; ValueError: a sentence."""
    if isinstance(field, models.BooleanField):
        return _of_type(given, bool, "This must be true or false.")
    if isinstance(field, models.DecimalField | models.DurationField):
        if isinstance(given, bool) or not isinstance(given, str | int | Decimal):
            raise ValueError("Enter a number, for example 12.5.")
        return plain(parse_decimal(str(given)))
    if isinstance(field, models.JSONField):
        keys = _of_type(given, list, "This must be a list of keys.")
        return sorted({_of_type(each, str, "This must be a list of keys.") for each in keys})
    if isinstance(field, models.IntegerField):
        if type(given) is not int or not 0 <= given <= LARGEST_COUNT:
            raise ValueError("Enter a whole number, 0 or more.")
        return given
    text = _of_type(given, str, "This must be text.")
    if field.choices:
        if text not in dict(field.flatchoices):
            raise ValueError(f"Write one of {', '.join(str(value) for value, _ in field.flatchoices if value)}.")
        return text
    return clean_text(text, max_length=field.max_length or LONGEST)


def _of_type(given: Any, kind: type, sentence: str) -> Any:
    if not isinstance(given, kind):
        raise ValueError(sentence)
    return given


def _check(name: str, value: Any) -> None:
    if name == "cadence":
        Cadence.of(value)
    if name == "time_zone":
        zone_named(value)
    if name == "settle_after" and not 0 <= Decimal(value) <= 366 * 24:
        raise ValueError("Values settle between 0 and 366 days after their period.")


def column_value(name: str, value: Any) -> Any:
    """Return a catalogue's value as the column takes it."""
    field = _field(name)
    if isinstance(field, models.DurationField):
        return timedelta(seconds=round(Decimal(value) * 3600))
    return Decimal(value) if isinstance(field, models.DecimalField) else value


def read(data: bytes) -> Catalogue:
    """Read a catalogue's file; BadCatalogue with every mistake."""
    return catalogue_reading.parse(data, rules())


@lru_cache(maxsize=1)
def shipped() -> dict[str, Catalogue]:
    """Return the sets that come with Premise, by name."""
    found = [read(path.read_bytes()) for path in sorted(FOLDER.glob("*.json"))]
    return {catalogue.name: catalogue for catalogue in found}


def prefixed(entry: Entry, prefix: str, own: Iterable[str]) -> Entry:
    """Return an entry under a prefix, with every mention of the set's own metrics under it too."""
    mapped = {key: prefix + key for key in own} if prefix else {}
    if not mapped:
        return entry
    fields = dict(entry.fields)
    for name in NAMING_ONE & fields.keys():
        fields[name] = mapped.get(fields[name], fields[name])
    if "counter_metrics" in fields:
        fields["counter_metrics"] = sorted(mapped.get(key, key) for key in fields["counter_metrics"])
    if "expression" in fields:
        fields["expression"] = _renamed(fields["expression"], mapped)
    return Entry(mapped[entry.key], fields, entry.classification, entry.owner_role, entry.reference)


def _renamed(expression: str, mapped: Mapping[str, str]) -> str:
    def word(found: re.Match[str]) -> str:
        key = next(part for part in found.groups() if part is not None)
        if key not in mapped:
            return found.group(0)
        new = mapped[key]
        return f'"{new}"' if "-" in new else new

    return _WORDS_OF_FORMULA.sub(word, expression)


def export(
    metrics: Iterable[Metric],
    *,
    name: str,
    version: str,
    title: str,
    about: str = "",
    pairs: Iterable[TradeOffPair] = (),
) -> Catalogue:
    """Return metrics as a catalogue: what is in force, else the newest draft; nobody's name, nothing of Premise's.

    Pairs come along where both metrics do. `metrics` need their definition loaded.
    """
    chosen = [metric for metric in metrics if not filled_by_premise(metric.key)]
    definitions = {metric.pk: metric.definition for metric in chosen if metric.definition}
    lacking = [metric.pk for metric in chosen if metric.definition is None]
    for row in MetricDefinition.objects.filter(metric__in=lacking).order_by("metric", "number") if lacking else ():
        definitions[row.metric_id] = row
    entries = [_entry(metric, definitions[metric.pk]) for metric in chosen if metric.pk in definitions]
    keys = {entry.key for entry in entries}
    families = {str(entry.fields["family"]): "" for entry in entries if entry.fields.get("family")}
    together = [
        PairEntry(
            left=pair.left.key,
            right=pair.right.key,
            **{name: getattr(pair, name) for name in ("kind", "left_pole", "right_pole", "why", "window", "sustained")},
        )
        for pair in pairs
        if pair.kind != TradeOffPair.Kind.COUNTER and {pair.left.key, pair.right.key} <= keys
    ]
    return Catalogue(name=name, version=version, title=title, families=families, metrics=entries, pairs=together)


def _entry(metric: Metric, definition: MetricDefinition) -> Entry:
    said = values_of(definition)
    fields = {name: read(_given(said[name])) for name, read in rules().fields.items()}
    return Entry(
        metric.key,
        {name: value for name, value in fields.items() if value not in (None, "", [], False)},
        metric.classification,
    )


def _given(value: Any) -> Any:
    """Return a column's value as a file would give it."""
    if isinstance(value, timedelta):
        return plain((Decimal(str(value.total_seconds())) / 3600).quantize(HOUR_PLACES))
    return plain(value)
