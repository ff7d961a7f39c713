"""Writes a dossier, or one section of it, as plain JSON: decimals and dates as text, absent values as null.

A field that the first release did not have is left out while it holds its default (see `released`).
"""

from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from config.kit.canonical import decimal_text
from decisions.domain.dossier import Dossier
from decisions.domain.released import FIRST_RELEASE


def dossier_to(dossier: Dossier) -> dict[str, Any]:
    """Return the whole dossier; `reading.dossier_from` reads it back to an equal value."""
    return section_to(dossier)


def section_to(section: Any) -> dict[str, Any]:
    """Return one section, or any other part of a dossier."""
    written = {}
    kind: type = type(section)
    for name, always, default in _fields(kind):
        value = getattr(section, name)
        if always or value != default:
            written[name] = _plain(value)
    return written


@cache
def _fields(kind: type) -> tuple[tuple[str, bool, Any], ...]:
    """Return each field, whether it is always written, and its default.

    A class that came later is written as sparingly as a field.
    """
    first = FIRST_RELEASE.get(kind.__name__, frozenset())
    return tuple((item.name, item.name in first, item.default) for item in fields(kind))


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str):
        return value
    if is_dataclass(value):
        return section_to(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, date):
        return value.isoformat()
    return value
