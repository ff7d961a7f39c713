"""The content of a definition: cleaned, checked, copied, compared and frozen; no states and no ledger here."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models

from approvals.models import User
from config.kit.canonical import decimal_text, plain
from config.kit.numbers import parse_decimal
from config.kit.refusals import BadInput, MoveRefused
from config.kit.text import clean_text
from metrics.domain.meaning import contradictions
from metrics.domain.periods import Cadence, zone_named
from metrics.models import Metric, MetricDefinition
from metrics.services import formulas

# Field → what people call it; the order is that of the form, the diff and the review screen.
LABELS = {
    "name": "Name",
    "meaning": "Meaning",
    "formula": "Formula",
    "expression": "Calculated as",
    "missing_inputs": "When an input is missing",
    "unit": "Unit",
    "aggregation": "The whole from its segments",
    "aggregation_over": "The segments are its",
    "aggregation_numerator": "Numerator",
    "aggregation_denominator": "Denominator",
    "missing_parts": "When a segment is missing",
    "direction": "Direction",
    "population": "Population",
    "exclusions": "Exclusions",
    "normalisation": "Normalisation",
    "minimum_sample": "Minimum sample",
    "sources": "Sources",
    "lineage": "Lineage",
    "transformation": "Transformation",
    "outage_fallback": "Fallback in outages",
    "cadence": "Frequency",
    "time_zone": "Time zone of the periods",
    "settle_after": "Settles after",
    "baseline": "Baseline",
    "target": "Target",
    "target_30": "Target after 30 days",
    "target_90": "Target after 90 days",
    "target_365": "Target after 365 days",
    "tolerance_low": "Tolerance, lower end",
    "tolerance_high": "Tolerance, upper end",
    "owner": "Owner",
    "steward": "Steward",
    "family": "Family",
    "category": "Category",
    "level": "Level",
    "timing": "Leading or lagging",
    "measures": "Outcome or output",
    "counter_metrics": "Counter-metrics",
    "risks": "Risks",
    "actions": "Actions",
    "personal_data": "Personal data",
    "personal_values": "Values themselves are personal",
    "retention_days": "Kept for (days)",
    "high_risk": "High risk",
    "risk_reason": "Why it is high-risk",
}
# Later fields: they stand in the signed content only where they say something, so that earlier digests still hold.
WHEN_SAID = {
    "expression": "",
    "missing_inputs": MetricDefinition.MissingInputs.WITHHOLD,
    "aggregation": MetricDefinition.Aggregation.NONE,
    "aggregation_over": "",
    "aggregation_numerator": "",
    "aggregation_denominator": "",
    "missing_parts": MetricDefinition.MissingInputs.WITHHOLD,
    "personal_values": False,
    "high_risk": False,
    "risk_reason": "",
}
PROJECTED = ("name", "family", "category", "level", "owner", "steward", "cadence", "time_zone", "settle_after")


def values_of(definition: MetricDefinition) -> dict[str, Any]:
    """Return the definition's content as field → value, people as User."""
    return {name: getattr(definition, name) for name in LABELS}


def fill(definition: MetricDefinition, changes: Mapping[str, Any], *, by: User | None) -> list[str]:
    """Put cleaned values into a draft, saved or not; returns the fields that changed. BadInput with every error.

    Another metric that `by` may not see is refused as one that there is not, unless the draft named it before.
    """
    before = values_of(definition)
    inputs, counters = set(formulas.inputs_of(definition)), set(definition.counter_metrics)
    errors: dict[str, list[str]] = {}
    for name, value in changes.items():
        if name not in LABELS:
            errors.setdefault(name, []).append(f"A definition has no field “{name}”.")
            continue
        try:
            setattr(definition, name, _cleaned(name, value))
        except ValueError as error:
            errors.setdefault(name, []).append(str(error))
        except ValidationError as error:
            errors.setdefault(name, []).extend(error.messages)
    for found in (
        contradictions(values_of(definition)),
        _counter_errors(definition, by, counters),
        formulas.errors(definition, by=by, kept=inputs),
    ):
        errors |= {name: sentences for name, sentences in found.items() if name not in errors}
    if errors:
        raise BadInput(errors)
    return [name for name, value in values_of(definition).items() if value != before[name]]


def _cleaned(name: str, value: Any) -> Any:
    """Return the value as its column takes it; raises ValueError or ValidationError with sentences."""
    field = _field(name)
    if isinstance(field, models.ForeignKey):
        if isinstance(value, User) and not value.is_active:
            raise ValueError(f"{value} has left; name somebody who is active.")
        return value
    if name == "counter_metrics":
        return sorted(set(value or []))
    if isinstance(field, models.DecimalField):
        return None if value in {None, ""} else parse_decimal(str(value))
    if isinstance(value, str):
        value = clean_text(value)
    if name == "name" and not value:
        raise ValueError("Give the metric a name.")
    if name == "cadence":
        Cadence.of(value)
    if name == "time_zone":
        zone_named(value)
    if name == "settle_after" and (value is None or value.total_seconds() < 0 or value.days > 366):
        raise ValueError("Values settle between 0 and 366 days after their period.")
    return field.clean(value, None)


def _field(name: str) -> "models.Field[Any, Any]":
    field = MetricDefinition._meta.get_field(name)
    if not isinstance(field, models.Field):
        raise FieldDoesNotExist(name)
    return field


def _counter_errors(definition: MetricDefinition, by: User | None, kept: Collection[str]) -> dict[str, list[str]]:
    keys = set(definition.counter_metrics)
    unknown = keys - formulas.known(keys, by=by, kept=kept) if keys else keys
    if unknown:
        return {"counter_metrics": [f"There is no metric with the key {', '.join(sorted(unknown))}."]}
    if definition.metric.key in keys:
        return {"counter_metrics": ["A metric cannot be its own counter-metric."]}
    return {}


def project(definition: MetricDefinition, metric: Metric) -> None:
    """Copy onto the metric what is kept there to filter by; the caller saves."""
    for name in PROJECTED:
        setattr(metric, name, getattr(definition, name))


def refuse_new_periods(definition: MetricDefinition, metric: Metric) -> None:
    """Refuse another cadence or time zone once there are values: their periods would no longer be periods."""
    same = (definition.cadence, definition.time_zone) == (metric.cadence, metric.time_zone)
    if not same and metric.observations.exists():
        raise MoveRefused(
            ["Values are recorded by the present frequency and time zone. Create a new metric for other periods."]
        )


PEOPLE = ("owner", "steward")


def frozen(definition: MetricDefinition) -> dict[str, Any]:
    """Return the content to be signed: plain JSON, people as user names, durations as hours."""
    key, classification = definition.metric.key, definition.metric.classification
    return {"key": key, "version": definition.number, "classification": classification} | _said(definition)


def _said(definition: MetricDefinition, *, besides: Collection[str] = ()) -> dict[str, Any]:
    return {
        name: _frozen(name, value)
        for name, value in ((name, getattr(definition, name)) for name in LABELS if name not in besides)
        if name not in WHEN_SAID or value != WHEN_SAID[name]
    }


def as_stored(definition: MetricDefinition, signed: dict[str, Any]) -> dict[str, Any]:
    """Return what was signed of a version, by what its row says now: the same, unless somebody changed the row.

    People, the key and the classification are as signed: a person may have been renamed or erased since.
    """
    outside = {name: signed[name] for name in ("key", "classification", *PEOPLE) if name in signed}
    return outside | {"version": definition.number} | _said(definition, besides=PEOPLE)


def _frozen(name: str, value: Any) -> Any:
    if isinstance(value, User):
        return value.username
    if name == "settle_after":
        return str(value.total_seconds() / 3600).removesuffix(".0")
    return plain(value)


def words(name: str, value: Any) -> str:
    """Return a frozen or stored value as people read it, empty for nothing."""
    if value in (None, "", []) or value == WHEN_SAID.get(name):
        return ""
    if name == "settle_after":
        hours = str(_frozen(name, value)) if not isinstance(value, str) else value
        return "At the end of the period" if hours == "0" else f"{hours} hours after the end of the period"
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, list):
        return ", ".join(value)
    if isinstance(value, Decimal):
        return decimal_text(value)
    if name == "cadence":
        return str(value).capitalize() if str(value).isalpha() else f"Every {value}"
    return str(dict(_field(name).flatchoices).get(value, value))


def changes(before: Any, after: Any) -> list[tuple[str, str, str]]:
    """Return label, old words and new words of every field in which two versions (or saved states) differ."""
    pairs = ((name, getattr(before, name), getattr(after, name)) for name in LABELS)
    return [(LABELS[name], words(name, old), words(name, new)) for name, old, new in pairs if old != new]
