import pytest
from django.urls import reverse
from django.utils import timezone

from decisions.models import CONTRIBUTE, CommitmentRecord, Decision, Reevaluation
from decisions.services import people, questions, receiving
from metrics.models import Metric
from tests.factories import decisions as make
from tests.factories import metrics
from tests.factories.approvals import approver, auditor, owner, signed_in


@pytest.fixture
def asked(standing, who):
    """A decision called into question by a person."""
    return questions.question(standing, by=who, text="Does it still hold?")


def url(reevaluation):
    return reverse("reevaluation", args=[reevaluation.pk])


def test_a_broken_condition_is_shown_with_value_chart_and_response(desk, standing):
    """The breaking value is the newest settled one."""
    metric = Metric.objects.get(key=make.BACKLOG)
    metrics.observations.record(metric, [metrics.entry(metrics.weeks_ago(1), 42, reason="Recount")], by=None)
    receiving.receive_signals(limit=10)
    html = desk.get(url(Reevaluation.objects.get())).content.decode()
    assert "Backlog growth was 42 %" in html
    assert "when Backlog growth is above 10 %" in html
    assert "The backlog grows by less than a tenth a week." in html
    assert "Go back to one queue for all." in html
    assert "Breaks it" in html
    assert "decision latency so far" in html


def test_acknowledging_stops_the_asking(desk, asked):
    assert desk.post(url(asked), {"acknowledge": "1"}).status_code == 302
    asked.refresh_from_db()
    assert asked.state == "acknowledged"
    assert desk.post(url(asked), {"acknowledge": "1"}).status_code == 409


def test_reaffirming_needs_a_reason(desk, asked, standing):
    empty = desk.post(url(asked), {"outcome": "reaffirm", "reason": ""})
    assert empty.status_code == 422
    assert "Give a reason." in empty.content.decode()
    assert desk.post(url(asked), {"outcome": "reaffirm", "reason": "Holiday week."}).status_code == 302
    assert Decision.objects.get(pk=standing.pk).state == "in_force"
    html = desk.get(url(asked)).content.decode()
    assert "Holiday week." in html
    assert 'id="answer"' not in html


def test_a_second_answer_is_refused_and_says_who_gave_the_first(desk, asked):
    data = {"outcome": "reaffirm", "reason": "Once."}
    desk.post(url(asked), data)
    again = desk.post(url(asked), data | {"outcome": "stop", "reason": "Mine, typed at length."})
    assert again.status_code == 409
    assert "answered already by Ona Lund on " in again.content.decode()
    assert "Mine, typed at length." in again.content.decode()
    asked.refresh_from_db()
    assert asked.outcome == "reaffirm"


def test_amending_leads_to_the_sections(desk, asked, standing):
    answer = desk.post(url(asked), {"outcome": "amend", "reason": "New bound.", "change_class": "material"})
    assert answer.url == reverse("decision_edit", args=[standing.reference, "background"])
    assert desk.get(answer.url).status_code == 200


@pytest.mark.parametrize(("outcome", "state"), [("fallback", "in_force"), ("stop", "stopped")])
def test_the_other_outcomes_move_the_decision(desk, asked, standing, outcome, state):
    assert desk.post(url(asked), {"outcome": outcome, "reason": "So."}).status_code == 302
    assert Decision.objects.get(pk=standing.pk).state == state


def test_superseding_needs_a_successor(desk, asked, standing, who):
    data = {"outcome": "supersede", "reason": "Better."}
    assert desk.post(url(asked), data).status_code == 409
    other = make.in_force(who)
    assert desk.post(url(asked), data | {"successor": other.reference}).status_code == 302
    assert Decision.objects.get(pk=standing.pk).superseded_by == other


@pytest.mark.parametrize("outcome", ["", "nothing", "approve"])
def test_an_outcome_that_is_none_is_refused(desk, asked, outcome):
    assert desk.post(url(asked), {"outcome": outcome, "reason": "x"}).status_code == 422


def test_only_the_owner_answers(asked, standing, who):
    contributor = owner()
    people.invite(standing, contributor, grant=CONTRIBUTE, by=who)
    for person in (contributor, approver(), auditor()):
        client = signed_in(person)
        assert client.get(url(asked)).status_code == 200
        assert 'id="answer"' not in client.get(url(asked)).content.decode()
        assert client.post(url(asked), {"outcome": "stop", "reason": "x"}).status_code == 403
        assert client.post(url(asked), {"acknowledge": "1"}).status_code == 403


def test_a_confidential_one_is_hidden(asked, standing):
    Decision.objects.filter(pk=standing.pk).update(classification="confidential")
    client = signed_in(owner())
    assert client.get(url(asked)).status_code == 404
    assert client.post(url(asked), {"outcome": "stop", "reason": "x"}).status_code == 404


@pytest.mark.parametrize("number", ["0", "99999", "9" * 30])
def test_what_is_not_there_is_not_found(desk, db, number):
    assert desk.get(f"/reevaluations/{number}/").status_code == 404


def test_people_are_let_in_and_taken_off(desk, draft):
    colleague = owner(username="kim")
    address = reverse("decision_people", args=[draft.reference])
    assert desk.post(address, {"person": "kim", "grant": CONTRIBUTE}).status_code == 302
    assert "May write in it" in desk.get(address).content.decode()
    assert signed_in(colleague).get(reverse("decision_edit", args=[draft.reference, "risks"])).status_code == 200
    assert desk.post(address, {"remove": "kim"}).status_code == 302
    assert signed_in(colleague).get(reverse("decision_edit", args=[draft.reference, "risks"])).status_code == 403


def test_nonsense_is_refused_and_strangers_may_not_let_anybody_in(desk, draft):
    address = reverse("decision_people", args=[draft.reference])
    assert desk.post(address, {"person": "nobody", "grant": CONTRIBUTE}).status_code == 422
    assert desk.post(address, {"person": draft.owner.username, "grant": "own"}).status_code == 422
    assert desk.post(address, {"remove": "nobody"}).status_code == 409
    for person in (owner(), approver(), auditor()):
        assert signed_in(person).get(address).status_code == 403


def test_a_commitment_is_settled_by_whoever_undertook_it(desk, standing):
    address = reverse("decision_commitments", args=[standing.reference])
    record = CommitmentRecord.objects.get(decision=standing)
    assert "Train the first team." in desk.get(address).content.decode()
    data = {"record": record.pk, "state": "dropped"}
    assert desk.post(address, data | {"note": "a\x00"}).status_code == 422
    assert desk.post(address, data | {"record": "9" * 30}).status_code == 422
    assert desk.post(address, data | {"record": "99999"}).status_code == 404
    assert desk.post(address, {"record": record.pk, "state": "done"}).status_code == 302
    assert desk.post(address, {"record": record.pk, "state": "done"}).status_code == 409
    record.refresh_from_db()
    assert record.state == "done"


def test_a_decision_is_given_to_another_owner_who_has_the_role(desk, draft):
    new, other = owner(username="new"), approver(username="other")
    address = reverse("decision_move", args=[draft.reference, "transfer"])
    assert desk.post(address, {"to": other.username, "reason": "Leave."}).status_code == 422
    assert desk.post(address, {"to": new.username, "reason": "Leave."}).status_code == 302
    assert Decision.objects.get(pk=draft.pk).owner == new


def test_messages_are_muted_and_heard_again(desk, asked, standing):
    address = reverse("decision_mute", args=[standing.reference, "a1.c1"])
    assert desk.post(address, {"days": "7", "reason": ""}).status_code == 422
    assert desk.post(address, {"days": "7", "reason": "Known until Friday."}).status_code == 302
    for page in (address, reverse("decision_assumptions", args=[standing.reference])):
        assert "uted until" in desk.get(page).content.decode(), page
    assert desk.post(address, {"lift": "1"}).status_code == 302
    assert "Muted until" not in desk.get(address).content.decode()
    assert desk.get(reverse("decision_mute", args=[standing.reference, "a9.c9"])).status_code == 404


def test_an_answer_that_waits_links_to_its_approval(desk, asked, standing):
    standing.tier = "strategic"
    standing.save()
    answer = desk.post(url(asked), {"outcome": "reaffirm", "reason": "Holiday week."})
    assert answer.url == url(asked)
    html = desk.get(url(asked)).content.decode()
    asked.refresh_from_db()
    assert reverse("approval", args=[asked.request_id]) in html
    assert desk.get(reverse("approval", args=[asked.request_id])).status_code == 200
    assert 'id="answer"' not in html


def test_what_was_corrected_after_the_answer_is_taken_up_from_its_page(desk, asked, standing):
    desk.post(url(asked), {"outcome": "fallback", "reason": "It broke."})
    Reevaluation.objects.update(reversed_at=timezone.now(), flag="A correction took it back.")
    assert 'id="reopen"' in desk.get(url(asked)).content.decode()
    assert desk.post(url(asked), {"reopen": "1", "reason": ""}).status_code == 422
    opened = desk.post(url(asked), {"reopen": "1", "reason": "A typing error."})
    again = Reevaluation.objects.get(state="open")
    assert opened.url == url(again)
    assert url(again) in desk.get(url(asked)).content.decode()
    assert "A typing error." in desk.get(url(again)).content.decode()
