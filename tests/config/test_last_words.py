"""Words that travel with COMMIT: said once the transaction stands, taken back with what they belonged to.

Said to the ledger here, whose appending they carry on PostgreSQL; SQLite appends at once, and the same holds there.
"""

from contextlib import suppress

import pytest
from django.db import DatabaseError, connection, transaction

from approvals.models import LedgerEntry, LedgerHead, Notice
from approvals.services import ledger
from tests.factories.approvals import owner

pytestmark = pytest.mark.django_db(transaction=True)


def append(verb: str, subject: str = "bench") -> LedgerEntry:
    return ledger.append("words", verb, by=None, subject=subject, payload={})


def lose(*verbs: str) -> None:
    """Append in a transaction (a savepoint, inside another) that is rolled back."""
    with suppress(RuntimeError), transaction.atomic():
        for verb in verbs:
            with transaction.atomic():
                append(verb)
        raise RuntimeError


def said() -> list[str]:
    return list(LedgerEntry.objects.filter(stream="words").order_by("seq").values_list("verb", flat=True))


@transaction.atomic
def notice_and_append(to: int) -> None:
    Notice.objects.create(to_id=to, cause_key="undone", title="Undone", url="/")
    append("words.lost")


def test_they_are_said_in_order_when_the_transaction_commits():
    with transaction.atomic():
        first, second = append("words.first"), append("words.second")
    assert said() == ["words.first", "words.second"]
    assert second.seq == first.seq + 1 == LedgerHead.objects.get().seq
    assert second.previous == first.chain


def test_no_lock_is_taken_before():
    if connection.vendor != "postgresql":
        return
    with transaction.atomic():
        append("words.kept")
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE relation = 'approvals_ledgerhead'::regclass")
            assert cursor.fetchone() == (0,)
    assert said() == ["words.kept"]


def test_a_transaction_that_is_rolled_back_says_nothing_and_leaves_nothing_to_say():
    lose("words.lost")
    with transaction.atomic():
        append("words.kept")
    assert said() == ["words.kept"]


def test_a_savepoint_that_is_rolled_back_takes_back_what_was_said_since():
    with transaction.atomic():
        append("words.before")
        lose("words.lost", "words.lost_too")
        with transaction.atomic():
            append("words.after")
    assert said() == ["words.before", "words.after"]


def test_words_that_cannot_be_said_undo_the_transaction():
    LedgerHead.objects.all().delete()
    somebody = owner()
    with pytest.raises((DatabaseError, LedgerHead.DoesNotExist)):
        notice_and_append(somebody.pk)
    assert not Notice.objects.filter(cause_key="undone").exists()


def test_what_is_checked_at_the_end_is_checked_before_them():
    with pytest.raises(DatabaseError):
        notice_and_append(987_654_321)
    assert said() == []
    with transaction.atomic():
        append("words.kept")
    assert said() == ["words.kept"]


def test_no_savepoint_is_remembered_after_its_transaction():
    """A worker's connection lives for days, and no two savepoints have one name."""
    for _ in range(3):
        lose("words.lost")
        with transaction.atomic(), transaction.atomic():
            append("words.kept")
    assert not getattr(connection, "_said_before", None)
    assert said() == ["words.kept"] * 3
