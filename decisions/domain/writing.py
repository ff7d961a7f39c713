"""Writes a dossier, or one section of it, as plain JSON: decimals and dates as text, absent values as null.

A field that the first release did not have is left out while it holds its default (see `released`).
"""

from dataclasses import Field, fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from config.kit.canonical import decimal_text
from decisions.domain.dossier import Dossier
from decisions.domain.released import FIRST_RELEASE


def dossier_to(dossier: Dossier) -> dict[str, Any]:
    """Return the whole dossier; `reading.dossier_from` reads it back to an equal value."""
    return section_to(dossier)


def section_to(section: Any) -> dict[str, Any]:
    """Return one section, or any other part of a dossier."""
    return {item.name: _plain(getattr(section, item.name)) for item in fields(section) if _is_said(section, item)}


def _is_said(part: Any, item: "Field[Any]") -> bool:
    """Say whether a field is written; a class that came later is written as sparingly as a field."""
    first = FIRST_RELEASE.get(type(part).__name__, frozenset())
    return item.name in first or getattr(part, item.name) != item.default


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return section_to(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, date):
        return value.isoformat()
    return value
