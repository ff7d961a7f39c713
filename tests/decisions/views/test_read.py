import pytest
from django.urls import reverse

from decisions.models import Decision
from decisions.services import drafting, moves, questions
from metrics.models import Metric
from tests.factories import decisions as make
from tests.factories.approvals import approvers, auditor, owner, signed_in


def page(client, decision, query=""):
    return client.get(reverse("decision", args=[decision.reference]) + query)


def text(client, decision, query=""):
    return page(client, decision, query).content.decode()


def test_a_draft_lists_what_is_missing_each_linked_to_its_place(desk, who, registry):
    draft = drafting.create_decision(title="How to answer", by=who)
    html = text(desk, draft)
    assert "things before this can be submitted" in html
    assert f'<a href="{reverse("decision_edit", args=[draft.reference, "background"])}#id_f-objective">' in html
    assert f'<a href="{reverse("decision_assumptions", args=[draft.reference])}">' in html


def test_a_complete_draft_says_that_it_is_ready(desk, draft):
    html = text(desk, draft)
    assert "Ready to be submitted" in html
    assert "Submit for approval" in html


def test_what_is_in_force_shows_version_standing_digest_and_signatures(desk, standing):
    html = text(desk, standing)
    assert "Version 1" in html
    assert ">Sound<" in html
    assert standing.versions.get().digest in html
    assert html.count("Sign-off") >= 1
    assert "Answer nine in ten requests within two days." in html


def test_a_reader_sees_what_is_in_force_never_the_draft_of_an_amendment(desk, standing, who):
    moves.open_amendment(standing, by=who, reason="The market moved.")
    make.save(standing, "constraints", text="Secretly changed")
    html = text(desk, standing)
    assert "An amendment is under way" in html
    assert "The market moved." in html
    assert "Secretly changed" not in html
    assert "No more than one change a quarter." in html


def test_a_questioned_decision_leads_to_its_reevaluation(desk, standing, who):
    asked = questions.question(standing, by=who, text="Is it so?")
    html = text(desk, standing)
    assert "Called into question" in html
    assert reverse("reevaluation", args=[asked.pk]) in html


def test_one_section_is_read_whole(desk, draft):
    long = " ".join(f"word{n}" for n in range(500))
    make.save(draft, "constraints", text=long)
    assert "word499" not in text(desk, draft)
    assert "?section=constraints" in text(desk, draft)
    assert "word499" in text(desk, draft, "?section=constraints")


def test_a_section_that_is_not_there_is_not_found(desk, draft):
    assert page(desk, draft, "?section=frame").status_code == 404


def test_markup_is_shown_as_the_text_it_is(desk, draft):
    make.save(draft, "constraints", text="<script>alert(1)</script> [x](javascript:alert(1))")
    html = text(desk, draft)
    assert "<script>alert(1)" not in html
    assert "&lt;script&gt;" in html
    assert 'href="javascript' not in html


@pytest.mark.parametrize("reference", ["D-2026-9999", "x", "D-2026-0001'--", "%F0%9F%90%99"])
def test_what_is_not_there_is_not_found(desk, reference):
    assert desk.get(f"/decisions/{reference}/").status_code == 404


def test_a_confidential_decision_is_hidden_from_strangers_and_open_to_auditors(draft):
    Decision.objects.filter(pk=draft.pk).update(classification="confidential")
    assert page(signed_in(owner()), draft).status_code == 404
    assert page(signed_in(auditor()), draft).status_code == 200


def test_who_may_only_read_is_offered_no_move(draft):
    html = text(signed_in(auditor()), draft)
    assert "Submit for approval" not in html
    assert ">Edit<" not in html
    assert "/edit/" not in html


def test_the_moves_follow_the_state(desk, draft, who):
    approvers(2)
    moves.submit(draft, by=who)
    html = text(desk, draft)
    assert ">Withdraw</a>" in html
    assert ">Submit for approval</button>" not in html


def test_metrics_have_their_names_and_units_while_a_decision_is_in_review(desk, draft, who):
    approvers(2)
    moves.submit(draft, by=who)
    html = desk.get(reverse("decision_options", args=[draft.reference])).content.decode()
    assert f"Impact on {Metric.objects.get(key=make.RESOLUTION).name}" in html
    assert f"Impact on {make.RESOLUTION}" not in html
