"""Section 9 in the PDF: value functions, the swings behind the weights, every ballot, and a ranking called fragile."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from pypdf import PdfReader

from decisions.domain import dossier as d
from tests.decisions.record import cases, desk_dossier
from tests.decisions.record.conftest import Produce


def judged() -> d.Dossier:
    """Return a dossier whose weights came from swings and whose scores came from three ballots, one never given."""
    content = desk_dossier.dossier()
    section = content.criteria
    first, *others = section.criteria
    corners = ((0, 0), (40, 70), (100, 100))
    curve = tuple(d.Corner(score=Decimal(score), value=Decimal(value)) for score, value in corners)
    ballots = tuple(
        d.Ballot(
            evaluator=name,
            given_on=date(2026, 2, 3),
            scores=tuple(
                d.BallotScore(criterion=criterion.id, option=option.id, score=Decimal(figure))
                for criterion in section.criteria
                for option in content.options.options
            ),
            weights=tuple(d.BallotWeight(criterion=each.id, weight=Decimal(figure)) for each in section.criteria),
        )
        for name, figure in (("approver1", "31"), ("approver2", "57"))
    )
    changed = replace(
        section,
        criteria=(replace(first, scale="piecewise", curve=curve), *others),
        swings=tuple(
            d.Swing(criterion=each.id, rank=place, rating=Decimal(120 - 20 * place))
            for place, each in enumerate(section.criteria, 1)
        ),
        ballots=(*ballots, d.Ballot(evaluator="owner", released="Away until March.")),
    )
    return replace(content, criteria=changed)


@pytest.fixture(scope="module")
def said(produce: Produce) -> str:
    pages = PdfReader(BytesIO(produce(cases.record(content=judged())))).pages
    return " ".join(re.sub(r"\s+", " ", page.extract_text()) for page in pages)


@pytest.mark.parametrize(
    "words",
    [
        "0 is worth 0, 40 is worth 70, 100 is worth 100",
        "Swings that the weights were derived from",
        "Change fatigue 2 80",
        "Swings and weights disagree",
        "Ballot of Anna Approver (approver1), given on 3 Feb 2026",
        "Ballot of Ben Approver (approver2), given on 3 Feb 2026",
        "Weeks to effect 31 31 31",
        "Weeks to effect 57 57 57",
        "Ballot of Olive Owner (owner)",
        "Not given. Away until March.",
    ],
)
def test_how_the_scores_came_about_is_in_the_record(said: str, words: str) -> None:
    assert words in said


def test_a_fragile_ranking_is_said_on_the_cover_and_beside_the_ranking(said: str) -> None:
    assert said.count("Fragile ranking") >= 2
    assert "Firm ranking" not in said
