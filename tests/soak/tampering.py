"""The ledger tampered with behind its back, everywhere: each change must be named, at the entry where it is."""

import random
import time
from collections.abc import Callable, Iterator

from django.db import connection, transaction

from approvals import guards
from approvals.domain.chain import GENESIS, chain_hash, leaf_hash
from approvals.models import LedgerEntry, LedgerHead
from approvals.services import checkpoints, ledger
from approvals.services.verification import COLUMNS, verify
from tests.factories.approvals import person
from tests.soak.outcome import Outcome

TABLE = LedgerEntry._meta.db_table
Tampering = Callable[[], None]


def run(*, entries: int, seed: int = 1) -> Outcome:
    """Change, remove, swap, cut and rebuild in a ledger of so many entries; undetected ones count as wrong."""
    begun = time.monotonic()
    _write(entries, random.Random(seed))
    guards.lift(connection)
    tried = wrong = 0
    assert verify().ok
    for first_bad, tamper in _tamperings(LedgerHead.objects.get(pk=1).seq):
        tried += 1
        wrong += not _is_named(first_bad, tamper)
    wrong += not verify().ok
    return Outcome(tried=tried, lost=0, doubled=0, wrong=wrong, seconds=round(time.monotonic() - begun, 1))


def _write(entries: int, chance: random.Random) -> None:
    who = person(first_name="Ada")
    for number in range(entries):
        stream = f"decision:D-{chance.randrange(5)}"
        by = who if chance.random() < 0.5 else None
        payload = {"note": f"“ß” {chance.random()}", "n": number}
        ledger.append(stream, "decision.edited", by=by, subject=stream[9:], payload=payload)
        if number in {entries // 3, entries - 1}:
            checkpoints.write()


def _is_named(first_bad: int | None, tamper: Tampering) -> bool:
    """Tamper, verify, undo; tell whether it was named, and at the right entry where one is meant."""
    with transaction.atomic():
        tamper()
        report = verify()
        transaction.set_rollback(True)
    return not report.ok and first_bad in {None, report.first_bad}


def _tamperings(last: int) -> Iterator[tuple[int | None, Tampering]]:
    for seq in range(1, last + 1):
        for column in COLUMNS:
            yield (None if column == "seq" else seq), _changing(column, seq)
        yield None, _running(f"DELETE FROM {TABLE} WHERE seq = %s", seq)
        yield None, _running(f"DELETE FROM {TABLE} WHERE seq >= %s", seq)
        yield None, _cutting(seq)
        yield None, _rebuilding(seq)
        if seq < last:
            yield seq, _swapping(seq, seq + 1)


def _running(statement: str, *values: object) -> Tampering:
    def tamper() -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)

    return tamper


def _changing(column: str, seq: int) -> Tampering:
    def tamper() -> None:
        value = LedgerEntry.objects.values_list(column, flat=True).get(seq=seq)
        changed = (
            value + 100_000 if isinstance(value, int) else ("Y" if value[-1] == "X" else "X").join([value[:-1], ""])
        )
        _running(f"UPDATE {TABLE} SET {column} = %s WHERE seq = %s", changed, seq)()

    return tamper


def _swapping(one: int, other: int) -> Tampering:
    def tamper() -> None:
        texts = {seq: LedgerEntry.objects.values_list("payload", "verb").get(seq=seq) for seq in (one, other)}
        for seq, (payload, verb) in ((one, texts[other]), (other, texts[one])):
            _running(f"UPDATE {TABLE} SET payload = %s, verb = %s WHERE seq = %s", payload, verb, seq)()

    return tamper


def _cutting(seq: int) -> Tampering:
    """Cut the tail and set the head back, so that the chain itself is whole again."""

    def tamper() -> None:
        _running(f"DELETE FROM {TABLE} WHERE seq >= %s", seq)()
        before = LedgerEntry.objects.filter(seq=seq - 1).first()
        LedgerHead.objects.update(seq=seq - 1, chain=before.chain if before else GENESIS)

    return tamper


def _rebuilding(seq: int) -> Tampering:
    """Rewrite one entry and hash everything after it anew, as somebody with the source code would."""

    def tamper() -> None:
        chain = LedgerEntry.objects.get(seq=seq).previous
        _running(f"UPDATE {TABLE} SET verb = 'decision.forged' WHERE seq = %s", seq)()
        rewritten = list(LedgerEntry.objects.filter(seq__gte=seq).order_by("seq"))
        for entry in rewritten:
            entry.previous, entry.leaf = chain, leaf_hash(entry.text)
            entry.chain = chain = chain_hash(entry.previous, entry.leaf)
        LedgerEntry.objects.bulk_update(rewritten, ["previous", "leaf", "chain"])
        LedgerHead.objects.update(chain=chain)

    return tamper
