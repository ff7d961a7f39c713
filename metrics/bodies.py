"""The body of a POST of values: JSON read exactly (no float in between), each mistake a sentence."""

import json
from decimal import Decimal
from typing import Any

from config.kit.refusals import BadInput
from metrics.services.entries import Entry

FIELDS = frozenset(Entry._fields) - {"trouble"}
_ENTRY = {
    "type": "object",
    "required": ["period_start", "value"],
    "additionalProperties": False,
    "properties": {
        "period_start": {"type": "string", "description": "A day or time in the period: 2026-11-30 or with a time"},
        "value": {
            "type": ["number", "string", "null"],
            "description": "At most 15 digits; null withdraws, with a reason",
        },
        "period_end": {"type": ["string", "null"], "description": "Checked against the period; may be left out"},
        "segment": {"type": "string", "maxLength": 80},
        "sample_size": {"type": ["integer", "null"], "minimum": 0},
        "external_id": {"type": "string", "maxLength": 120, "description": "The sender's own id of this value"},
        "source": {"type": "string", "maxLength": 80},
        "note": {"type": "string", "maxLength": 2000},
        "reason": {
            "type": "string",
            "maxLength": 2000,
            "description": "Why a value is corrected; left out, that another value arrived",
        },
    },
}
_WORDS = {
    401: "No valid token",
    403: "The scope, or the right to do this to this metric, is missing",
    404: "No such metric, or not yours to see",
    409: "The metric takes no values",
    413: "More than one request may carry",
    422: "The input cannot be read, or no row could be recorded",
    429: "Too many calls a minute",
}


def problems(*statuses: int) -> dict[int, dict[str, Any]]:
    """Describe, for OpenAPI, the problem details that an operation may answer with."""
    shape = {"application/problem+json": {"schema": {"type": "object"}}}
    return {status: {"description": _WORDS[status], "content": shape} for status in (401, 403, *statuses, 429)}


RECORDING = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"oneOf": [_ENTRY, {"type": "array", "maxItems": 10_000, "items": _ENTRY}]}}
        },
    },
    "responses": problems(404, 409, 413, 422),
}


def entries_in(body: bytes) -> tuple[list[Entry], bool]:
    """Return the rows and whether the body was a single one. BadInput when it is not JSON, or has no rows."""
    given = _parsed(body)
    single = isinstance(given, dict)
    if not single and not isinstance(given, list):
        raise BadInput({"": ["Send a JSON object with period_start and value, or a list of them."]})
    rows = [given] if single else given
    if not rows:
        raise BadInput({"": ["The list is empty."]})
    return [_entry(row) for row in rows], single


def _parsed(body: bytes) -> Any:
    def refuse(name: str) -> None:
        raise BadInput({"": [f"{name} is not a number that can be stored."]})

    try:
        text = body.decode("utf-8-sig")
        return json.loads(text, parse_float=Decimal, parse_constant=refuse, object_pairs_hook=_once)
    except UnicodeDecodeError as error:
        raise BadInput({"": ["The body is not UTF-8."]}) from error
    except RecursionError as error:
        raise BadInput({"": ["The body is nested too deeply."]}) from error
    except ValueError as error:
        place = f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise BadInput({"": [f"The body is not JSON{place}."]}) from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of its fields; one that is there twice would otherwise be lost without a word."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise BadInput({"": ["An object of the body names a field twice."]})
    return found


def _entry(row: Any) -> Entry:
    """Return one row; what is not an object, or has unknown fields, carries its trouble along to be told by row."""
    if not isinstance(row, dict):
        return Entry(period_start="", value="", trouble="A row is an object with period_start and value.")
    unknown = sorted(row.keys() - FIELDS)
    if not unknown:
        given: dict[str, Any] = {"period_start": "", "value": None} | row
        return Entry(**given)
    told = ", ".join(name[:40] for name in unknown[:5]).encode("ascii", "backslashreplace").decode()
    return Entry(period_start="", value=None, trouble=f"Unknown fields: {told}.")
