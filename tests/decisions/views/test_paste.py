"""Pasting a table: looked at first, then filled; nothing is lost on the way."""

import dataclasses

import pytest
from django.urls import reverse

from decisions.domain.dossier import Criteria
from decisions.domain.reading import section_from
from decisions.services import drafting

pytestmark = pytest.mark.django_db


def url(draft, table="scores"):
    return reverse("decision_paste", args=[draft.reference, table])


def stored(draft, key):
    return section_from(key, draft.sections.get(key=key).content)


def table_of(draft, *cells):
    dossier = drafting.dossier_of(draft)
    names = [option.name for option in dossier.options.options]
    rows = [[item.name, *cells] for item in dossier.criteria.criteria]
    return "\n".join("\t".join(row) for row in [["", *names], *rows])


def test_a_table_is_looked_at_before_anything_is_stored(desk, draft):
    before = stored(draft, "costs")
    text = "\tCost\tNothing\n" + drafting.dossier_of(draft).options.options[0].name + "\t7,5/8/9\t1"
    html = desk.post(url(draft, "costs"), {"table": text, "version": "1"}).content.decode()
    assert "1 cell would be filled" in html
    assert "Column “Nothing” is not known here." in html
    assert "7.5 / 8 / 9" in html
    assert stored(draft, "costs") == before


def test_what_was_looked_at_is_filled_and_the_rest_stays(desk, draft):
    before = stored(draft, "costs")
    text = "\tCost\n" + drafting.dossier_of(draft).options.options[0].name + "\t7,5/8/9"
    assert desk.post(url(draft, "costs"), {"table": text, "version": "1", "fill": "1"}).status_code == 302
    first, *rest = stored(draft, "costs").costs
    assert str(first.cost.low) == "7.5"
    assert first.effort_days == before.costs[0].effort_days
    assert tuple(rest) == before.costs[1:]


def test_over_somebody_else_s_save_it_is_looked_at_again(desk, draft, who):
    section = dataclasses.replace(stored(draft, "costs"), text="Another word.")
    drafting.save_section(draft, "costs", section, expected_version=1, by=who)
    text = "\tCost\n" + drafting.dossier_of(draft).options.options[0].name + "\t8"
    answer = desk.post(url(draft, "costs"), {"table": text, "version": "1", "fill": "1"})
    assert answer.status_code == 409
    assert "what your table would change now" in answer.content.decode()
    assert text.splitlines()[1] in answer.content.decode()


def test_scores_wait_for_the_criteria_to_have_names(desk, draft, who):
    section = dataclasses.replace(stored(draft, "criteria"), criteria=(), scores=())
    assert isinstance(section, Criteria)
    html = desk.get(url(draft)).content.decode()
    assert "Look at it first" in html
    assert desk.get(url(draft, "nothing")).status_code == 404
