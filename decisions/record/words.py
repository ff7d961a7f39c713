"""How the record writes times, numbers, estimates and names of things. Times are UTC, for the record outlives zones."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from config.kit.canonical import decimal_text
from config.kit.days import day_text
from config.kit.numbers import grouped, rounded
from decisions.domain.dossier import Estimate, Evidence, Signal
from decisions.domain.evidence import finding_words

NONE = "—"
VERDICTS = {
    "approve": "Approved",
    "approve_with_conditions": "Approved with conditions",
    "return": "Returned for changes",
    "reject": "Rejected",
    "abstain": "Abstained",
}
CREDENTIALS = {"oidc": "single sign-on"}
CAUSES = {
    "signal": "A value that broke an assumption",
    "refresh": "Overdue evidence",
    "definition": "A changed definition",
    "review": "A review",
    "person": "A person’s question",
    "correction": "A corrected value on which an answer rested",
}
TIERS = {"operational": "Operational", "tactical": "Tactical", "strategic": "Strategic"}
CLASSIFICATIONS = {"internal": "Internal", "confidential": "Confidential"}


def moment(text: str | None) -> str:
    """Write a time as 22 Nov 2026, 00:41 UTC."""
    if not text:
        return NONE
    at = datetime.fromisoformat(text).astimezone(UTC)
    return f"{at.day} {at:%b %Y, %H:%M} UTC"


def exact_moment(text: str) -> str:
    """Write a time to the second: 22 Nov 2026, 00:41:07 UTC."""
    at = datetime.fromisoformat(text).astimezone(UTC)
    return f"{at.day} {at:%b %Y, %H:%M:%S} UTC"


def day(value: date | None) -> str:
    """Write a day as 22 Nov 2026."""
    return day_text(value) if value else NONE


def number(value: Decimal | float | int | None, unit: str = "") -> str:
    """Write a number with thousands apart and a true minus."""
    if value is None:
        return NONE
    text = decimal_text(value) if isinstance(value, Decimal) else decimal_text(Decimal(str(value)))
    written = grouped(text)
    return f"{written}\u202f{unit}" if unit else written


def points(value: float, places: int = 1) -> str:
    """Write a value or a share of 100 with a fixed number of places."""
    text = format(rounded(value, places), "f")
    return number(Decimal(text)) if places == 0 else text.replace("-", "\u2212")


def percent(share: float) -> str:
    """Write a share of 1 in per cent."""
    return f"{share * 100:.0f}\u202f%"


def estimate(given: Estimate, unit: str = "") -> str:
    """Write an estimate as its likely number with the range: 55 (40 to 70)."""
    if given.likely is None:
        return NONE
    likely = number(given.likely, unit)
    if given.low is None or given.high is None or given.low == given.high:
        return likely
    return f"{likely} ({number(given.low)} to {number(given.high)})"


def signal(given: Signal, metric: str, unit: str) -> str:
    """Write a signal or risk indicator: its words, its metric by name, its bound."""
    bound = f"bound {number(given.bound, unit)}" if given.bound is not None else ""
    return "; ".join(part for part in (given.text, metric if given.metric else "", bound) if part) or NONE


def source(given: Evidence, unit: str = "") -> str:
    """Write a source of evidence with its days; `unit` is that of a pinned value."""
    named = given.title and given.reference and given.title != given.reference
    words = f"{given.title} ({given.reference})" if named else given.title or given.reference
    if given.sha256:
        words += f", SHA-256 {given.sha256}"
    if given.snapshot.value is not None:
        start = date.fromisoformat(given.snapshot.period_start[:10])
        words += f", {number(given.snapshot.value, unit)} in the period from {day(start)}"
        words += f" (revision {given.snapshot.revision}, recorded {moment(given.snapshot.recorded_at)})"
    if pinned := finding_words(given.finding):
        words += f": {pinned.rstrip('.')}"
    if given.retrieved_on:
        words += f", retrieved {day(given.retrieved_on)}"
    if given.refresh_on:
        words += f", refresh by {day(given.refresh_on)}"
    return words or NONE


def span(seconds: float | None) -> str:
    """Write a length of time in its two largest units: 2 days 5 hours."""
    if seconds is None:
        return NONE
    rest = max(timedelta(seconds=seconds), timedelta())
    days, hours, minutes = rest.days, rest.seconds // 3600, rest.seconds // 60 % 60
    parts = [(days, "day"), (hours, "hour"), (minutes, "minute")]
    said = [f"{count} {noun}{'s' * (count != 1)}" for count, noun in parts if count][:2]
    return " ".join(said) or "less than a minute"


def label(code: str) -> str:
    """Write a code such as in_force as In force."""
    return code.replace("_", " ").capitalize() if code else NONE


def verb(code: str) -> str:
    """Write a ledger verb such as decision.submitted as Decision submitted."""
    return label(code.replace(".", " "))


def person(username: str, names: Mapping[str, str]) -> str:
    """Write who is meant: the name where the ledger knows it, with the user name; else the user name."""
    name = names.get(username, "")
    return f"{name} ({username})" if name and name != username else username or NONE


def text(value: Any) -> str:
    """Write anything short as text, an em dash for nothing."""
    return str(value) if value not in {None, ""} else NONE
