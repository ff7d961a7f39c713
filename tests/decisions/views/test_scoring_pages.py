"""Weights, ballots, the strip, copies and orders, through the pages; and a fragile ranking wherever it is read."""

import dataclasses
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from approvals.services.people import create_token
from decisions.domain.writing import dossier_to, section_to
from decisions.models import Decision
from decisions.services import drafting, moves
from decisions.services.readiness import facts_of
from tests.factories import decisions as make
from tests.factories import dossiers
from tests.factories.approvals import approver, approvers, auditor, owner, signed_in
from tests.factories.dossiers import triple

SECRET = "41.37"


def url(name, decision, query=""):
    return reverse(name, args=[decision.reference]) + query


def section(decision):
    return drafting.dossier_of(Decision.objects.get(pk=decision.pk)).criteria


def test_an_option_is_copied_and_moved_without_a_script(desk, draft):
    page = url("decision_options", draft)
    there = desk.post(page, {"copy": "a"}).headers["Location"]
    assert desk.get(there).status_code == 200
    desk.post(page, {"later": "a"})
    names = [option.name for option in drafting.dossier_of(draft).options.options]
    assert names == ["Option A (copy)", "Option A", "Option B", "Option C"]
    desk.post(page, {"earlier": "c"})
    fresh = drafting.dossier_of(Decision.objects.get(pk=draft.pk))
    assert [option.id for option in fresh.options.options][2:] == ["c", "b"]
    assert [cost.option for cost in fresh.costs.costs][2:] == ["c", "b"]
    assert desk.post(page, {"copy": "nothing"}).status_code == 404
    assert signed_in(owner()).post(page, {"copy": "a"}).status_code == 403


def test_the_strip_answers_without_a_script(desk, draft):
    html = desk.get(url("decision_options", draft, "?weigh=q2&share=100")).content.decode()
    assert "100 %, now 40.0 %" in html
    assert '<td data-label="Rank" data-rank>1</td><th scope="row">Option B' in html
    for nonsense in ("?weigh=x&share=5", "?weigh=q1&share=-3", "?weigh=q1&share=1e9", "?weigh=q1&share=", "?draws=x"):
        answer = desk.get(url("decision_options", draft, nonsense))
        assert answer.status_code == 200
        assert "60.0 %, now 60.0 %" in answer.content.decode()


@pytest.mark.parametrize(
    ("draws", "words"), [("uniform", "with any weights at all"), ("ordinal", "with any weights in the stated order")]
)
def test_the_page_says_where_the_simulated_weights_come_from(desk, draft, draws, words):
    assert words in desk.get(url("decision_options", draft, f"?draws={draws}")).content.decode()


def test_the_page_says_that_a_new_option_can_reorder_the_others(desk, who, registry):
    criteria = dossiers.dossier().criteria
    linear = tuple(dataclasses.replace(c, scale="linear") for c in criteria.criteria)
    draft = make.draft(who, criteria=dataclasses.replace(criteria, criteria=linear))
    assert "a new option can reorder the others" in desk.get(url("decision_options", draft)).content.decode()


def test_value_against_cost_names_the_price_of_each_further_point(desk, who, registry):
    costs = dossiers.dossier().costs
    priced = zip((1000, 5000, 2000), costs.costs, strict=True)
    dear = tuple(dataclasses.replace(cost, cost=triple(price, price, price)) for price, cost in priced)
    draft = make.draft(who, costs=dataclasses.replace(costs, costs=dear))
    html = desk.get(url("decision_options", draft)).content.decode()
    assert "Value against cost" in html
    assert 'data-label="Each further point costs">50<' in html


def test_weights_follow_from_swings_until_the_framing_is_agreed(desk, who, registry):
    content = dossier_to(dossiers.dossier(who.username))
    draft = drafting.create_decision(title="Whether", by=who, content=content)
    page = url("decision_weights", draft)
    typed = {"version": "1", "s-rank-q1": "2", "s-rating-q1": "25", "s-rank-q2": "1", "s-rating-q2": "100"}
    assert desk.post(page, typed).status_code == 302
    assert {c.id: c.weight for c in section(draft).criteria} == {"q1": Decimal(20), "q2": Decimal(80)}
    html = desk.get(page).content.decode()
    assert "Consistent" in html
    assert "What scores on Speed are worth" in html
    make.agree(draft)
    refused = desk.post(page, typed | {"version": "2", "s-rating-q1": "50"})
    assert refused.status_code == 409
    assert "The framing is agreed" in refused.content.decode()
    assert 'value="50"' in refused.content.decode()


def body(answer):
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def ballot(score):
    return {"do": "give"} | {f"b-{criterion}-{option}": score for criterion in ("q1", "q2") for option in "abc"}


def test_a_ballot_is_closed_to_everyone_else_on_every_road_until_all_are_in(desk, who, draft):
    first, second = approver(first_name="Ann"), approver(first_name="Ben")
    page = url("decision_ballots", draft)
    names = [first.username, second.username]
    assert desk.post(page, {"do": "ask", "kind": "scores", "ask-evaluators": names}).status_code == 302
    assert "Your scores are asked for" in signed_in(first).get("/").content.decode()
    assert signed_in(first).post(page, ballot(SECRET)).status_code == 302
    assert "Your scores are asked for" not in signed_in(first).get("/").content.decode()
    assert f'value="{SECRET}"' in signed_in(first).get(page).content.decode()
    roads = ["decision", "decision_options", "decision_ballots", "decision_weights", "decision_assumptions"]
    addresses = [
        *(url(name, draft) for name in roads),
        "/",
        "/decisions.csv",
        "/audit/",
        url("decision_record_json", draft),
    ]
    for reader in (who, second, auditor(), owner()):
        browser = signed_in(reader)
        for address in addresses:
            assert SECRET.encode() not in body(browser.get(address)), (reader, address)
    _, token = create_token(name="reader", scopes=["decisions:read", "audit:read"])
    for address in (f"/api/v1/decisions/{draft.reference}", "/api/v1/ledger"):
        answer = Client().get(address, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200
        assert SECRET.encode() not in answer.content
    assert signed_in(second).post(page, ballot("80")).status_code == 302
    html = desk.get(page).content.decode()
    assert "Ann" in html
    assert SECRET in html
    assert "Where they disagree" in html
    version = draft.sections.get(key="criteria").version
    assert desk.post(page, {"do": "adopt", "version": version}).status_code == 302
    assert {b.evaluator for b in section(draft).ballots} == set(names)
    assert "Ballots by" in desk.get(url("decision", draft)).content.decode()


def test_a_ballot_with_a_gap_comes_back_with_what_was_typed(desk, draft):
    first, second = owner(), owner()
    page = url("decision_ballots", draft)
    desk.post(page, {"do": "ask", "kind": "scores", "ask-evaluators": [first.username, second.username]})
    answer = signed_in(first).post(page, ballot("40") | {"b-q1-a": "", "b-q1-b": "500"})
    assert answer.status_code == 422
    html = answer.content.decode()
    assert "Give a score." in html
    assert "The scale runs from 0 to 100." in html
    assert 'value="500"' in html


def test_a_half_filled_ballot_is_kept_for_its_evaluator_and_is_not_given(desk, draft):
    first, second = owner(), owner()
    page = url("decision_ballots", draft)
    desk.post(page, {"do": "ask", "kind": "scores", "ask-evaluators": [first.username, second.username]})
    half = ballot("") | {"do": "keep", "b-q1-a": SECRET}
    browser = signed_in(first)
    assert browser.post(page, half).status_code == 302
    assert f'value="{SECRET}"' in browser.get(page).content.decode()
    assert "Your scores are asked for" in browser.get("/").content.decode()
    for reader in (desk, signed_in(second)):
        assert SECRET not in reader.get(page).content.decode()
    assert "The scale runs from 0 to 100." in browser.post(page, half | {"b-q1-b": "500"}).content.decode()
    signed_in(second).post(page, ballot("80"))
    assert "Where they disagree" not in desk.get(page).content.decode()
    assert browser.post(page, ballot("40")).status_code == 302
    refused = browser.post(page, half)
    assert refused.status_code == 409


def test_who_asks_nobody_is_told_so(desk, draft):
    answer = desk.post(url("decision_ballots", draft), {"do": "ask", "kind": "scores"})
    assert answer.status_code == 409
    assert "Name at least two evaluators" in answer.content.decode()
    assert desk.post(url("decision_ballots", draft), {"do": "nothing"}).status_code == 409


def test_a_fragile_ranking_is_visible_on_the_page_to_who_signs_and_to_policies(desk, who, registry):
    criteria = dossiers.dossier(who.username).criteria
    close = {"a": triple(10, 60, 90), "b": triple(10, 60, 90), "c": triple(0, 1, 2)}
    scores = tuple(dataclasses.replace(score, estimate=close[score.option]) for score in criteria.scores)
    draft = make.draft(who, criteria=dataclasses.replace(criteria, scores=scores))
    assert facts_of(drafting.dossier_of(draft))["fragile"] is True
    assert "Fragile ranking" in desk.get(url("decision", draft)).content.decode()
    assert '<span class="tag warn">Fragile</span>' in desk.get(url("decision_options", draft)).content.decode()
    signer, _ = approvers(2)
    request = moves.submit(draft, by=who)
    assert request.facts["fragile"] is True
    html = signed_in(signer).get(reverse("approval", args=[request.pk])).content.decode()
    assert "The ranking is fragile." in html


def test_a_firm_ranking_warns_nobody(desk, who, draft):
    signer, _ = approvers(2)
    assert "Fragile" not in desk.get(url("decision", draft)).content.decode()
    request = moves.submit(draft, by=who)
    assert "fragile" not in signed_in(signer).get(reverse("approval", args=[request.pk])).content.decode()


def test_the_option_that_changes_nothing_is_marked_and_there_is_only_one(desk, draft):
    options = section_to(drafting.dossier_of(draft).options)["options"]
    make.save(draft, "options", options=[options[0] | {"changes_nothing": True}, *options[1:]])
    assert "Changes nothing" in desk.get(url("decision_options", draft)).content.decode()
    page = reverse("decision_edit", args=[draft.reference, "options"]) + "?item=b"
    html = desk.post(page, {"version": "2", "f-name": "Option B", "f-changes_nothing": "on"}).content.decode()
    assert "is the option that changes nothing already" in html
