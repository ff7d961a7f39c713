"""Evidence packs: made record by record, each once, and nothing in them can be changed unseen."""

import csv
import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from approvals.models import LedgerEntry, Notice, User
from approvals.services import checkpoints, keys
from config.kit.refusals import MoveRefused
from decisions.models import Decision, EvidencePack
from decisions.record import verify as verifier
from decisions.record.verify import NotTrue, verify_file, verify_growth
from decisions.services import packing, records
from tests.factories import metrics
from tests.factories.approvals import approvers, auditor, owner
from tests.factories.decisions import BACKLOG, RESOLUTION, draft, in_force

pytestmark = pytest.mark.django_db


@pytest.fixture
def olive(db: None) -> User:
    approvers(3)
    metrics.metric(key=RESOLUTION)
    metrics.metric(key=BACKLOG, direction="lower", baseline=3, target=2, tolerance_low=0, tolerance_high=5)
    return owner(first_name="Olive", last_name="Owner")


@pytest.fixture
def approved(olive: User) -> Decision:
    return in_force(olive)


@pytest.fixture
def ready(approved: Decision, olive: User) -> EvidencePack:
    checkpoints.write()
    pack = packing.order(by=olive, decisions=[approved, draft(olive)], wanted="tier=tactical")
    # Where drawing is slow, a worker's turn may end before the pack does.
    while packing.make_packs()["records"]:
        pass
    pack.refresh_from_db()
    return pack


def trusted():
    return keys.private_key().public_key()


def exports(decision: Decision) -> int:
    return LedgerEntry.objects.filter(stream=f"record:{decision.reference}", verb="record.exported").count()


def rewritten(path: Path, to: Path, **changed: bytes | None) -> Path:
    """Copy a pack with some files replaced (None: left out); dots in names are written as two underscores."""
    wanted = {name.replace("__", ".").replace("_of_", "/"): content for name, content in changed.items()}
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(to, "w") as target:
        for name in source.namelist():
            content = wanted.pop(name, source.read(name))
            if content is not None:
                target.writestr(name, content)
        for name, content in wanted.items():
            target.writestr(name, content or b"")
    return to


def test_a_pack_holds_the_records_and_proves_itself_offline(ready, approved, olive, tmp_path):
    """One drawing serves every question that can be asked of a finished pack."""
    assert ready.state == "ready", ready.error
    said = verify_file(ready.path, trusted())
    assert said.startswith("Everything holds: 1 records")
    with zipfile.ZipFile(ready.path) as pack:
        rows = list(csv.DictReader(io.StringIO(pack.read("index.csv").decode("utf-8-sig"))))
        assert [row["file"] for row in rows] == [f"records/{approved.reference}-v1.pdf", ""]
        assert rows[1]["left out because"].startswith("Submit the decision first")
        record = pack.read(rows[0]["file"])
        manifest, proofs = pack.read("manifest.json"), json.loads(pack.read("consistency.json"))
        assert pack.read("verify.py") == Path(verifier.__file__).read_bytes()
    assert exports(approved) == 1
    assert Notice.objects.filter(to=olive, cause_key=f"pack:{ready.pk}").count() == 1
    assert [verify_growth(proof, trusted()) for proof in proofs]

    other = tmp_path / "other.zip"
    tampered = {
        "is not the file that was packed": {"index__csv": b"reference\n"},
        "is not by this key": {"manifest__json": manifest.replace(b"premise", b"Premise")},
        "added, left out or doubled": {"README__txt": None},
        "one was added": {"records_of_more__pdf": record},
    }
    for sentence, change in tampered.items():
        with pytest.raises(NotTrue, match=sentence):
            verify_file(rewritten(ready.path, other, **change), trusted())
    other.write_bytes(b"PK but no pack")
    with pytest.raises(NotTrue, match="malformed"):
        verify_file(other, trusted())

    page = Client()
    page.force_login(olive)
    taken = page.get(f"/packs/{ready.pk}/file/")
    assert b"".join(taken.streaming_content) == ready.path.read_bytes()
    assert taken["X-Content-Type-Options"] == "nosniff"
    assert "1 record," in page.get(f"/packs/{ready.pk}/").content.decode()
    uploaded = page.post("/verify/", {"file": ready.path.open("rb")})
    assert "Everything holds" in uploaded.content.decode()
    uploaded = page.post("/verify/", {"file": io.BytesIO(record[:-40] + b"x" * 40)})
    assert "This does not hold" in uploaded.content.decode()

    assert packing.remove_expired(timezone.now()) == 0
    assert packing.remove_expired(timezone.now() + timedelta(days=8)) == 1
    assert not ready.path.exists()
    assert page.get(f"/packs/{ready.pk}/file/").status_code == 409


class Killed(BaseException):
    """Stands for the end of the process: nothing catches it."""


def test_a_pack_goes_on_where_its_worker_died(approved, olive, monkeypatch):
    """Dead after the record was drawn and before it was noted: drawn from the cache, exported once."""
    records.drawn(approved)
    pack = packing.order(by=olive, decisions=[approved])

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr("decisions.services.bundling.keep_record", die)
        with pytest.raises(Killed):
            packing.make_packs()
    assert exports(approved) == 0
    assert packing.make_packs() == {"records": 0}, "the lease of the dead still holds"
    later = timezone.now() + packing.LEASE + timedelta(seconds=1)
    assert packing.make_packs(now=later)["records"] == 1 or packing.make_packs(now=later)
    pack.refresh_from_db()
    assert (pack.state, exports(approved)) == ("ready", 1)


def test_what_nobody_can_draw_is_left_out_after_some_tries(approved, olive, monkeypatch):
    monkeypatch.setattr("decisions.services.records.draw_elsewhere", _fail)
    pack = packing.order(by=olive, decisions=[approved])
    packing.make_packs()
    pack.refresh_from_db()
    assert pack.state == "failed"
    assert "could not be drawn: no ink" in pack.error
    assert exports(approved) == 0


def _fail(*_: object, **__: object) -> bytes:
    raise packing.DrawingFailed("no ink")


def test_a_pack_leaves_out_what_the_person_may_no_longer_see(approved):
    approved.classification = "confidential"
    approved.save()
    pack = packing.order(by=owner(), decisions=[approved])
    packing.make_packs()
    pack.refresh_from_db()
    assert "You may not see it any more" in pack.error


def test_orders_are_bounded(approved, olive):
    with pytest.raises(MoveRefused, match="no record to export"):
        packing.order(by=olive, decisions=[])
    for _ in range(packing.MOST_ORDERS):
        packing.order(by=olive, decisions=[approved])
    with pytest.raises(MoveRefused, match="still being made"):
        packing.order(by=olive, decisions=[approved])


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"{", b"{}", b"[" * 100_000, b"\x00" * 100])
def test_whatever_is_uploaded_gets_a_sentence(content):
    page = Client()
    page.force_login(auditor())
    keys.private_key()
    answer = page.post("/verify/", {"file": io.BytesIO(content)})
    assert answer.status_code in {200, 422}
    assert "This does not hold" in answer.content.decode() or "empty" in answer.content.decode()
