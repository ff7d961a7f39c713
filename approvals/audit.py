"""The ledger as the audit page, its export and the API read it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from approvals import queries
from approvals.models import Identity, LedgerEntry
from config.kit.canonical import parse, utc_text


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What to look for; an empty one finds everything. Days are in UTC, both ends included."""

    stream: str = ""
    verb: str = ""
    who: str = ""
    text: str = ""
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True)
class Line:
    """An entry for reading: who by name, the payload as labelled values."""

    entry: LedgerEntry
    who: str
    details: tuple[tuple[str, str], ...]


def find(filters: Filters) -> QuerySet[LedgerEntry]:
    """Return the entries that fit, newest first."""
    rows = LedgerEntry.objects.order_by("-seq")
    if filters.stream:
        rows = rows.filter(Q(stream__icontains=filters.stream) | Q(subject__icontains=filters.stream))
    if filters.verb:
        rows = rows.filter(verb__icontains=filters.verb)
    if filters.who:
        named = Q(name__icontains=filters.who) | Q(username__icontains=filters.who)
        rows = rows.filter(actor__in=Identity.objects.filter(named).values("commitment"))
    if filters.text:
        rows = rows.filter(payload__icontains=filters.text)
    if filters.start:
        rows = rows.filter(at__gte=_midnight(filters.start))
    if filters.end:
        rows = rows.filter(at__lt=_midnight(filters.end + timedelta(days=1)))
    return rows


def _midnight(day: date) -> str:
    return utc_text(datetime.combine(day, time(), UTC))


def lines(entries: Sequence[LedgerEntry]) -> list[Line]:
    """Make entries readable, with one query for all their names."""
    names = queries.actor_names(entry.actor for entry in entries)
    return [Line(entry, names.get(entry.actor, "unknown"), _details(entry.payload)) for entry in entries]


def _details(payload: str) -> tuple[tuple[str, str], ...]:
    try:
        values = parse(payload)
    except ValueError:
        return (("payload", payload),)
    return tuple(
        (str(key).replace("_", " "), _shown(value)) for key, value in values.items() if value not in (None, "")
    )


def _shown(value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= 160 else f"{text[:160]}…"


def as_json(entry: LedgerEntry, who: str) -> dict[str, Any]:
    """Return an entry for a program: its exact columns, and the name as far as it is not erased."""
    return {
        "seq": entry.seq,
        "stream": entry.stream,
        "stream_seq": entry.stream_seq,
        "at": entry.at,
        "actor": entry.actor,
        "actor_name": who,
        "verb": entry.verb,
        "subject": entry.subject,
        "payload": entry.payload,
        "leaf": entry.leaf,
        "previous": entry.previous,
        "chain": entry.chain,
    }


CSV_HEADER = ("seq", "at", "who", "actor", "verb", "stream", "stream_seq", "subject", "payload", "leaf", "chain")
CHUNK = 500


def csv_rows(rows: QuerySet[LedgerEntry]) -> Iterator[tuple[object, ...]]:
    """Yield the rows of the export, reading names a chunk at a time."""
    chunk: list[LedgerEntry] = []
    for entry in rows.iterator(CHUNK):
        chunk.append(entry)
        if len(chunk) == CHUNK:
            yield from _csv(chunk)
            chunk = []
    yield from _csv(chunk)


def _csv(chunk: list[LedgerEntry]) -> Iterator[tuple[object, ...]]:
    names = queries.actor_names(entry.actor for entry in chunk)
    for each in chunk:
        who = names.get(each.actor, "unknown")
        yield (
            each.seq,
            each.at,
            who,
            each.actor,
            each.verb,
            each.stream,
            each.stream_seq,
            each.subject,
            each.payload,
            each.leaf,
            each.chain,
        )
