"""Every bad input above the shape gets a sentence at its place, on every road, and nothing that was typed is lost."""

import dataclasses
import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from decisions.domain.writing import dossier_to
from decisions.forms.scores import ScoreMatrixForm
from decisions.forms.sections import ITEM_EDITORS, section_editor
from decisions.forms.weighing import SwingForm
from decisions.queries.offers import World
from decisions.services import drafting
from tests.decisions.forms.posting import posted
from tests.factories import decisions as make
from tests.factories import metrics
from tests.factories.approvals import owner, signed_in
from tests.factories.dossiers import dossier, triple

FORMS: list[tuple[str, dict[str, str], str]] = [
    ("criteria", {"criteria-0-weight": "-3"}, "Give a value between 0 and 1,000,000."),
    ("criteria", {"criteria-0-weight": "1e400"}, "number"),
    (
        "criteria",
        {"criteria-0-scale": "linear", "criteria-0-worst": "10", "criteria-0-best": "10"},
        "Worst and best are both 10; they must differ.",
    ),
    (
        "criteria",
        {"criteria-0-scale": "linear", "criteria-0-worst": "90", "criteria-0-best": "10"},
        "More is better, but worst is 90 and best is 10; swap them or the direction.",
    ),
    ("criteria", {"criteria-0-threshold": "140"}, "The threshold 140 lies outside the scale"),
    ("criteria", {"criteria-1-name": "speed"}, "Another criterion has this name; names must differ."),
    ("criteria", {"criteria-0-curve": "0 = 0; 50"}, "Write points as score = value"),
    ("criteria", {"criteria-0-curve": "0 = 0; 50 = 140"}, "A point&#x27;s value lies between 0 and 100."),
    (
        "criteria",
        {"criteria-0-scale": "piecewise", "criteria-0-curve": "0 = 0; 50 = 80; 100 = 40"},
        "The value function must rise or fall throughout.",
    ),
    (
        "criteria",
        {"criteria-0-scale": "piecewise", "criteria-0-curve": "0 = 100; 100 = 0"},
        "More is better, but the value function falls; turn it or the direction.",
    ),
    ("option", {"f-name": "option b"}, "Another option has this name; names must differ."),
    ("option", {"f-complexity": "6"}, "Give a value between 1 and 5."),
    ("costs", {"cost-a-cost__low": "9000"}, "Low may not be above likely, nor likely above high."),
    ("impacts", {"impact-a-m1-estimate__high": "-9"}, "Low may not be above likely, nor likely above high."),
    ("matrix", {"m-q1-a": "70 / 60 / 80"}, "Low may not be above likely, nor likely above high."),
    ("matrix", {"m-q1-a": "101"}, "A direct score lies between 0 and 100."),
    ("matrix", {"m-q1-a": "-5 / 60 / 80"}, "A direct score lies between 0 and 100."),
    ("matrix", {"m-q1-a": "40 / 60"}, "Write one number, or three as low / likely / high."),
    ("open matrix", {"m-weight-q1": "0", "m-weight-q2": "0"}, "Give at least one criterion a weight above 0."),
    ("weights", {"s-rating-q1": "80", "s-rating-q2": "60"}, "Give 100 to the swing that matters most"),
    ("weights", {"s-rating-q1": "100", "s-rating-q2": "101"}, "Give a value between 0 and 100."),
    ("weights", {"s-rank-q1": "1", "s-rank-q2": "1"}, "no two are equal"),
]


@pytest.mark.django_db
def test_each_form_says_what_is_wrong_beside_its_place_and_keeps_what_was_typed(subtests: Any) -> None:
    for key, low in ((make.RESOLUTION, 70), (make.BACKLOG, 4)):
        metrics.weekly(metrics.metric(key=key), [low + week % 5 for week in range(8)])
    who = owner()
    content = dossier_to(dossier(who.username))
    decision = drafting.create_decision(title="Whether", by=who, content=content, tier="operational")
    agreed = make.draft(who)
    browser, given = signed_in(who), drafting.dossier_of(decision)
    offers = World(who).offers(given)
    editing = {
        key: reverse("decision_edit", args=[decision.reference, key]) for key in ("criteria", "costs", "impacts")
    }
    pages: dict[str, tuple[str, Any]] = {
        **{key: (address, section_editor(key, given, offers)) for key, address in editing.items()},
        "option": (
            reverse("decision_edit", args=[decision.reference, "options"]) + "?item=a",
            ITEM_EDITORS["options"](given, "a", offers),
        ),
        "open matrix": (reverse("decision_options", args=[decision.reference]), ScoreMatrixForm(given)),
        "matrix": (reverse("decision_options", args=[agreed.reference]), ScoreMatrixForm(given)),
        "weights": (reverse("decision_weights", args=[decision.reference]), SwingForm(given.criteria)),
    }
    before = [section.content for section in decision.sections.all()]
    for page, typed, sentence in FORMS:
        with subtests.test(page=page, typed=typed):
            address, form = pages[page]
            answer = browser.post(address, posted(form) | {"version": "1"} | typed)
            html = answer.content.decode()
            assert answer.status_code == 422
            assert sentence in html
            assert '<ul class="errorlist"' in html
            for value in typed.values():
                assert f'value="{value}"' in html
    assert [section.content for section in decision.sections.all()] == before


def scored(given: Any, **changes: Any) -> Any:
    first, *rest = given.criteria.criteria
    criteria = (dataclasses.replace(first, **changes), *rest)
    return dataclasses.replace(given, criteria=dataclasses.replace(given.criteria, criteria=criteria))


def with_scores(given: Any, *numbers: int) -> Any:
    first, *rest = given.criteria.scores
    scores = (dataclasses.replace(first, estimate=triple(*numbers)), *rest)
    return dataclasses.replace(given, criteria=dataclasses.replace(given.criteria, scores=scores))


def renamed(given: Any) -> Any:
    first, second, third = given.options.options
    options = (first, dataclasses.replace(second, name=first.name), third)
    return dataclasses.replace(given, options=dataclasses.replace(given.options, options=options))


SPEED = "Criterion “Speed”: "
CELL = "Option “Option A”, criterion “Speed”: "
IMPORTED = [
    (lambda g: with_scores(g, 70, 60, 80), "scores[0].estimate", f"{CELL}low, likely and high must rise"),
    (lambda g: with_scores(g, 70, 80, 130), "scores[0].estimate", f"{CELL}a direct score must lie"),
    (lambda g: scored(g, scale="linear", worst=10, best=10), "criteria[0].best", f"{SPEED}worst and best are both 10"),
    (lambda g: scored(g, threshold=140), "criteria[0].threshold", f"{SPEED}the threshold 140 lies outside"),
    (
        lambda g: scored(g, threshold=95, veto=True),
        "criteria[0].threshold",
        "The vetoes on “Speed” exclude every option",
    ),
    (lambda g: scored(g, name="Ease"), "criteria[1].name", "The criterion “Ease” is given more than once"),
    (lambda g: scored(g, weight=-1), "criteria[0].weight", ""),
    (renamed, "options.options[1].name", "The option “Option A” is given more than once"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("change", "place", "sentence"), IMPORTED)
def test_an_import_is_refused_with_the_path_and_the_sentence(
    change: Any, place: str, sentence: str, tmp_path: Any
) -> None:
    who = owner()
    path = tmp_path / "dossier.json"
    path.write_text(json.dumps(dossier_to(change(dossier(who.username)))))
    with pytest.raises(CommandError) as refused:
        call_command("import_decision", path)
    assert f"{place}: {sentence}" in str(refused.value)


RANKED = [
    ({"weight": -1}, {}, "the weight must not be negative"),
    ({"weight": 0}, {}, "all weights are 0"),
    ({"scale": "linear", "worst": 5, "best": 5}, {}, "worst and best are both 5"),
    ({"threshold": 140}, {}, "the threshold 140 lies outside the scale"),
    ({"threshold": 90, "veto": True}, {}, "exclude every option"),
    ({}, {"scores": {"impact": 101}}, "a direct score must lie between 0 and 100"),
    ({}, {"scores": {"impact": [70, 60, 80]}}, "low, likely and high must rise"),
    ({}, {"name": "B"}, "The option “B” is given more than once"),
]


@pytest.mark.parametrize(("criterion", "option", "sentence"), RANKED)
def test_a_model_in_a_file_is_refused_with_the_sentence(
    criterion: Any, option: Any, sentence: str, tmp_path: Any
) -> None:
    model = {
        "criteria": [{"name": "impact", "weight": 32} | criterion],
        "options": [{"name": "A", "scores": {"impact": 80}} | option, {"name": "B", "scores": {"impact": 40}}],
    }
    path = tmp_path / "model.json"
    path.write_text(json.dumps(model))
    with pytest.raises(CommandError) as refused:
        call_command("rank", file=str(path), stdout=StringIO())
    assert sentence in str(refused.value)
    assert refused.value.returncode == 1
