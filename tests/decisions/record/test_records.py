"""Records of stored decisions: what they hold, that they stay the same, and who took them out."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from approvals.models import Checkpoint, Identity, LedgerEntry
from approvals.services import comments, keys, signing
from approvals.services.verification import verify as verify_ledger
from config.kit.canonical import canonical
from config.kit.days import day_text
from config.kit.refusals import MoveRefused
from decisions.domain.reading import dossier_from
from decisions.models import Decision
from decisions.record import pages
from decisions.record.rendering import draw
from decisions.record.sheets import Sheet
from decisions.record.verify import NotTrue, verify, verify_record
from decisions.services import drafting, moves, records, reevaluations
from decisions.services.lessons import Raised
from decisions.services.readiness import people_named
from metrics.models import Metric
from tests.factories import metrics
from tests.factories.approvals import approvers, auditor, owner, sign
from tests.factories.decisions import BACKLOG, approve, draft, in_force, save, submitted
from tests.factories.learning import SCORES, held

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var"), pytest.mark.once]
FONTS = Path(settings.FONTS_DIR)


@pytest.fixture
def decision(backlog: Metric, kept: Any) -> Decision:
    return kept(olives)


def olives() -> Decision:
    return in_force(owner(first_name="Olive", last_name="Owner"))


def here(sheet: Sheet) -> bytes:
    return draw(sheet, fonts=FONTS)


def broken_and_reaffirmed(decision: Decision, backlog: Metric) -> None:
    metrics.weekly(backlog, [14])
    reevaluations.receive_signals()
    task = decision.reevaluations.get()
    reevaluations.acknowledge(task, by=decision.owner)
    task.refresh_from_db()
    reevaluations.answer(task, outcome="reaffirm", reason="A single holiday week.", by=decision.owner)
    decision.refresh_from_db()


def trusted():
    return keys.private_key().public_key()


def test_the_data_of_an_approved_decision_verify(decision):
    record = records.record_json(decision)
    verify_record(json.loads(canonical(record)), trusted())
    assert record["version"] == 1
    dossier = dossier_from(record["dossier"])
    assert dossier.frame.title == decision.title
    known = {person["username"] for person in record["people"]}
    assert set(people_named(dossier)) - {""} <= known, "by name, whether they ever acted or not"
    assert [signature["verdict"] for signature in record["signatures"]] == ["approve", "approve"]
    assert record["metrics"][BACKLOG]["name"]


def test_the_record_tells_of_the_break_and_its_answer(decision, backlog):
    before = records.record_json(decision)
    broken_and_reaffirmed(decision, backlog)
    record = records.record_json(decision)
    assert before["reevaluations"] == []
    (task,) = record["reevaluations"]
    assert task["outcome"] == "reaffirm"
    assert task["reason"] == "A single holiday week."
    assert task["breaches"][0]["value"] == "14"
    assert task["latency_seconds"] is not None
    assert record["dossier"] == before["dossier"]
    verify_record(json.loads(canonical(record)), trusted())


def test_an_unanswered_question_shows_too(decision, backlog):
    metrics.weekly(backlog, [14])
    reevaluations.receive_signals()
    decision.refresh_from_db()
    record = records.record_json(decision)
    assert record["state"] == "questioned"
    assert record["reevaluations"][0]["state"] == "open"


def test_what_happens_elsewhere_changes_no_byte(decision, backlog):
    first = canonical(records.record_json(decision))
    metrics.weekly(backlog, [3], until=0)
    in_force()
    records.export(decision, by=None, draw=here)
    assert canonical(records.record_json(decision)) == first


def test_unapproved_edits_never_reach_the_record(decision):
    first = canonical(records.record_json(decision)["dossier"])
    moves.open_amendment(decision, by=decision.owner, reason="A new constraint.")
    save(decision, "constraints", text="Something not approved.")
    assert canonical(records.record_json(decision)["dossier"]) == first


def test_an_earlier_version_keeps_its_record_but_for_what_replaced_it(decision):
    moves.open_amendment(decision, by=decision.owner, reason="A new constraint.")
    save(decision, "constraints", text="Something approved.")
    decision.refresh_from_db()
    approve(moves.submit(decision, by=decision.owner))
    decision.refresh_from_db()
    assert decision.version == 2
    new = records.record_json(decision)
    assert [version["number"] for version in new["versions"]] == [1, 2]
    assert new["versions"][1]["change"]["reason"] == "A new constraint."
    old = records.record_json(decision.versions.get(number=1))
    assert old["state"] == "replaced"
    assert old["dossier"] != new["dossier"]
    for record in (old, new):
        verify_record(json.loads(canonical(record)), trusted())


def test_what_was_only_submitted_is_a_draft(backlog):
    decision, request = submitted()
    record = records.record_json(decision)
    assert record["approved"] is False
    assert record["digest"] == request.digest
    verify_record(json.loads(canonical(record)), trusted())


def test_what_was_never_submitted_has_no_record(backlog):
    with pytest.raises(MoveRefused, match="Submit the decision first"):
        records.record_json(draft())


def test_the_data_can_be_imported_again(decision):
    content = json.loads(canonical(records.record_json(decision)))["dossier"]
    copy = drafting.create_decision(title=decision.title, by=decision.owner, content=content)
    assert drafting.dossier_of(copy) == dossier_from(content)


def test_the_pdf_verifies_and_is_drawn_once(decision):
    drawn = []

    def counting(sheet: Sheet) -> bytes:
        drawn.append(sheet)
        return here(sheet)

    pdf = records.drawn(decision, draw=counting).pdf
    assert records.drawn(decision, draw=counting).pdf == pdf
    assert len(drawn) == 1
    assert verify(pdf, trusted())["reference"] == decision.reference


def test_it_is_drawn_in_a_process_of_its_own_by_default(decision):
    assert records.drawn(decision).pdf == records.drawn(decision, draw=here).pdf


def test_a_new_event_or_an_erased_name_draws_anew(decision, backlog):
    pdf = records.drawn(decision, draw=here).pdf
    broken_and_reaffirmed(decision, backlog)
    later = records.drawn(decision, draw=here).pdf
    assert later != pdf
    Identity.objects.filter(user=decision.owner).update(name="", username="", salt="", erased_at="2026-11-01T00:00:00Z")
    erased = records.drawn(decision, draw=here).pdf
    assert erased != later
    assert "Olive" not in json.dumps(verify(erased, trusted())["people"])


def test_exporting_is_on_the_ledger_and_changes_nothing(decision):
    by = auditor()
    first = records.export(decision, by=by, draw=here)
    again = records.export(decision, by=by, draw=here)
    assert first == again
    entries = LedgerEntry.objects.filter(verb="record.exported", subject=decision.reference)
    assert entries.count() == 2
    payload = json.loads(entries.last().payload)
    assert payload["sha256"] == first.sha256
    assert keys.holds(trusted(), payload["signature"], first.pdf)
    assert first.name == f"{decision.reference}-v1.pdf"


def test_a_checkpoint_is_made_when_none_covers_the_record(decision):
    Checkpoint.objects.all().delete()
    record = records.record_json(decision)
    assert Checkpoint.objects.count() == 1
    assert json.loads(record["checkpoint"]["text"])["size"] >= record["ledger"][-1]["seq"]


def test_a_changed_ledger_row_makes_a_record_that_does_not_hold(decision):
    record = json.loads(canonical(records.record_json(decision)))
    record["ledger"][0]["verb"] = "decision.invented"
    with pytest.raises(NotTrue, match="Ledger entry"):
        verify_record(record, trusted())


def test_a_changed_version_in_force_is_named_by_the_ledger(decision):
    assert verify_ledger().ok
    version = decision.versions.get()
    type(version).objects.filter(pk=version.pk).update(text=version.text.replace("queue", "market"))
    report = verify_ledger()
    assert report.problems == [
        f"Version 1, approved by request {version.request_id}, is not the content that entry {report.first_bad} says "
        "was asked for."
    ]


def run(command: str, *words: str) -> str:
    out = io.StringIO()
    call_command(command, *words, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def test_the_commands_export_and_verify(decision, tmp_path):
    path = tmp_path / "F.pdf"
    run("export_record", decision.reference, "--output", str(path))
    assert "Everything holds" in run("verify_record", str(path))
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(CommandError, match="changed since it was exported") as found:
        run("verify_record", str(path))
    assert found.value.returncode == 1


def test_the_commands_name_what_is_missing(decision, backlog, tmp_path):
    with pytest.raises(CommandError, match="no decision D-1999-0001"):
        run("export_record", "D-1999-0001", "--output", str(tmp_path / "x.pdf"))
    with pytest.raises(CommandError, match="no approved version 7"):
        run("export_record", decision.reference, "--number", "7", "--output", str(tmp_path / "x.pdf"))
    with pytest.raises(CommandError, match="Submit the decision first"):
        run("export_record", draft().reference, "--output", str(tmp_path / "x.pdf"))
    with pytest.raises(CommandError, match="cannot be read") as missing:
        run("verify_record", str(tmp_path / "nowhere.pdf"))
    assert missing.value.returncode == 2
    (tmp_path / "key").write_text("not a key")
    with pytest.raises(CommandError, match="Ed25519"):
        run("verify_record", str(tmp_path / "key"), "--public-key", str(tmp_path / "key"))


def test_rank_takes_the_stored_dossier(decision):
    answer = json.loads(run("rank", decision.reference))
    assert [row["option"] for row in answer["ranking"]] == ["Option B", "Option C", "Option A"]
    with pytest.raises(CommandError, match="no decision"):
        run("rank", "D-1999-0001")


class TestConversation:
    """What was said about a decision stands in its record (complaint 12: a record without its comments)."""

    @pytest.fixture
    def talked(self, decision: Decision) -> Decision:
        asked, signer = decision.versions.get().request, approvers(1)[0]
        about = {"section": "options", "anchor": f"option-{drafting.dossier_of(decision).options.options[0].id}"}
        first = comments.add(by=signer, body="Why is this cheaper?", request=asked, **about)
        comments.add(by=decision.owner, body="It needs nobody new.", reply_to=first)
        comments.resolve(first, by=signer)
        return decision

    def test_complaint_12_a_record_is_exported_with_its_comments(self, talked: Decision) -> None:
        record = records.record_json(talked)
        [thread] = record["conversation"]
        assert thread["text"] == "Why is this cheaper?"
        assert [answer["text"] for answer in thread["replies"]] == ["It needs nobody new."]
        shown = pages.html(record, "fingerprint")
        assert "Why is this cheaper?" in shown
        assert "It needs nobody new." in shown
        assert "Who wrote what" in shown

    def test_changed_words_of_a_comment_are_named(self, talked: Decision) -> None:
        record = records.record_json(talked)
        record["conversation"][0]["text"] = "I agree with everything."
        with pytest.raises(NotTrue, match="conversation"):
            verify_record(record, keys.private_key().public_key())


def test_a_vote_carried_over_and_a_condition_stand_in_the_record(decision):
    first, second, third = approvers(3)
    who = decision.owner
    moves.open_amendment(decision, by=who, reason="Say it better.")
    save(decision, "costs", currency="USD")
    asked = moves.submit(decision, by=who)
    day = timezone.now().date()
    promised = signing.Condition(text="Measure weekly.", owner=who, due_on=day)
    sign(asked, first, "approve_with_conditions", conditions=[promised])
    sign(asked, second, "return", "In other words, please.")
    save(decision, "background", text="In other words.")
    again = moves.submit(decision, by=who)
    sign(again, third)
    decision.refresh_from_db()
    record = records.record_json(decision)
    (vote,) = record["carried"]
    assert (vote["digest"], vote["carried_digest"]) == (again.digest, asked.digest)
    assert [each["text"] for row in record["signatures"] for each in row["conditions"]] == ["Measure weekly."]
    assert f"Measure weekly. ({who}, until {day_text(day)})" in pages.html(record, "key")
    plain = json.loads(canonical(record))
    verify_record(plain, trusted())
    for tamper in (
        lambda each: each["carried"].clear(),
        lambda each: each["carried"][0].update(verdict="reject"),
        lambda each: next(row for row in each["signatures"] if row["conditions"])["conditions"].clear(),
    ):
        forged = json.loads(canonical(record))
        tamper(forged)
        with pytest.raises(NotTrue):
            verify_record(forged, trusted())


def test_a_held_review_and_the_judgement_at_the_end_are_printed(decision: Decision) -> None:
    held(decision, scores=SCORES, lessons=(Raised(section="options", text="Try before you score."),))
    closing = {"outcome": "missed", "reason": "It fell.", "process": "sound", "process_reason": "All were tried."}
    moves.close(decision, by=decision.owner, **closing)
    shown = pages.html(records.record_json(decision), "key")
    for words in ("Try before you score.", "It came as foreseen.", "Bad luck", "All were tried.", "leads with what it"):
        assert words in shown
    assert "Decision template, version 1" in shown
