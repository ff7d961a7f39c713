"""Ask a pull's source and read its rows, by the kind of source it is. Never inside a transaction: it waits."""

import json
import time
from base64 import b64decode
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from metrics.domain.answers import NoAnswer, Row, ended, matrix, spans
from metrics.domain.destinations import Destination, Forbidden, destination
from metrics.models import Pull
from metrics.services import http_sources, json_paths, postgresql_source, sealing, sqlite_source
from metrics.services.entries import cadence_of
from metrics.services.reaching import Reach
from metrics.services.sql_questions import Question

RANGE_QUERY = "/api/v1/query_range"
SHORTEST_SECRET = 6
SCHEMES = {"Bearer", "bearer", "Digest", "digest"}  # words that long which begin a header, and are no secret


def place_of(pull: Pull, wanted: Destination) -> str:
    """Return what a pull's credential is sealed for: this pull, at this server."""
    return f"pull {pull.pk} at {wanted.origin}"


def rows_of(pull: Pull, *, now: datetime, reach: Reach) -> list[Row]:
    """Return what the source answers; NoAnswer, in a sentence, when that is nothing to read."""
    try:
        wanted = destination(pull.target)
        reach.allowed.check(wanted)
        credential = _credential(pull, wanted)
        return {"sql": _sql, "json": _json, "prometheus": _prometheus}[pull.kind](pull, wanted, credential, now, reach)
    except (Forbidden, ValueError) as error:
        raise NoAnswer(str(error)) from error


def _credential(pull: Pull, wanted: Destination) -> str:
    if not pull.sealed:
        return ""
    try:
        return sealing.unseal(pull.sealed, place=place_of(pull, wanted))
    except sealing.Unreadable as error:
        raise NoAnswer("The credential cannot be decrypted with this installation's keys; give it again.") from error


def _headers(pull: Pull, credential: str) -> dict[str, str]:
    return {pull.header_name or "Authorization": credential} if credential else {}


def _document(pull: Pull, wanted: Destination, credential: str, reach: Reach) -> Any:
    """Return the JSON at an address; NoAnswer where it repeats the credential, as servers do that echo requests.

    Held against all of it, not only what is read: a filter in a path would tell whether it holds, letter by letter.
    """
    document = http_sources.get_json(wanted, _headers(pull, credential), reach)
    secrets = _secrets(credential)
    if secrets:
        try:
            words = json.dumps(document, ensure_ascii=False, default=str)
        except RecursionError as error:
            raise NoAnswer("The answer is nested too deeply.") from error
        if any(json.dumps(secret)[1:-1] in words for secret in secrets):
            raise NoAnswer("The answer repeats the credential; nothing of it is kept or shown.")
    return document


def _secrets(credential: str) -> set[str]:
    """Return the words of a credential that are long enough to be secret, unpacked too where that can be done."""
    words = credential.split()
    for packed in credential.split():
        with suppress(ValueError):
            words += b64decode(packed, validate=True).decode().partition(":")[2:]
    return {word for word in (credential, *words) if len(word) >= SHORTEST_SECRET} - SCHEMES


def _sql(pull: Pull, wanted: Destination, credential: str, now: datetime, reach: Reach) -> list[Row]:
    named = {
        "period": pull.period_column,
        "value": pull.value_column,
        "segment": pull.segment_column,
        "sample_size": pull.sample_column,
    }
    columns = {part: column for part, column in named.items() if column}
    question = Question(statement=pull.statement, columns=columns, limits=reach.limits)
    if wanted.file:
        return sqlite_source.rows(wanted, question, reach)
    return postgresql_source.rows(wanted, credential, question, reach)


def _json(pull: Pull, wanted: Destination, credential: str, now: datetime, reach: Reach) -> list[Row]:
    return json_paths.rows(
        _document(pull, wanted, credential, reach),
        rows=pull.statement,
        period=pull.period_column,
        value=pull.value_column,
        segment=pull.segment_column,
        sample=pull.sample_column,
        most=reach.limits.rows,
    )


def _prometheus(pull: Pull, wanted: Destination, credential: str, now: datetime, reach: Reach) -> list[Row]:
    """Ask for the ends of the last periods: by one range query where they are equally long, else by a few."""
    found: list[Row] = []
    end = time.monotonic() + reach.limits.seconds
    for span in spans(ended(cadence_of(pull.metric), now, pull.look_back)):
        asked: dict[str, Any] = {
            "query": pull.statement,
            "start": int(span.start.timestamp()),
            "end": int(span.end.timestamp()),
            "step": span.step,
        }
        path = wanted.path.rstrip("/") + RANGE_QUERY + "?" + urlencode(asked)
        at = Destination(scheme=wanted.scheme, host=wanted.host, port=wanted.port, path=path)
        # The time is for all of them together: a lease would run out under many that are each in time.
        left = replace(reach, limits=replace(reach.limits, seconds=max(0.0, end - time.monotonic())))
        found += matrix(_document(pull, at, credential, left), pull.segment_column)
    if len(found) > reach.limits.rows:
        raise NoAnswer(f"The answer has more than {reach.limits.rows:,} rows; ask for fewer.")
    return found
