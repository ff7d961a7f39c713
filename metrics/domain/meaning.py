"""What a definition must say before it may be approved, as pure rules over plain fields."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

KEY = re.compile(r"[a-z][a-z0-9_-]{1,63}", re.ASCII)
# Words of the registry's own addresses.
RESERVED_KEYS = frozenset(
    {
        "calculator",
        "catalogue",
        "desk",
        "disputes",
        "experiments",
        "freezes",
        "import",
        "incidents",
        "new",
        "pairs",
        "pulls",
    }
    | {"reports", "retention", "holds", "segments", "disputes", "quality"}
)
OWN = "premise_"  # begins the keys of metrics that Premise fills itself


@dataclass(frozen=True)
class Missing:
    """One reason why a definition may not be submitted, and the field that mends it."""

    sentence: str
    field: str


# Field → what to do about it; in the order of the form.
REQUIRED = (
    ("meaning", "Say what the metric means."),
    ("formula", "Give the formula by which it is calculated."),
    ("unit", "Name the unit."),
    ("population", "Say which population is counted."),
    ("sources", "Name at least one source of the values."),
    ("outage_fallback", "Say what is used when the source is out of order."),
    ("owner", "Name the owner who answers for the metric."),
    ("steward", "Name the steward who keeps its data right."),
)


def key_errors(key: str) -> list[str]:
    """Return what is wrong with a registry key."""
    if key in RESERVED_KEYS:
        return [f"“{key}” is a word of the registry's own; choose another key."]
    if not KEY.fullmatch(key):
        return ["Use 2 to 64 lower-case letters, digits, “_” or “-”, starting with a letter."]
    return []


def filled_by_premise(key: str) -> bool:
    """Say whether a metric is one that Premise fills itself, and nobody else."""
    return key.startswith(OWN)


def missing(fields: Mapping[str, Any]) -> Iterator[Missing]:
    """Yield every reason why these fields may not yet be submitted for approval."""
    for name, sentence in REQUIRED:
        if not fields.get(name):
            yield Missing(sentence, name)
    if fields.get("direction") == "within":
        if fields.get("tolerance_low") is None or fields.get("tolerance_high") is None:
            yield Missing("Give both ends of the band within which the metric is good.", "tolerance_low")
    elif fields.get("target") is None:
        yield Missing("Set the target.", "target")
    if fields.get("personal_values") and not fields.get("personal_data"):
        yield Missing("Values that are personal themselves are personal data: say so.", "personal_data")
    if fields.get("personal_data") and not fields.get("retention_days"):
        yield Missing("Values with personal data need a number of days after which they go.", "retention_days")
    if fields.get("high_risk") and not fields.get("risk_reason"):
        yield Missing("Say why the metric is high-risk.", "risk_reason")


def contradictions(fields: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the fields whose values contradict each other, as field → sentences."""
    errors: dict[str, list[str]] = {}
    low, high = fields.get("tolerance_low"), fields.get("tolerance_high")
    if low is not None and high is not None and low > high:
        errors["tolerance_high"] = ["The upper end of the tolerance band lies below the lower end."]
    for later, earlier in (("target_90", "target_30"), ("target_365", "target_90")):
        if sentence := _backwards(fields, earlier, later):
            errors[later] = [sentence]
    return errors


def _backwards(fields: Mapping[str, Any], earlier: str, later: str) -> str:
    """Say so when a later interim target asks for less than an earlier one."""
    first, second = fields.get(earlier), fields.get(later)
    if not isinstance(first, Decimal) or not isinstance(second, Decimal):
        return ""
    worse = {"higher": second < first, "lower": second > first}.get(str(fields.get("direction")), False)
    days = {name: name.removeprefix("target_") for name in (earlier, later)}
    return (
        f"The target after {days[later]} days asks for less than the one after {days[earlier]} days." if worse else ""
    )
