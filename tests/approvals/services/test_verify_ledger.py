"""Whatever is done to the ledger behind its back, verification names it."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, transaction

from approvals import guards
from approvals.checks import ledger_is_guarded
from approvals.domain import merkle
from approvals.domain.chain import GENESIS, chain_hash, leaf_hash
from approvals.models import Checkpoint, LedgerEntry, LedgerHead, User
from approvals.services import checkpoints, keys, ledger
from approvals.services.people import erase
from approvals.services.verification import COLUMNS, verify, verify_entry
from tests.factories.approvals import approver, owner, person, policy, request_for, sign

pytestmark = pytest.mark.django_db


@pytest.fixture
def written() -> int:
    """Twelve entries in three streams, by a person and by the system; returns the last number."""
    who = person(first_name="Ada")
    for number in range(12):
        ledger.append(
            f"decision:D-{number % 3}",
            "decision.edited",
            by=who if number % 2 else None,
            subject=f"D-{number % 3}",
            payload={"note": f"Größe {number} “x”", "n": number},
        )
    return LedgerHead.objects.get(pk=1).seq


@pytest.fixture
def lifted():
    """The guards out of the way, as for somebody who owns the database."""
    guards.lift(connection)
    yield
    guards.install(connection)


def sql(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def rebuild(start: int = 1) -> None:
    """Hash everything anew from `start`, and the head with it, as somebody with the source code would."""
    chain = (
        LedgerEntry.objects.filter(seq__lt=start).order_by("-seq").values_list("chain", flat=True).first() or GENESIS
    )
    for entry in LedgerEntry.objects.filter(seq__gte=start).order_by("seq"):
        entry.previous, entry.leaf = chain, leaf_hash(entry.text)
        entry.chain = chain = chain_hash(entry.previous, entry.leaf)
        entry.save()
    LedgerHead.objects.update(chain=chain, seq=LedgerEntry.objects.order_by("seq").last().seq)


def test_both_ways_to_write_go_on_from_each_other():
    """On PostgreSQL the database hashes; Python, which writes for SQLite, must come to the same."""
    who = person(first_name="Ada")
    odd = {"note": 'Größe “x” \\ " \u2028 日本 ไทย 👩‍👧', "n": [1, None, True]}
    for turn in range(6):
        with transaction.atomic():
            entry = ledger.append(f"s:{turn % 2}", "note.written", by=who, subject="s", payload=odd)
        kept = LedgerEntry.objects.get(pk=entry.pk)
        assert [getattr(entry, name) for name in COLUMNS] == [getattr(kept, name) for name in COLUMNS]
        ledger._write_here([LedgerEntry(stream="s:0", verb="x", subject="s", actor="system", payload="{}")], "2020")
    head = LedgerHead.objects.get(pk=1)
    assert (head.seq, head.chain) == (12, LedgerEntry.objects.get(pk=12).chain)
    assert verify().ok


def test_an_untouched_ledger_holds(written):
    report = verify()
    assert report.ok, report.problems
    assert report.entries == written


def test_streams_are_numbered_without_gaps(written):
    numbers = LedgerEntry.objects.filter(stream="decision:D-1").values_list("stream_seq", flat=True)
    assert list(numbers) == [1, 2, 3, 4]


@pytest.mark.parametrize("column", COLUMNS)
def test_a_change_of_any_column_is_named(written, lifted, column):
    entry = LedgerEntry.objects.get(seq=written - 4)
    value = getattr(entry, column)
    changed = value + 1000 if isinstance(value, int) else value[:-1] + "X"
    sql(f"UPDATE approvals_ledgerentry SET {column} = %s WHERE seq = %s", changed, entry.seq)
    report = verify()
    assert not report.ok
    assert report.first_bad == entry.seq


@pytest.mark.parametrize("column", ["seq", "chain"])
def test_a_change_of_the_head_is_named(written, column):
    LedgerHead.objects.update(**{column: written + 1 if column == "seq" else "0" * 64})
    assert not verify().ok


def test_a_missing_head_is_named(written):
    LedgerHead.objects.all().delete()
    assert verify().problems == ["The ledger has no head row."]


def test_an_entry_deleted_from_the_middle_is_named(written, lifted):
    sql("DELETE FROM approvals_ledgerentry WHERE seq = %s", written - 5)
    assert verify().first_bad == written - 5


def test_entries_cut_from_the_end_are_named(written, lifted):
    sql("DELETE FROM approvals_ledgerentry WHERE seq > %s", written - 2)
    report = verify()
    assert report.first_bad == written - 1
    assert "newest were cut off" in report.problems[0]


def test_complaint_16_a_cut_tail_with_the_head_put_back_is_named_by_a_checkpoint(written, lifted):
    """A hash chain alone cannot notice that its newest rows were cut off."""
    checkpoints.write()
    sql("DELETE FROM approvals_ledgerentry WHERE seq > %s", written - 2)
    sql("DELETE FROM approvals_checkpoint")
    rebuild()
    report = verify()
    assert report.first_bad == written - 1
    assert "newest were cut off, or an older copy was restored" in report.problems[0]


def test_two_swapped_entries_are_named(written, lifted):
    first, second = LedgerEntry.objects.filter(seq__in=[written - 6, written - 5]).order_by("seq").values()
    for target, source in ((first["seq"], second), (second["seq"], first)):
        sql(
            "UPDATE approvals_ledgerentry SET verb=%s, payload=%s, leaf=%s, previous=%s, chain=%s WHERE seq=%s",
            source["verb"],
            source["payload"],
            source["leaf"],
            source["previous"],
            source["chain"],
            target,
        )
    assert verify().first_bad == first["seq"]


def test_a_chain_built_anew_is_named_by_the_checkpoint_files(written, lifted):
    checkpoints.write()
    sql("UPDATE approvals_ledgerentry SET payload = %s WHERE seq = %s", '{"n":99}', written - 3)
    sql("DELETE FROM approvals_checkpoint")
    rebuild()
    report = verify()
    assert not report.ok
    assert "was signed over other entries" in report.problems[0]


def test_a_chain_built_anew_with_checkpoints_by_another_key_is_named(written, lifted, var):
    checkpoints.write()
    real = keys.directory()
    sql("UPDATE approvals_ledgerentry SET payload = %s WHERE seq = %s", '{"n":99}', written - 3)
    rebuild()
    sql("DELETE FROM approvals_checkpoint")
    stolen = real.rename(var / "kept")
    checkpoints.write()
    for path in keys.directory().iterdir():
        path.unlink()
    keys.directory().rmdir()
    stolen.rename(real)
    assert "not among the kept public keys" in verify().problems[0]


def test_an_entry_replaced_is_refused_or_named(written):
    row = LedgerEntry.objects.filter(seq=written - 3).values().get() | {"payload": '{"n":99}'}
    columns = ", ".join(row)
    places = ", ".join(["%s"] * len(row))
    if connection.vendor == "sqlite":
        statement = f"INSERT OR REPLACE INTO approvals_ledgerentry ({columns}) VALUES ({places})"
    else:
        statement = (
            f"INSERT INTO approvals_ledgerentry ({columns}) VALUES ({places}) "
            "ON CONFLICT (seq) DO UPDATE SET payload = excluded.payload"
        )
    with pytest.raises(DatabaseError), transaction.atomic():
        sql(statement, *row.values())
    guards.lift(connection)
    sql(statement, *row.values())
    assert verify().first_bad == written - 3
    guards.install(connection)


def test_an_entry_added_past_the_head_is_named(written, lifted):
    row = LedgerEntry.objects.get(seq=written)
    row.seq, row.stream_seq = written + 1, 99
    row.save(force_insert=True)
    assert f"Entry {written + 1} stands after the head" in verify().problems[0]


@pytest.mark.parametrize("number", [0, -5])
def test_an_entry_forged_before_the_first_is_named(written, number):
    row = LedgerEntry.objects.get(seq=written)
    row.seq, row.stream_seq = number, 99
    row.save(force_insert=True)
    assert verify().first_bad == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE approvals_ledgerentry SET verb = 'x'",
        "DELETE FROM approvals_ledgerentry",
        "UPDATE approvals_checkpoint SET size = 1",
        "DELETE FROM approvals_checkpoint",
    ],
)
def test_the_guards_refuse(written, statement):
    checkpoints.write()
    with pytest.raises((IntegrityError, DatabaseError)), transaction.atomic():
        sql(statement)
    assert verify().ok


@pytest.mark.postgres
@pytest.mark.parametrize("table", guards.TABLES)
def test_the_guards_refuse_truncate(table):
    with pytest.raises(DatabaseError), transaction.atomic():
        sql(f"TRUNCATE {table} CASCADE")


def test_missing_guards_are_named_by_the_system_check():
    assert ledger_is_guarded(databases=["default"]) == []
    guards.lift(connection)
    names = [message.msg for message in ledger_is_guarded(databases=["default"])]
    assert any("approvals_ledgerentry_refuses_delete" in name for name in names)
    guards.install(connection)
    assert ledger_is_guarded(databases=["default"]) == []


def test_a_tampered_checkpoint_file_is_named(written):
    checkpoints.write()
    path = next(checkpoints.directory().glob("*.json"))
    path.chmod(0o644)
    path.write_text(path.read_text().replace('\\"size\\":', '\\"size\\": '))
    assert "carries a signature that does not hold" in verify().problems[0]
    path.write_text("nonsense")
    assert "cannot be read" in verify().problems[0]


def test_a_lost_checkpoint_file_is_a_warning(written):
    checkpoints.write()
    next(checkpoints.directory().glob("*.json")).unlink()
    report = verify()
    assert report.ok
    assert "Only the checkpoint" in report.warnings[0]


def test_verifying_since_a_checkpoint_walks_only_what_follows(written, lifted):
    checkpoints.write()
    ledger.append("people", "person.joined", by=None, subject="P", payload={})
    assert verify(since=written).entries == 1
    sql("UPDATE approvals_ledgerentry SET payload = '{}' WHERE seq = %s", written + 1)
    sql("UPDATE approvals_ledgerentry SET verb = 'x' WHERE seq = %s", written + 1)
    assert verify(since=written).first_bad == written + 1


def test_one_entry_is_verified_under_its_checkpoint(written, lifted):
    checkpoints.write()
    assert verify_entry(written - 4).ok
    assert not verify_entry(written + 9).ok
    sql("UPDATE approvals_ledgerentry SET subject = 'other' WHERE seq = %s", written - 4)
    assert verify_entry(written - 4).first_bad == written - 4
    assert verify_entry(written - 5).ok


def test_an_entry_is_proved_without_the_database(written):
    checkpoints.write()
    ledger.append("people", "person.joined", by=None, subject="P", payload={})
    checkpoints.write()
    proof = checkpoints.proof(written - 2)
    stated = json.loads(proof["checkpoint"]["text"])
    assert stated["size"] == written
    assert merkle.includes(
        root=bytes.fromhex(stated["root"]),
        size=stated["size"],
        index=proof["index"],
        hashed=merkle.leaf(proof["text"].encode()),
        path=[bytes.fromhex(step) for step in proof["path"]],
    )
    public = keys.known_keys()[stated["key"]]
    assert keys.holds(public, proof["checkpoint"]["signature"], proof["checkpoint"]["text"].encode())
    assert not keys.holds(public, proof["checkpoint"]["signature"], b"another")
    with pytest.raises(LookupError):
        checkpoints.proof(written + 50)


def test_checkpoints_are_written_only_when_something_is_new(written, var):
    assert checkpoints.write().size == written
    assert checkpoints.write() is None
    assert Checkpoint.objects.count() == 1
    assert (var / "keys" / "ledger.pem").stat().st_mode & 0o777 == 0o600


def test_the_command_answers_in_json_and_by_exit_code(written, lifted):
    out, err = StringIO(), StringIO()
    call_command("verify_ledger", stdout=out, stderr=err)
    assert json.loads(out.getvalue())["ok"] is True
    assert "All holds" in err.getvalue()
    sql("UPDATE approvals_ledgerentry SET at = '2020-01-01T00:00:00.000000Z' WHERE seq = %s", written - 2)
    out, err = StringIO(), StringIO()
    with pytest.raises(SystemExit) as ending:
        call_command("verify_ledger", stdout=out, stderr=err)
    assert ending.value.code == 1
    assert json.loads(out.getvalue())["first_bad"] == written - 2
    assert f"Entry {written - 2} is not what was written" in err.getvalue()


def test_a_name_stands_in_the_ledger_only_as_a_commitment_and_can_be_erased(written):
    who = User.objects.get(first_name="Ada")
    identity = who.identities.get()
    assert LedgerEntry.objects.filter(actor=identity.commitment).count() == 6
    erase(who, by=None)
    identity.refresh_from_db()
    assert (identity.name, identity.username, identity.salt) == ("", "", "")
    assert verify().ok


@pytest.mark.parametrize("word", ["", "a" * 161, 'say "x"', "back\\slash", "Größe", "line\nbreak"])
def test_names_that_could_be_read_two_ways_are_refused(word):
    with pytest.raises(ValueError, match="cannot stand in the ledger"):
        ledger.append(word, "verb", by=None, subject="s", payload={})


def test_gathered_entries_are_written_in_order_at_the_end():
    before = LedgerEntry.objects.count()
    with ledger.gathered():
        first = ledger.append("s", "first", by=None, subject="s", payload={})
        with ledger.gathered():
            second = ledger.append("s", "second", by=None, subject="s", payload={})
        assert LedgerEntry.objects.count() == before
    assert (first.stream_seq, second.stream_seq) == (1, 2)


def test_gathered_entries_of_a_failed_block_are_forgotten():
    def fail_halfway() -> None:
        with ledger.gathered():
            ledger.append("s", "first", by=None, subject="s", payload={})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()
    assert not LedgerEntry.objects.filter(stream="s").exists()


@pytest.mark.django_db(transaction=True)
def test_a_verdict_leaves_the_database_as_soon_as_it_is_committed(thing, var):
    policy()
    signer = approver()
    request = request_for(thing, by=owner())
    assert not list(checkpoints.directory().glob("*.json"))
    sign(request, signer)
    (path,) = checkpoints.directory().glob("*.json")
    assert json.loads(json.loads(path.read_text())["text"])["size"] == LedgerHead.objects.get().seq
    assert verify().ok


def test_a_folder_of_checkpoints_that_is_not_there_is_no_proof(written, tmp_path):
    with pytest.raises(CommandError, match="no checkpoints to compare with"):
        call_command("verify_ledger", "--checkpoints", str(tmp_path / "mistyped"), stderr=StringIO())
