import pytest
from django.urls import reverse

from decisions.models import Decision
from decisions.services import drafting, moves
from tests.factories import decisions as make
from tests.factories.approvals import approver, approvers, auditor, owner, signed_in


def url(decision, move):
    return reverse("decision_move", args=[decision.reference, move])


def state(decision):
    return Decision.objects.get(pk=decision.pk).state


def test_submitting_leads_to_the_request(desk, draft):
    approvers(2)
    answer = desk.post(url(draft, "submit"))
    assert answer.status_code == 302
    assert answer.url.startswith("/approvals/")
    assert state(draft) == "in_review"


def test_a_refused_submission_lists_every_reason_with_its_place(desk, who, registry):
    approvers(2)
    bare = drafting.create_decision(title="Bare", by=who)
    answer = desk.post(url(bare, "submit"))
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "Write the objective" in html
    assert "Compare at least 3 options" in html
    assert html.count(f'href="/decisions/{bare.reference}/') >= 20


@pytest.mark.parametrize("move", ["abandon"])
def test_a_draft_moves_with_a_reason(desk, draft, move):
    assert desk.get(url(draft, move)).status_code == 200
    assert desk.post(url(draft, move), {"reason": " "}).status_code == 422
    assert state(draft) == "draft"
    assert desk.post(url(draft, move), {"reason": "No longer needed."}).status_code == 302
    assert state(draft) == "abandoned"


def test_withdrawing_unlocks_the_draft(desk, draft, who):
    approvers(2)
    moves.submit(draft, by=who)
    assert desk.post(url(draft, "withdraw"), {"reason": "A figure is wrong."}).status_code == 302
    assert state(draft) == "draft"


def test_amending_opens_the_sections_again(desk, standing):
    answer = desk.post(url(standing, "amend"), {"reason": "Costs rose.", "change_class": "material"})
    assert answer.url == reverse("decision_edit", args=[standing.reference, "background"])
    assert desk.get(answer.url).status_code == 200
    assert state(standing) == "in_force"
    assert desk.post(url(standing, "drop"), {"reason": "They fell."}).status_code == 302
    assert desk.get(answer.url).status_code == 409


def test_closing_asks_for_both_judgements(desk, standing):
    half = {"outcome": "achieved", "reason": "Rate is 86 %."}
    assert desk.post(url(standing, "close"), half).status_code == 422
    assert desk.post(url(standing, "close"), half | {"process": "sound"}).status_code == 422
    whole = half | {"process": "sound", "process_reason": "All three were tried.", "lessons": "Start sooner."}
    assert desk.post(url(standing, "close"), whole).status_code == 302
    assert state(standing) == "closed"


def test_a_successor_must_be_one_the_owner_may_see(desk, standing, who):
    hidden = make.in_force(owner())
    Decision.objects.filter(pk=hidden.pk).update(classification="confidential")
    data = {"successor": hidden.reference, "reason": "Better."}
    answer = desk.post(url(standing, "supersede"), data)
    assert answer.status_code == 422
    other = make.in_force(who)
    assert desk.post(url(standing, "supersede"), data | {"successor": other.reference}).status_code == 302
    assert state(standing) == "superseded"


def test_a_final_decision_begins_a_new_cycle(desk, draft, who):
    moves.abandon(draft, by=who, reason="Later.")
    answer = desk.post(url(draft, "new-cycle"))
    again = Decision.objects.get(previous=draft)
    assert answer.url == reverse("decision_refresh", args=[again.reference])


def test_an_approver_may_question_and_is_led_to_the_reevaluation(standing):
    answer = signed_in(approver()).post(url(standing, "question"), {"text": "Really?", "severity": "minor"})
    assert answer.url.startswith("/reevaluations/")
    assert state(standing) == "questioned"


def test_a_move_from_the_wrong_state_is_refused_with_a_sentence(desk, draft):
    judged = {"outcome": "achieved", "process": "sound", "reason": "x", "process_reason": "y"}
    answer = desk.post(url(draft, "close"), judged)
    assert answer.status_code == 409
    assert "not possible while the decision is draft" in answer.content.decode()


def test_nobody_else_moves_it(draft):
    for person in (auditor(), owner(), approver()):
        client = signed_in(person)
        assert client.get(url(draft, "abandon")).status_code == 403
        assert client.post(url(draft, "abandon"), {"reason": "x"}).status_code == 403
        assert client.post(url(draft, "submit")).status_code == 403
    assert state(draft) == "draft"


def test_what_is_no_move_is_not_found(desk, draft):
    for move in ("approve", "return", "reaffirm", "nothing"):
        assert desk.post(url(draft, move)).status_code == 404


@pytest.mark.parametrize("reason", ["a\x00b", "x" * 1_000_000])
def test_a_reason_that_cannot_be_kept_is_refused(desk, draft, reason):
    assert desk.post(url(draft, "abandon"), {"reason": reason}).status_code == 422
    assert state(draft) == "draft"
