"""Templates change by signature only, decisions keep the version they began with, lessons become guidance."""

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from approvals.models import ApprovalRequest, LedgerEntry
from approvals.services.verification import verify as verify_ledger
from config.kit.refusals import BadInput, MoveRefused, StaleWrite
from decisions.domain.template import Check, Part, template_from
from decisions.models import DecisionTemplate, Lesson
from decisions.services import lessons, moves, proposing, readiness, templates
from decisions.services.lessons import Raised
from metrics.models import Metric
from tests.factories.approvals import administrator, approver, owner, sign
from tests.factories.decisions import draft
from tests.factories.learning import GUIDANCE, in_effect, proposal

pytestmark = pytest.mark.django_db
State = DecisionTemplate.State
FOUR = Check(kind="at_least", of="options", value=4)


def test_a_proposed_version_is_held_apart_until_an_approver_signs(settings: Any, tmp_path: Path) -> None:
    settings.VAR = tmp_path  # with no checkpoint files of other tests' ledgers
    signer, row = approver(), proposal(None, FOUR)
    assert templates.current().number == 1
    request = proposing.submit(row, by=row.created_by or administrator())
    with pytest.raises(MoveRefused, match="locked"):
        proposing.save_part(row, Part(key="risks", guidance="x"), expected_version=9, by=administrator())
    assert templates.current().number == 1
    sign(request, signer)
    row.refresh_from_db()
    assert (templates.current(), row.state, row.request) == (row, State.CURRENT, request)
    assert DecisionTemplate.objects.get(number=1).state == State.REPLACED
    assert "template.in_effect" in LedgerEntry.objects.values_list("verb", flat=True)
    assert verify_ledger().ok
    DecisionTemplate.objects.filter(pk=row.pk).update(offered=not row.offered)
    assert "Version 2, approved by request" in verify_ledger().problems[0]


def test_who_wrote_in_it_may_not_sign_it_even_as_an_approver() -> None:
    both = administrator()
    both.groups.add(*approver().groups.all())
    row = proposal(both)
    approver()
    request = proposing.submit(row, by=both)
    with pytest.raises(MoveRefused, match="another person has to sign"):
        sign(request, both)


def test_only_administrators_write_templates() -> None:
    row = proposal()
    for who in (owner(), approver()):
        with pytest.raises(PermissionDenied):
            proposing.begin(row.key, by=who)
        with pytest.raises(PermissionDenied):
            proposing.submit(row, by=who)


def test_a_submission_needs_a_reason_a_change_and_guidance() -> None:
    admin = administrator()
    row = proposing.begin(templates.current().key, by=admin)
    with pytest.raises(MoveRefused) as refusal:
        proposing.submit(row, by=admin)
    assert [str(reason)[:20] for reason in refusal.value.reasons] == ["Say why the template", "Nothing differs from"]
    row = proposing.save_part(row, Part(key="risks", guidance=" "), expected_version=row.version, by=admin)
    with pytest.raises(MoveRefused, match="guidance of “Risks and mitigations”"):
        proposing.submit(row, by=admin)


def test_the_last_template_stays_on_offer() -> None:
    admin, row = administrator(), proposal()
    row = proposing.save_head(
        row, name=row.name, note="No more.", offered=False, expected_version=row.version, by=admin
    )
    with pytest.raises(MoveRefused, match="offer another"):
        proposing.submit(row, by=admin)


def test_two_who_write_at_once_are_told() -> None:
    row, admin = proposal(), administrator()
    seen = row.version
    saved = proposing.save_part(row, Part(key="risks", guidance="First."), expected_version=seen, by=admin)
    assert proposing.save_part(row, Part(key="risks", guidance="First."), expected_version=seen, by=admin) == saved
    with pytest.raises(StaleWrite):
        proposing.save_part(row, Part(key="risks", guidance="Second."), expected_version=seen, by=admin)


@pytest.mark.parametrize(("verdict", "state"), [("return", State.PROPOSED), ("reject", State.DROPPED)])
def test_what_is_not_approved_changes_nothing(verdict: str, state: str) -> None:
    signer, row = approver(), proposal()
    sign(proposing.submit(row, by=row.created_by or administrator()), signer, verdict)
    row.refresh_from_db()
    assert (row.state, templates.current().number) == (state, 1)


def test_a_withdrawn_version_can_be_written_again_and_dropped_for_good() -> None:
    admin = administrator()
    approver()
    row = proposal(admin)
    proposing.submit(row, by=admin)
    proposing.withdraw(row, by=admin, reason="Not yet.")
    assert not ApprovalRequest.objects.filter(kind="template", subject_id=str(row.pk), state="open").exists()
    proposing.drop(row, by=admin, reason="Never.")
    again = proposing.begin(row.key, by=admin)
    assert again.number == row.number + 1


def test_a_decision_keeps_the_version_it_began_with(backlog: Metric) -> None:
    before = draft()
    row = in_effect(FOUR)
    after = draft()
    assert (before.template.number, after.template) == (1, row)
    asks = [str(each) for each in readiness.obstacles_of(after)]
    assert any("at least 4 options" in sentence for sentence in asks)
    assert not any("at least 4 options" in str(each) for each in readiness.obstacles_of(before))
    with pytest.raises(MoveRefused, match="at least 4 options"):
        moves.submit(after, by=after.owner)


def test_there_may_be_several_templates_and_a_decision_begins_on_the_one_chosen() -> None:
    admin, signer = administrator(), approver()
    row = proposing.create(key="hiring", name="Hiring", source=templates.current(), by=admin)
    with pytest.raises(BadInput, match="never used again"):
        proposing.create(key="hiring", name="Hiring", source=templates.current(), by=admin)
    assert row not in templates.offered()
    row = proposing.save_head(row, name="Hiring", note="Another.", offered=True, expected_version=row.version, by=admin)
    sign(proposing.submit(row, by=admin), signer)
    assert [each.key for each in templates.offered()] == ["standard", "hiring"]


def _lesson() -> Lesson:
    decision = draft()
    raised = [Raised(section="options", text="We scored before we tried.")]
    return lessons.raise_all(decision, raised, by=decision.owner, at=timezone.now())[0]


def test_an_accepted_lesson_joins_the_guidance_and_shapes_the_version(backlog: Metric) -> None:
    lesson, admin, signer = _lesson(), administrator(), approver()
    row = lessons.accept(lesson, by=admin, key="standard", guidance="Try before you score.")
    part = template_from(row.sections).part("options")
    assert part.guidance.endswith("\n\nTry before you score.")
    assert [(shaped.lesson, shaped.decision) for shaped in part.lessons] == [(lesson.pk, lesson.decision.reference)]
    with pytest.raises(MoveRefused, match="accepted already"):
        lessons.decline(lesson, by=admin, reason="No.")
    row = proposing.save_head(row, name=row.name, note="Taught.", offered=True, expected_version=row.version, by=admin)
    sign(proposing.submit(row, by=admin), signer)
    draft()
    draft()
    lesson = Lesson.objects.select_related("template").get()
    assert lessons.begun_on([lesson]) == {lesson.pk: 2}


def test_a_lesson_waits_again_when_its_version_is_dropped_and_is_declined_with_a_reason(backlog: Metric) -> None:
    lesson, admin = _lesson(), administrator()
    row = lessons.accept(lesson, by=admin, key="standard", guidance=GUIDANCE)
    assert lessons.begun_on([Lesson.objects.select_related("template").get()]) == {}
    proposing.drop(row, by=admin, reason="Too much at once.")
    assert list(Lesson.objects.waiting()) == [lesson]
    with pytest.raises(BadInput, match="stays as it is"):
        lessons.decline(lesson, by=admin, reason=" ")
    assert lessons.decline(lesson, by=admin, reason="Known already.").state == "declined"


def test_whose_lesson_it_was_may_not_sign_its_version(backlog: Metric) -> None:
    lesson, admin = _lesson(), administrator()
    teacher = lesson.raised_by
    teacher.groups.add(*approver().groups.all())
    row = lessons.accept(lesson, by=admin, key="standard", guidance=GUIDANCE)
    row = proposing.save_head(row, name=row.name, note="Taught.", offered=True, expected_version=row.version, by=admin)
    request = proposing.submit(row, by=admin)
    with pytest.raises(MoveRefused, match="another person has to sign"):
        sign(request, teacher)
