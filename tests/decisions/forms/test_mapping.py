import dataclasses
from decimal import Decimal

import pytest

from decisions.domain import dossier as d
from decisions.forms.scores import ReasonsForm, ScoreMatrixForm
from decisions.forms.sections import ITEM_EDITORS, SECTION_EDITORS, section_editor
from tests.decisions.forms.posting import posted
from tests.decisions.forms.samples import dossier, offers

FULL = dossier()
EMPTY = d.Dossier()


def edited(key, stored, changes=None, **kwargs):
    untouched = section_editor(key, stored, offers(stored), **kwargs)
    data = posted(untouched) | (changes or {})
    return section_editor(key, stored, offers(stored), data=data, **kwargs)


@pytest.mark.parametrize("stored", [FULL, EMPTY], ids=["full", "empty"])
@pytest.mark.parametrize("key", SECTION_EDITORS)
def test_saving_without_touching_anything_changes_nothing(key, stored):
    editor = edited(key, stored)
    assert editor.is_valid(), [form.errors for form in editor.forms()]
    assert editor.content() == getattr(stored, key)


@pytest.mark.parametrize(("key", "identifier"), [("options", "o2"), ("risks", "w1"), ("criteria", "a1")])
def test_an_item_s_page_changes_nothing_by_itself(key, identifier):
    kind = ITEM_EDITORS[key]
    editor = kind(FULL, identifier, offers(FULL), data=posted(kind(FULL, identifier, offers(FULL))))
    assert editor.is_valid(), [form.errors for form in editor.forms()]
    assert editor.content() == getattr(FULL, key)


def test_the_matrix_changes_nothing_by_itself():
    form = ScoreMatrixForm(FULL, posted(ScoreMatrixForm(FULL)))
    assert form.is_valid(), form.errors
    assert form.content() == FULL.criteria


def test_a_cell_takes_one_number_or_three():
    data = posted(ScoreMatrixForm(FULL)) | {"m-c1-o1": "55", "m-c1-o2": "40 / 55,5 / 70", "m-c1-o3": ""}
    form = ScoreMatrixForm(FULL, data)
    assert form.is_valid(), form.errors
    cells = {(s.criterion, s.option): s.estimate for s in form.content().scores}
    assert cells["c1", "o1"] == d.Estimate(likely=Decimal(55))
    assert cells["c1", "o2"] == d.Estimate(low=Decimal(40), likely=Decimal("55.5"), high=Decimal(70))
    assert cells["c1", "o3"] == d.Estimate()


@pytest.mark.parametrize(
    "text", ["NaN", "1e400", "Infinity", "70 / 55 / 40", "1 / 2", "1/2/3/4", "x", "\x00", "9" * 61]
)
def test_a_cell_refuses_what_is_not_an_estimate(text):
    form = ScoreMatrixForm(FULL, posted(ScoreMatrixForm(FULL)) | {"m-c1-o1": text})
    assert not form.is_valid()
    assert list(form.errors) == ["c1-o1"]


def test_reasons_are_kept_beside_their_scores():
    criterion = FULL.criteria.criteria[0]
    form = ReasonsForm(FULL, criterion, posted(ReasonsForm(FULL, criterion)) | {"why-o1": "Measured"})
    assert form.is_valid(), form.errors
    content = form.content()
    assert [s.reason for s in content.scores if (s.criterion, s.option) == ("c1", "o1")] == ["Measured"]
    assert [s.estimate for s in content.scores] == [s.estimate for s in FULL.criteria.scores]


def test_a_new_row_gets_an_identifier_and_tells_the_page():
    stored = dataclasses.replace(FULL, schedule=d.Schedule())
    editor = edited("schedule", stored, {"commitments-0-text": "Begin", "commitments-0-owner": "ann"})
    assert editor.is_valid()
    (commitment,) = editor.content().commitments
    assert (commitment.text, commitment.owner) == ("Begin", "ann")
    assert commitment.id
    assert editor.named() == [("commitments-0-id", commitment.id)]


def test_an_identifier_that_was_not_stored_is_never_taken_over():
    editor = edited("schedule", EMPTY, {"commitments-0-text": "Begin", "commitments-0-id": "mine"})
    assert editor.is_valid()
    assert editor.content().commitments[0].id != "mine"


def test_an_identifier_posted_twice_is_honoured_once():
    stored = FULL
    data = posted(section_editor("schedule", stored, offers(stored), more="commitments"))
    data |= {"commitments-1-id": "k1", "commitments-1-text": "Another"}
    editor = section_editor("schedule", stored, offers(stored), data=data)
    assert editor.is_valid()
    first, second = editor.content().commitments
    assert first.id == "k1"
    assert second.id != "k1"


def test_a_row_is_removed_by_its_box_even_when_it_is_wrong():
    changes = {"commitments-0-DELETE": "on", "commitments-0-due_on": "0001-01-01"}
    editor = edited("schedule", FULL, changes)
    assert editor.is_valid()
    assert editor.content().commitments == ()


def test_a_row_stored_while_the_page_was_open_is_kept_although_the_page_calls_it_extra():
    """The page's management form still says 0 stored rows; the row itself carries the identifier it was given."""
    editor = edited("schedule", FULL, {"commitments-INITIAL_FORMS": "0"})
    assert editor.is_valid()
    assert editor.content().commitments == FULL.schedule.commitments


def test_choosing_a_metric_pins_the_definition_approved_now():
    changes = {"success_metrics-0-metric": "backlog"}
    (goal,) = edited_content("metrics", FULL, changes).success_metrics
    assert (goal.metric, goal.definition_version) == ("backlog", 1)


def test_a_pinned_definition_stays_until_the_newer_one_is_asked_for():
    assert edited_content("metrics", FULL).success_metrics[0].definition_version == 1
    newer = edited_content("metrics", FULL, {"success_metrics-0-repin": "on"})
    assert newer.success_metrics[0].definition_version == 2


def edited_content(key, stored, changes=None):
    editor = edited(key, stored, changes)
    assert editor.is_valid(), [form.errors for form in editor.forms()]
    return editor.content()


def test_removing_a_criterion_removes_its_scores():
    content = edited_content("criteria", FULL, {"criteria-0-DELETE": "on"})
    assert {score.criterion for score in content.scores} == {"c2"}
    assert content.assumptions == FULL.criteria.assumptions


def test_a_large_impact_table_shows_one_option_and_keeps_the_others():
    goals = tuple(d.SuccessMetric(id=f"s{n}", metric="solved") for n in range(9))
    impacts = tuple(
        d.Impact(option=o.id, success_metric=g.id, note="kept") for o in FULL.options.options for g in goals
    )
    stored = dataclasses.replace(
        FULL, metrics=d.Metrics(success_metrics=goals), impacts=dataclasses.replace(FULL.impacts, impacts=impacts)
    )
    editor = edited("impacts", stored, {"impact-o2-s0-note": "changed"}, only="o2")
    assert editor.is_valid()
    notes = {(i.option, i.success_metric): i.note for i in editor.content().impacts}
    assert len(notes) == 27
    assert notes["o2", "s0"] == "changed"
    assert notes["o1", "s0"] == "kept"


def test_a_stored_list_longer_than_the_form_allows_loses_nothing():
    many = tuple(d.Commitment(id=f"k{n}", text=f"Do {n}") for n in range(60))
    stored = dataclasses.replace(FULL, schedule=d.Schedule(commitments=many))
    assert edited_content("schedule", stored).commitments == many
