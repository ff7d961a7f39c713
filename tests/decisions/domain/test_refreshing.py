"""What a next cycle must look at again, and what settles a mark."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from decisions.domain import dossier as d
from decisions.domain.refreshing import Mark, changed, marks, seen, unsettled
from tests.factories import dossiers as make

TODAY = date(2026, 11, 2)


def keys(dossier: d.Dossier, newest: dict[str, int] | None = None, today: date = TODAY) -> set[str]:
    return {mark.key for mark in marks(dossier, today=today, newest=newest or {})}


def fresh() -> d.Dossier:
    """A dossier of which nothing is near its date."""
    return make.dossier()


def test_scores_are_always_marked_one_option_at_a_time() -> None:
    assert keys(fresh()) == {"scores:a", "scores:b", "scores:c"}
    assert keys(d.Dossier()) == set()


@pytest.mark.parametrize(("days", "marked"), [(-400, True), (0, True), (30, True), (31, False)])
def test_evidence_is_marked_when_it_is_stale_or_nearly(days: int, marked: bool) -> None:
    item = replace(make.evidence(), refresh_on=TODAY + timedelta(days=days))
    section = d.Prose(provenance=d.Provenance(evidence=(item,)))
    assert ("evidence:constraints:e1" in keys(replace(fresh(), constraints=section))) is marked


def test_evidence_without_a_date_is_marked_too_and_that_of_options_and_assumptions() -> None:
    undated = replace(make.evidence(), refresh_on=None)
    options = d.Options(options=(make.option("a", evidence=(undated,)),))
    criteria = d.Criteria(assumptions=(make.assumption(evidence=(undated,)),))
    found = keys(replace(fresh(), options=options, criteria=criteria))
    assert {"evidence:options:a.e1", "evidence:criteria:a1.e1"} <= found


@pytest.mark.parametrize(
    ("section", "value", "key"),
    [
        ("constraints", d.Prose(provenance=d.Provenance(refresh_on=TODAY)), "data:constraints"),
        ("criteria", d.Criteria(assumptions=(make.assumption(refresh_on=TODAY),)), "assumption:a1"),
        ("criteria", d.Criteria(assumptions=(make.assumption(refresh_on=None),)), "assumption:a1"),
        ("criteria", d.Criteria(assumptions=(make.assumption(manual_check_on=TODAY),)), "check:a1"),
        ("schedule", d.Schedule(commitments=(d.Commitment(id="k1", due_on=TODAY),)), "commitment:k1"),
        ("schedule", d.Schedule(first_review_on=TODAY), "first_review"),
    ],
)
def test_dates_that_have_come_are_marked(section: str, value: object, key: str) -> None:
    assert key in keys(replace(fresh(), **{section: value}))


@pytest.mark.parametrize(
    ("newest", "marked"), [({}, False), ({make.RESOLUTION: 1}, False), ({make.RESOLUTION: 2}, True)]
)
def test_a_metric_is_marked_when_a_newer_definition_is_in_force(newest: dict[str, int], marked: bool) -> None:
    assert ("metric:m1" in keys(fresh(), newest)) is marked


def open_sentences(dossier: d.Dossier, found: tuple[Mark, ...]) -> list[str]:
    return [obstacle.sentence for obstacle in unsettled(dossier, found)]


def test_a_mark_stands_until_what_it_is_about_changes() -> None:
    dossier = fresh()
    found = marks(dossier, today=TODAY, newest={})
    assert len(open_sentences(dossier, found)) == 3
    score = replace(dossier.criteria.scores[0], reason="Looked at again.")
    again = replace(dossier, criteria=replace(dossier.criteria, scores=(score, *dossier.criteria.scores[1:])))
    assert len(open_sentences(again, found)) == 2
    assert all("Option A" not in sentence for sentence in open_sentences(again, found))


def test_a_mark_is_settled_when_what_it_is_about_is_removed() -> None:
    dossier = fresh()
    found = marks(dossier, today=TODAY, newest={})
    none = replace(dossier, criteria=replace(dossier.criteria, scores=()))
    assert open_sentences(none, found) == []


def test_a_replay_of_its_conditions_does_not_refresh_an_assumption() -> None:
    aged = make.assumption(refresh_on=TODAY)
    dossier = replace(fresh(), criteria=d.Criteria(assumptions=(aged,)))
    mark = next(mark for mark in marks(dossier, today=TODAY, newest={}) if mark.key == "assumption:a1")
    tuned = replace(aged, conditions=(make.condition(bound=Decimal(11)),))
    believed = replace(aged, probability=Decimal(60))
    for assumption, settles in ((tuned, False), (believed, True)):
        other = replace(dossier, criteria=d.Criteria(assumptions=(assumption,)))
        assert changed(other, mark.key, mark.seen) is settles


def test_every_mark_finds_what_it_is_about_again() -> None:
    aged = make.dossier()
    source = d.Provenance(evidence=(replace(make.evidence(), refresh_on=TODAY),), refresh_on=TODAY)
    aged = replace(
        aged,
        bottlenecks=d.Prose(provenance=source),
        criteria=replace(aged.criteria, assumptions=(make.assumption(refresh_on=TODAY, manual_check_on=TODAY),)),
        schedule=replace(aged.schedule, first_review_on=TODAY, commitments=(d.Commitment(id="k1", due_on=TODAY),)),
    )
    found = marks(aged, today=TODAY, newest={make.RESOLUTION: 9})
    assert len({mark.key.partition(":")[0] for mark in found}) == 8
    assert not [mark.key for mark in found if changed(aged, mark.key, mark.seen)]
    assert len({mark.key for mark in found}) == len(found)


def test_the_digest_is_of_what_is_said() -> None:
    assert seen(make.evidence()) == seen(make.evidence())
    assert seen(make.evidence()) != seen(replace(make.evidence(), title="Others"))
