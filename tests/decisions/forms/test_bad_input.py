import pytest

from decisions.domain import dossier as d
from decisions.forms.sections import section_editor
from tests.decisions.forms.posting import posted
from tests.decisions.forms.samples import dossier, offers
from tests.decisions.forms.test_mapping import edited

FULL = dossier()

BAD = [
    ("background", "f-horizon_months", "1e400"),
    ("background", "f-horizon_months", "0"),
    ("background", "f-horizon_months", "9" * 5000),
    ("background", "f-trade_off__stance", "NaN"),
    ("background", "f-trade_off__stance", "101"),
    ("background", "f-text", "a\x00b"),
    ("background", "f-text", "half \ud800"),
    ("background", "f-text", "x" * 1_000_001),
    ("background", "p-refresh_on", "0001-01-01"),
    ("background", "p-refresh_on", "31 June"),
    ("background", "p-assumption_owner", "nobody"),
    ("background", "evidence-0-reference", "javascript:alert(1)"),
    ("background", "evidence-0-kind", "rumour"),
    ("metrics", "success_metrics-0-metric", "not_on_offer"),
    ("metrics", "success_metrics-0-target", "Infinity"),
    ("costs", "cost-o1-cost__low", "1000000"),
    ("impacts", "impact-o1-s1-estimate__likely", "--5"),
    ("risks", "risks-0-option", "o99"),
    ("criteria", "criteria-0-weight", "-1"),
    ("recommendation", "f-option", "o99"),
]


@pytest.mark.parametrize(("key", "field", "value"), BAD)
def test_nonsense_is_refused_at_its_field_with_a_sentence(key, field, value):
    editor = edited(key, FULL, {field: value})
    assert not editor.is_valid()
    errors = {form.add_prefix(name): errors for form in editor.forms() for name, errors in form.errors.items()}
    assert len(errors) == 1
    sentence = next(iter(errors.values()))[0]
    assert sentence[0].isupper()
    assert sentence.endswith(".")


@pytest.mark.parametrize("total", ["100000000", "-1", "x", ""])
def test_a_tampered_list_is_refused_and_nothing_is_read_from_it(total):
    editor = edited("schedule", FULL, {"commitments-TOTAL_FORMS": total})
    assert not editor.is_valid()
    assert len(editor.rowsets["commitments"].forms) <= 30


def test_a_list_whose_management_form_is_missing_is_refused():
    data = {k: v for k, v in posted(section_editor("schedule", FULL, offers(FULL))).items() if "_FORMS" not in k}
    assert not section_editor("schedule", FULL, offers(FULL), data=data).is_valid()


def test_markup_is_kept_as_the_text_it_is():
    editor = edited("constraints", FULL, {"f-text": "<script>alert(1)</script>"})
    assert editor.is_valid()
    assert editor.content().text == "<script>alert(1)</script>"


def test_a_person_who_is_no_longer_on_offer_stays_until_somebody_changes_it():
    stored = d.Dossier(recommendation=d.Recommendation(owner="gone"))
    editor = edited("recommendation", stored)
    assert editor.is_valid()
    assert editor.content().owner == "gone"
