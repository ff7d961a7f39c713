"""Reads the single values of a dossier: text, exact numbers, dates, truth; nothing is coerced silently.

Refuses NaN, infinities, numbers beyond 15 digits or 6 decimals, control characters, lone surrogates and nonsense years.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from types import NoneType
from typing import Any, cast, get_args

from decisions.domain import limits

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # all of category Cc but tab and line feed
_PLAIN = re.compile(r"-?\d{1,9}(\.\d{1,6})?", re.ASCII)  # most numbers, within every limit
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", re.ASCII)
_POINTERS = frozenset({"id", "option", "success_metric", "criterion"})
_FREE_POINTERS = frozenset({"Risk", "Recommendation"})  # their option may still be open
_SHOWN = 40


class Refused(Exception):
    """One value cannot be read; the message says why."""


@dataclass(frozen=True)
class Spec:
    """What is known of one field: the dataclass it belongs to, its name, its annotation."""

    kind: type
    name: str
    hint: Any

    @property
    def key(self) -> tuple[type, str]:
        """Return what `limits` calls the field."""
        return self.kind, self.name


def scalar(spec: Spec, data: Any) -> Any:
    """Return the value, or raise `Refused` with a sentence."""
    wanted, nullable = _wanted(spec.hint)
    if data is None:
        if nullable:
            return None
        raise Refused("This may not be null.")
    value = _READERS[wanted](spec, data)
    bounds = limits.RANGES.get(spec.key)
    if bounds and not bounds[0] <= value <= bounds[1]:
        raise Refused(f"Give a value between {bounds[0]:,} and {bounds[1]:,}.")
    return value


@cache
def _wanted(hint: Any) -> tuple[Any, bool]:
    """Return the type that an annotation asks for, and whether null will do."""
    parts = get_args(hint)
    return next((part for part in parts if part is not NoneType), hint), NoneType in parts


def shown(value: Any) -> str:
    """Return something of a bad value that is safe to print."""
    text = _short_text(value)[: _SHOWN + 1].encode("ascii", "replace").decode()
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def refuse_unwritable(text: str) -> None:
    """Raise for characters that no database, XML or UTF-8 text can carry."""
    if _CONTROL.search(text):
        raise Refused("The text holds a control character that cannot be stored; delete it.")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Refused("The text holds half a character (a lone surrogate); delete it.") from None


def _text(spec: Spec, data: Any) -> str:
    if not isinstance(data, str):
        raise Refused("This must be text.")
    text = data.replace("\r\n", "\n").replace("\r", "\n") if "\r" in data else data
    text = text if text.isascii() else unicodedata.normalize("NFC", text)
    refuse_unwritable(text)
    _refuse_long(spec, text)
    choices = limits.CHOICES.get(spec.key)
    if choices and text not in choices:
        raise Refused(f"Give one of: {', '.join(choices)}.")
    if spec.name in _POINTERS and spec.kind.__name__ not in _FREE_POINTERS and not _IDENTIFIER.fullmatch(text):
        raise Refused("An identifier is 1 to 40 letters, digits, hyphens or underscores, not beginning with a sign.")
    return text


def _refuse_long(spec: Spec, text: str) -> None:
    one_line = spec.key in limits.NAMES
    longest = limits.SHORT.get(spec.key, limits.MAX_NAME if one_line else limits.MAX_TEXT)
    if len(text) > longest:
        raise Refused(f"This is {len(text):,} characters long; at most {longest:,} are kept.")
    if one_line and "\n" in text:
        raise Refused("This must be a single line.")


def _decimal(_spec: Spec, data: Any) -> Decimal:
    if isinstance(data, bool) or not isinstance(data, int | float | str | Decimal):
        raise Refused("This must be a number.")
    if isinstance(data, str) and _PLAIN.fullmatch(data):
        return Decimal(data)
    text = _short_text(data).strip()
    if len(text) > _SHOWN or not _NUMBER.fullmatch(text):
        raise Refused(f"“{shown(data)}” is not a number that can be kept; write it like 12.5.")
    value = Decimal(text)
    _, digits, exponent = value.normalize().as_tuple()
    if len(digits) + max(cast(int, exponent), 0) > limits.MAX_DIGITS:
        raise Refused(f"A number has at most {limits.MAX_DIGITS} digits.")
    if -cast(int, exponent) > limits.MAX_DECIMALS:
        raise Refused(f"A number has at most {limits.MAX_DECIMALS} decimals.")
    return value


def _short_text(data: Any) -> str:
    """Write a value out in full, unless it is hopelessly long (Python itself refuses to print huge integers)."""
    if isinstance(data, int) and abs(data) >= 10**_SHOWN:
        return "a number of more than 40 digits"
    if isinstance(data, float | Decimal):
        number = Decimal(str(data))
        return format(number, "f") if number.is_finite() and abs(number.adjusted()) < _SHOWN else str(data)
    return str(data)


def _integer(spec: Spec, data: Any) -> int:
    value = _decimal(spec, data)
    if value != value.to_integral_value():
        raise Refused("This must be a whole number.")
    return int(value)


def _date(_spec: Spec, data: Any) -> date:
    if not isinstance(data, str) or not _DAY.fullmatch(data):
        raise Refused("Give a date as year-month-day, like 2026-03-31.")
    try:
        day = date.fromisoformat(data)
    except ValueError:
        raise Refused(f"There is no such day as {data}.") from None
    if not limits.FIRST_YEAR <= day.year <= limits.LAST_YEAR:
        raise Refused(f"Give a date between the years {limits.FIRST_YEAR} and {limits.LAST_YEAR}.")
    return day


def _truth(_spec: Spec, data: Any) -> bool:
    if not isinstance(data, bool):
        raise Refused("This must be true or false.")
    return data


_READERS: dict[Any, Callable[[Spec, Any], Any]] = {
    str: _text,
    Decimal: _decimal,
    int: _integer,
    date: _date,
    bool: _truth,
}
