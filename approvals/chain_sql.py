"""Appending to the ledger inside PostgreSQL: numbers, hashes and rows in one call, under the lock all writers share.

Every round trip under that lock makes every other writer wait. In Python an entry takes four of them (head, numbers,
rows, head again), which costs eight writers nine tenths of their speed; here it takes none, since the call travels
in one message with COMMIT (`config.kit.postgresql`). The text that is hashed is
that of `approvals.domain.chain.entry_text`; `verify_ledger` works it out again in Python, entry by entry.
"""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from approvals.models import LedgerEntry
from config.kit.postgresql.base import LastWords

FUNCTION = """
CREATE OR REPLACE FUNCTION approvals_append(
    streams text[], verbs text[], subjects text[], actors text[], payloads text[], moment text
) RETURNS TABLE (r_seq bigint, r_stream_seq bigint, r_at text, r_leaf text, r_previous text, r_chain text)
LANGUAGE plpgsql AS $$
DECLARE
    head approvals_ledgerhead%ROWTYPE;
BEGIN
    SELECT * INTO STRICT head FROM approvals_ledgerhead WHERE id = 1 FOR NO KEY UPDATE;
    -- The clock may step back; the ledger's time does not.
    r_at := greatest(moment COLLATE "C", head.at COLLATE "C");
    FOR i IN 1 .. cardinality(streams) LOOP
        head.seq := head.seq + 1;
        r_seq := head.seq;
        -- A statement of its own sees what was committed while this one waited for the head.
        SELECT coalesce(max(entry.stream_seq), 0) + 1 INTO r_stream_seq
            FROM approvals_ledgerentry entry WHERE entry.stream = streams[i];
        r_previous := head.chain;
        r_leaf := encode(sha256('\\x00'::bytea || convert_to(
            '{"actor":"' || actors[i] || '","at":"' || r_at || '","payload":' || payloads[i] || ',"seq":' || r_seq
            || ',"stream":"' || streams[i] || '","stream_seq":' || r_stream_seq || ',"subject":"' || subjects[i]
            || '","verb":"' || verbs[i] || '"}', 'UTF8')), 'hex');
        r_chain := encode(sha256('\\x02'::bytea || decode(r_previous, 'hex') || decode(r_leaf, 'hex')), 'hex');
        head.chain := r_chain;
        INSERT INTO approvals_ledgerentry
            (seq, stream, stream_seq, at, actor, verb, subject, payload, leaf, previous, chain)
            VALUES (r_seq, streams[i], r_stream_seq, r_at, actors[i], verbs[i], subjects[i], payloads[i],
                    r_leaf, r_previous, r_chain);
        RETURN NEXT;
    END LOOP;
    UPDATE approvals_ledgerhead SET seq = head.seq, chain = head.chain, at = r_at WHERE id = 1;
END $$
"""
CALL = "SELECT * FROM approvals_append(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s)"


def install(database: BaseDatabaseWrapper) -> None:
    """Put the function into a PostgreSQL database; SQLite has no use for it. Safe to repeat, after each migrate."""
    if database.vendor == "postgresql":
        with database.cursor() as cursor:
            cursor.execute(FUNCTION)


def append(entries: Sequence[LedgerEntry], moment: str) -> None:
    """Have the entries numbered, hashed and stored as the transaction ends; then they know what was worked out."""
    columns = zip(*((e.stream, e.verb, e.subject, e.actor, e.payload) for e in entries), strict=True)

    def heard(rows: list[tuple[Any, ...]]) -> None:
        for entry, row in zip(entries, rows, strict=True):
            entry.seq, entry.stream_seq, entry.at, entry.leaf, entry.previous, entry.chain = row

    connection.say_last(LastWords(CALL, [*map(list, columns), moment], heard))  # type: ignore[attr-defined]
