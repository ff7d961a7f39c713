"""Whatever people have written so far can be looked at: no half-finished dossier breaks a page."""

from hypothesis import given, settings

from decisions.domain.breaking import conditions_of, mistakes, words_of
from decisions.domain.dossier import SECTIONS, Dossier
from decisions.domain.obstacles import Known, obstacles
from decisions.domain.parity import gaps, parity
from decisions.domain.response import approved_response, escalation_path
from decisions.domain.reviewing import parts_of
from decisions.domain.scoring import complaints, model_from, rank
from decisions.domain.standing import evidence_due_on
from tests.decisions.domain.strategies import DOSSIERS
from tests.factories.dossiers import KNOWN


@settings(max_examples=40, deadline=None)
@given(DOSSIERS)
def test_it_can_be_judged_and_shown(given_dossier: Dossier):
    sections = {"frame", *(key for key, _ in SECTIONS)}
    for obstacle in obstacles(given_dossier, Known()):
        assert obstacle.section in sections
        assert obstacle.anchor
        assert obstacle.sentence.endswith((".", "”"))
    assert {gap.option for gap in gaps(given_dossier)} <= {option.id for option in given_dossier.options.options}
    assert all(0 <= depth.share <= 1 for depth in parity(given_dossier))
    assert len(parts_of(given_dossier)) == 12
    evidence_due_on(given_dossier)
    escalation_path(approved_response(given_dossier), "")


@settings(max_examples=40, deadline=None)
@given(DOSSIERS)
def test_its_conditions_have_mistakes_or_words(given_dossier: Dossier):
    for _, condition in conditions_of(given_dossier):
        assert mistakes(condition) or words_of(condition, condition.metric).startswith("when ")


@settings(max_examples=25, deadline=None)
@given(DOSSIERS)
def test_it_ranks_or_says_why_not(given_dossier: Dossier):
    model = model_from(given_dossier)
    if not complaints(model):
        rank(model, draws=50)


@settings(max_examples=40, deadline=None)
@given(DOSSIERS)
def test_knowing_more_people_and_metrics_never_adds_an_obstacle_of_theirs(given_dossier: Dossier):
    unknown = {obstacle for obstacle in obstacles(given_dossier, Known()) if "nobody active" in obstacle.sentence}
    known = {obstacle for obstacle in obstacles(given_dossier, KNOWN) if "nobody active" in obstacle.sentence}
    assert known <= unknown
