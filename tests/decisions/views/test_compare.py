import dataclasses

import pytest
from django.urls import reverse

from decisions.domain import dossier as d
from decisions.domain.writing import section_to
from decisions.forms.scores import ReasonsForm, ScoreMatrixForm
from decisions.models import Decision
from decisions.services import drafting
from metrics.models import Metric
from tests.decisions.forms.posting import posted
from tests.factories import decisions as make
from tests.factories import dossiers
from tests.factories.approvals import auditor, owner, signed_in


def url(decision, query=""):
    return reverse("decision_options", args=[decision.reference]) + query


def typed(decision, **changes):
    dossier = drafting.dossier_of(decision)
    version = str(decision.sections.get(key="criteria").version)
    return posted(ScoreMatrixForm(dossier)) | {"version": version} | changes


def scores(decision):
    found = drafting.dossier_of(Decision.objects.get(pk=decision.pk)).criteria.scores
    return {(score.criterion, score.option): score for score in found}


def test_options_stand_side_by_side_with_what_they_lack(desk, draft):
    html = desk.get(url(draft)).content.decode()
    assert html.count("Worked out to 83 %") == 3
    assert "Lacks: side effects, effort estimate." in html


def test_the_ranking_is_the_server_s_with_its_robustness(desk, draft):
    html = desk.get(url(draft)).content.decode()
    assert '<th scope="row">Option B <span class="tag ok">Leads</span></th>' in html
    assert "80.0" in html
    assert "Share of simulated draws" in html
    assert "Smallest flip by score" in html


def test_scores_are_saved_and_change_the_ranking(desk, draft):
    data = typed(draft, **{"m-q1-a": "100", "m-q2-a": "90 / 95 / 100", "m-weight-q1": "50"})
    assert desk.post(url(draft), data).status_code == 302
    assert str(scores(draft)["q2", "a"].estimate.likely) == "95"
    html = desk.get(url(draft)).content.decode()
    assert '<th scope="row">Option A <span class="tag ok">Leads</span></th>' in html


def test_reasons_are_written_criterion_by_criterion(desk, draft):
    dossier = drafting.dossier_of(draft)
    form = ReasonsForm(dossier, dossier.criteria.criteria[0])
    data = posted(form) | {"version": "1", "why-a": "Two pilots."}
    assert desk.get(url(draft, "?criterion=q1")).status_code == 200
    assert desk.post(url(draft, "?criterion=q1"), data).status_code == 302
    assert scores(draft)["q1", "a"].reason == "Two pilots."
    assert desk.get(url(draft, "?criterion=nothing")).status_code == 404


@pytest.mark.parametrize("bad", ["NaN", "1e400", "a", "70 / 60 / 50", "1/2"])
def test_a_bad_score_is_shown_again_at_its_cell(desk, draft, bad):
    answer = desk.post(url(draft), typed(draft, **{"m-q1-a": bad}))
    assert answer.status_code == 422
    assert 'href="#id_m-q1-a"' in answer.content.decode()
    assert f'value="{bad}"' in answer.content.decode()


def test_a_stale_matrix_is_a_conflict_and_loses_nothing(desk, draft, who):
    mine = typed(draft, **{"m-q1-a": "77"})
    section = drafting.dossier_of(draft).criteria
    drafting.save_section(draft, "criteria", dataclasses.replace(section, text="New"), expected_version=1, by=who)
    answer = desk.post(url(draft), mine)
    assert answer.status_code == 409
    assert 'value="77"' in answer.content.decode()
    assert desk.post(url(draft), mine, headers={"X-Autosave": "1"}).status_code == 409


def test_without_options_the_page_says_what_to_do_first(desk, who, registry):
    bare = drafting.create_decision(title="Bare", by=who)
    html = desk.get(url(bare)).content.decode()
    assert "No option yet" in html
    assert "Give at least one criterion with a weight." in html


def test_a_reader_sees_the_ranking_and_no_form(draft, standing):
    client = signed_in(auditor())
    html = client.get(url(standing)).content.decode()
    assert "Leads" in html
    assert "<form id=" not in html
    assert client.post(url(standing), {}).status_code == 403
    assert signed_in(owner()).post(url(draft), typed(draft)).status_code == 403


def test_a_locked_matrix_is_not_saved(desk, standing):
    answer = desk.post(url(standing), typed(standing, **{"m-q1-a": "99"}))
    assert answer.status_code == 409


def test_an_assumption_is_shown_with_its_sentence_its_chart_and_its_replay(desk, draft):
    html = desk.get(reverse("decision_assumptions", args=[draft.reference])).content.decode()
    assert "Breaks when Backlog growth is above 10 %" in html
    assert "It would not have fired in 52 settled periods." in html
    assert "<svg" in html


def test_a_replay_says_how_often_it_would_have_fired(desk, draft):
    content = drafting.dossier_of(draft).criteria
    low = dossiers.assumption(draft.owner.username, conditions=(dossiers.condition(bound=7),))
    make.save(draft, "criteria", assumptions=_plain(dataclasses.replace(content, assumptions=(low,))))
    html = desk.get(reverse("decision_assumptions", args=[draft.reference])).content.decode()
    assert "It would have fired 10 times in 52 settled periods" in html


def _plain(section):
    return section_to(section)["assumptions"]


def test_an_unfinished_condition_says_what_it_lacks(desk, draft):
    bare = dossiers.assumption(draft.owner.username, conditions=(d.BreakCondition(id="c1", metric=make.BACKLOG),))
    section = dataclasses.replace(drafting.dossier_of(draft).criteria, assumptions=(bare,))
    make.save(draft, "criteria", assumptions=_plain(section))
    html = desk.get(reverse("decision_assumptions", args=[draft.reference])).content.decode()
    assert "Unfinished condition" in html


def test_a_metric_somebody_may_not_see_is_not_replayed_for_them(draft):
    Metric.objects.filter(key=make.BACKLOG).update(classification="confidential")
    html = signed_in(owner()).get(reverse("decision_assumptions", args=[draft.reference])).content.decode()
    assert "You cannot see everything that this condition watches" in html
    assert "<figure" not in html


def test_adding_an_assumption_opens_its_page(desk, draft):
    address = reverse("decision_assumptions", args=[draft.reference])
    answer = desk.post(address, {"version": "1"})
    *_, newest = drafting.dossier_of(Decision.objects.get(pk=draft.pk)).criteria.assumptions
    assert answer.url == reverse("decision_edit", args=[draft.reference, "criteria"]) + f"?item={newest.id}"
    assert desk.post(address, {"version": "1"}).status_code == 409
    assert signed_in(auditor()).post(address, {"version": "2"}).status_code == 403
