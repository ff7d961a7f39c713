"""The API of approvals, mounted by config.api: the ledger, for auditors' programs."""

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from approvals import queries
from approvals.audit import Filters, as_json, find
from approvals.auth import BearerToken
from approvals.models import Checkpoint, LedgerEntry
from approvals.services import checkpoints
from config.kit.refusals import BadInput
from config.kit.text import FIRST_DAY, LAST_DAY

router = Router(tags=["ledger"])
READ = BearerToken("audit:read")


class LedgerQuery(Schema):
    """What to look for, and which part of it."""

    limit: int = Field(100, ge=1, le=1000)
    offset: int = Field(0, ge=0, le=10**9)
    stream: str = Field("", max_length=160)
    verb: str = Field("", max_length=80)
    text: str = Field("", max_length=200)
    since: int = Field(0, ge=0, le=2**63 - 1, description="Only entries after this number.")
    start: date | None = Field(None, ge=FIRST_DAY, le=LAST_DAY)
    end: date | None = Field(None, ge=FIRST_DAY, le=LAST_DAY)


class EntryOut(Schema):
    """An entry, column by column, as hashed; `payload` is its exact canonical text."""

    seq: int
    stream: str
    stream_seq: int
    at: str
    actor: str
    actor_name: str
    verb: str
    subject: str
    payload: str
    leaf: str
    previous: str
    chain: str


class EntryList(Schema):
    """One part of the ledger, and how many entries fit in all."""

    items: list[EntryOut]
    count: int


@router.get("/ledger", auth=READ, response=EntryList, summary="The ledger, oldest first")
def list_entries(request: HttpRequest, query: Query[LedgerQuery]) -> dict[str, Any]:
    """Filter by stream or subject, verb, words in the payload, days (UTC), and the last number known."""
    if "\x00" in query.stream + query.verb + query.text:
        raise BadInput({"": ["The text contains a NUL character; please remove it."]})
    filters = Filters(stream=query.stream, verb=query.verb, text=query.text, start=query.start, end=query.end)
    found = find(filters).filter(seq__gt=query.since).order_by("seq")
    rows = list(found[query.offset : query.offset + query.limit])
    names = queries.actor_names(row.actor for row in rows)
    return {"items": [as_json(row, names.get(row.actor, "")) for row in rows], "count": found.count()}


class CheckpointQuery(Schema):
    """Which part of the list."""

    limit: int = Field(100, ge=1, le=1000)
    offset: int = Field(0, ge=0, le=10**9)


class CheckpointOut(Schema):
    """A signed checkpoint: how many entries it is over, its exact text, and the Ed25519 signature of that text."""

    size: int
    at: str
    text: str
    signature: str


class CheckpointList(Schema):
    """One part of the checkpoints, and how many there are."""

    items: list[CheckpointOut]
    count: int


@router.get("/ledger/checkpoints", auth=READ, response=CheckpointList, summary="Signed checkpoints, newest first")
def list_checkpoints(request: HttpRequest, query: Query[CheckpointQuery]) -> dict[str, Any]:
    """Return checkpoints to keep outside: later ones can be proved to have grown from them."""
    rows = Checkpoint.objects.order_by("-size")
    return {"items": list(rows[query.offset : query.offset + query.limit]), "count": rows.count()}


class GrowthQuery(Schema):
    """The sizes of two checkpoints; the second is the newest one unless it is named."""

    first: int = Field(ge=1, le=2**63 - 1)
    second: int | None = Field(None, ge=1, le=2**63 - 1)


@router.get(
    "/ledger/consistency", auth=READ, summary="What proves that a later checkpoint only added to an earlier one"
)
def get_consistency(request: HttpRequest, query: Query[GrowthQuery]) -> dict[str, Any]:
    """Return both signed checkpoints and the consistency proof of RFC 9162; 404 where no checkpoint was signed."""
    newest = Checkpoint.objects.order_by("-size").values_list("size", flat=True).first() or 0
    try:
        return checkpoints.growth([query.first], newest if query.second is None else query.second)[0]
    except LookupError as error:
        raise Http404 from error
    except ValueError as error:
        raise BadInput({"second": [str(error)]}) from error


@router.get("/ledger/{int:seq}", auth=READ, response=EntryOut, summary="One entry")
def get_entry(request: HttpRequest, seq: int) -> dict[str, Any]:
    """Return the entry's columns."""
    row = LedgerEntry.objects.filter(seq=min(seq, 2**63 - 1)).first()
    if row is None:
        raise Http404
    return as_json(row, queries.actor_names([row.actor]).get(row.actor, ""))


@router.get("/ledger/{int:seq}/proof", auth=READ, summary="What proves an entry without the database")
def get_proof(request: HttpRequest, seq: int) -> dict[str, Any]:
    """Return the entry's text, its path in the Merkle tree and the signed checkpoint; 404 until one covers it."""
    try:
        return checkpoints.proof(min(seq, 2**63 - 1))
    except LookupError as error:
        raise Http404 from error
