"""Standing: the worst word wins, and a decision that is not live has none."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from decisions.domain import dossier as d
from decisions.domain.moves import LIVE, State
from decisions.domain.standing import Facts, Standing, evidence_due_on, standing
from tests.factories.dossiers import SOON, assumption, dossier

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
PAST, FUTURE = NOW - timedelta(seconds=1), NOW + timedelta(seconds=1)
YESTERDAY, TODAY = date(2026, 5, 3), date(2026, 5, 4)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (Facts(state="in_force"), "sound"),
        (Facts(state="in_force", near_break=True), "near break"),
        (Facts(state="in_force", evidence_due_on=TODAY), "sound"),
        (Facts(state="in_force", evidence_due_on=YESTERDAY), "evidence overdue"),
        (Facts(state="in_force", evidence_due_on=YESTERDAY, near_break=True), "evidence overdue"),
        (Facts(state="questioned", answer_due_at=FUTURE, evidence_due_on=YESTERDAY), "questioned"),
        (Facts(state="questioned", answer_due_at=NOW), "questioned"),
        (Facts(state="questioned", answer_due_at=PAST), "overdue answer"),
        (Facts(state="in_force", answer_due_at=PAST), "overdue answer"),
    ],
)
def test_the_worst_word_wins(facts: Facts, expected: str):
    assert standing(facts, now=NOW) == expected


@pytest.mark.parametrize("state", sorted(set(State) - LIVE))
def test_what_is_not_live_has_no_standing(state: str):
    worst = Facts(state=state, answer_due_at=PAST, evidence_due_on=YESTERDAY, near_break=True)
    assert standing(worst, now=NOW) == Standing.NONE


@pytest.mark.parametrize(
    ("word", "tone"), [("sound", "ok"), ("near break", "warn"), ("overdue answer", "bad"), ("", "")]
)
def test_each_standing_has_a_tone(word: str, tone: str):
    assert Standing(word).tone == tone


def earlier(given: d.Dossier, day: date) -> list[d.Dossier]:
    """The dossier with one date moved forward, for every place that carries one."""
    source = replace(given.costs.provenance, refresh_on=day)
    sourced = replace(given.costs.provenance, evidence=(replace(source.evidence[0], refresh_on=day),))
    first, *rest = given.options.options
    evidence = (replace(first.evidence[0], refresh_on=day),)
    made = assumption(refresh_on=day)
    checked = assumption(manual_check="Ask.", manual_check_on=day)
    cited = assumption(evidence=evidence)
    return [
        replace(given, costs=replace(given.costs, provenance=source)),
        replace(given, costs=replace(given.costs, provenance=sourced)),
        replace(given, options=replace(given.options, options=(replace(first, evidence=evidence), *rest))),
        *(replace(given, criteria=replace(given.criteria, assumptions=(each,))) for each in (made, checked, cited)),
    ]


def test_the_first_refresh_date_counts_wherever_it_stands():
    full = dossier()
    assert evidence_due_on(full) == SOON
    for given in earlier(full, SOON - timedelta(days=1)):
        assert evidence_due_on(given) == SOON - timedelta(days=1)


def test_a_dossier_without_dates_has_nothing_overdue():
    assert evidence_due_on(d.Dossier()) is None
