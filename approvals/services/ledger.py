"""Write the ledger."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from approvals import chain_sql
from approvals.domain.chain import PLAIN, SYSTEM, chain_hash, leaf_hash
from approvals.domain.commitments import commitment
from approvals.models import Identity, LedgerEntry, LedgerHead, User
from config.kit.canonical import canonical, utc_text
from config.kit.prepared import ID, TEXT, Asked, PreparedModels, Slot

PRESENT = PreparedModels(
    lambda: Identity.objects.filter(
        user_id=Slot("user", ID), username=Slot("username", TEXT), name=Slot("name", TEXT), erased_at=None
    )
)
_waiting: ContextVar[list[LedgerEntry] | None] = ContextVar("ledger_waiting", default=None)


def append(stream: str, verb: str, *, by: User | None, subject: str, payload: dict[str, Any]) -> LedgerEntry:
    """Write one entry, in the caller's transaction; call it last, since it takes the lock all writers share.

    Inside `gathered` the entry is only noted and gets its number when the block ends. ValueError for names that are
    not plain ASCII, or a payload that canonical JSON cannot carry.
    """
    for word in (stream, verb, subject):
        if not PLAIN.fullmatch(word):
            raise ValueError(f"{word!r} cannot stand in the ledger: use printable ASCII without quotes, up to 160.")
    entry = LedgerEntry(stream=stream, verb=verb, subject=subject, actor=actor_of(by), payload=canonical(payload))
    waiting = _waiting.get()
    if waiting is None:
        _write([entry])
    else:
        waiting.append(entry)
    return entry


@contextmanager
def gathered() -> Iterator[None]:
    """Hold back every `append` of the block and write them, in order, at its end.

    For a verb that calls other verbs: without it the first append would hold the ledger's lock while the rest waits
    for rows that another writer holds, who in turn waits for the ledger: a deadlock.
    """
    if _waiting.get() is not None:
        yield
        return
    waiting: list[LedgerEntry] = []
    token = _waiting.set(waiting)
    try:
        yield
    finally:
        _waiting.reset(token)
    if waiting:
        _write(waiting)


def actor_of(by: User | None) -> str:
    """Return the actor's word in the ledger: "system", or the commitment of the person's present name."""
    return SYSTEM if by is None else identity_of(by).commitment


def identity_of(user: User) -> Identity:
    """Return the salted commitment of the user's present name, made on first use, remembered on the user object."""
    known: Identity | None = getattr(user, "_identity", None)
    name = user.get_full_name()
    if known is not None and (known.username, known.name) == (user.username, name):
        return known
    asked: Asked[list[Identity]] = getattr(user, "_identity_asked", None) or _ask_identity(user)
    identity = next(iter(asked.answer), None)
    if identity is None or (identity.username, identity.name) != (user.username, name):
        identity = _first_identity(user, name)
    user._identity = identity  # type: ignore[attr-defined]
    return identity


def expect(by: User | None) -> None:
    """Ask for what `append` will want to know of the person, where questions are sent together anyway."""
    if by is not None and not hasattr(by, "_identity"):
        by._identity_asked = _ask_identity(by)  # type: ignore[attr-defined]


def _ask_identity(user: User) -> Asked[list[Identity]]:
    return PRESENT.ask(user=user.pk, username=user.username, name=user.get_full_name())


def _first_identity(user: User, name: str) -> Identity:
    salt = secrets.token_hex(32)
    identity, _ = Identity.objects.get_or_create(
        user=user,
        username=user.username,
        name=name,
        erased_at=None,
        defaults={"salt": salt, "commitment": commitment(salt=salt, username=user.username, name=name)},
    )
    return identity


@transaction.atomic(savepoint=False)
def _write(entries: Sequence[LedgerEntry]) -> None:
    """Number, hash and store the entries under the head's lock, on PostgreSQL inside the database."""
    moment = utc_text(timezone.now())
    if connection.vendor == "postgresql":
        chain_sql.append(entries, moment)
    else:
        _write_here(entries, moment)


def _write_here(entries: Sequence[LedgerEntry], moment: str) -> None:
    """Do it from Python, statement by statement."""
    head = LedgerHead.objects.select_for_update().get(pk=1)
    # A second statement on purpose: in the locking one PostgreSQL would count by the snapshot from before the wait.
    numbers = _stream_numbers({entry.stream for entry in entries})
    # The clock may step back; the ledger's time does not.
    head.at = max(moment, head.at)
    for entry in entries:
        head.seq += 1
        numbers[entry.stream] = numbers.get(entry.stream, 0) + 1
        entry.seq, entry.stream_seq, entry.at, entry.previous = head.seq, numbers[entry.stream], head.at, head.chain
        entry.leaf = leaf_hash(entry.text)
        entry.chain = head.chain = chain_hash(entry.previous, entry.leaf)
    LedgerEntry.objects.bulk_create(entries)
    head.save(update_fields=["seq", "chain", "at"])


def _stream_numbers(streams: set[str]) -> dict[str, int]:
    """Return the last number of each stream that has entries."""
    rows = LedgerEntry.objects.filter(stream__in=streams).order_by().values_list("stream").annotate(Max("stream_seq"))
    return dict(rows)
