"""The B0685 case: what its options are scored on, the scores, and the assumptions beneath them."""

from datetime import date, timedelta

from decisions.demo.pieces import CONTRIBUTOR, OWNER, STEWARD, estimate, link, number, registered, source, within
from decisions.domain import dossier as d

_SCORES: dict[str, dict[str, tuple[float, float, float]]] = {
    "speed": {"a": (15, 25, 35), "b": (65, 78, 88), "c": (60, 82, 95)},
    "fairness": {"a": (80, 88, 94), "b": (62, 74, 82), "c": (25, 42, 60)},
    "people": {"a": (45, 55, 65), "b": (58, 70, 80), "c": (20, 38, 62)},
    "undo": {"a": (90, 95, 100), "b": (70, 80, 88), "c": (10, 25, 40)},
}
_SWINGS = {"speed": 100, "fairness": 62.5, "people": 50, "undo": 37.5}
_REASONS = {
    "speed": "From the waiting times of the desk and of the pilot.",
    "fairness": "From a comparison of 200 settled exceptions.",
    "people": "From the pulse survey of the teams that took part.",
    "undo": "Judged by the two who wrote the options, apart from each other.",
}


def criteria(today: date) -> d.Criteria:
    """Return section nine."""
    return d.Criteria(
        text="Weights were agreed before the options were scored.",
        criteria=(
            d.Criterion(id="speed", name="Speed for the customer", weight=number(40), meaning="Days until settled."),
            d.Criterion(
                id="fairness",
                name="Like cases alike",
                weight=number(25),
                threshold=number(35),
                veto=True,
                meaning="Would another team have settled it the same way? Below 35 an option is out.",
            ),
            d.Criterion(id="people", name="Bearable for the teams", weight=number(20), meaning="Load and learning."),
            d.Criterion(
                id="undo", name="Can be taken back", weight=number(15), meaning="Weeks until all is as before."
            ),
        ),
        scores=tuple(
            d.Score(criterion=criterion, option=option, estimate=estimate(*triple), reason=_REASONS[criterion])
            for criterion, row in _SCORES.items()
            for option, triple in row.items()
        ),
        assumptions=_assumptions(today),
        swings=tuple(
            d.Swing(criterion=criterion, rank=place, rating=number(rating))
            for place, (criterion, rating) in enumerate(_SWINGS.items(), 1)
        ),
        ballots=_ballots(today),
        provenance=source(today, link(today, "Scoring workshop, notes", "papers/scoring"), who=CONTRIBUTOR),
    )


def _ballots(today: date) -> tuple[d.Ballot, ...]:
    """Return three sheets whose lowest, mean and highest are the scores."""
    return tuple(
        d.Ballot(
            evaluator=who,
            given_on=today - timedelta(days=45),
            scores=tuple(
                d.BallotScore(
                    criterion=criterion, option=option, score=number((low, 3 * likely - low - high, high)[place])
                )
                for criterion, row in _SCORES.items()
                for option, (low, likely, high) in row.items()
            ),
        )
        for place, who in enumerate((CONTRIBUTOR, OWNER, STEWARD))
    )


def _assumptions(today: date) -> tuple[d.Assumption, ...]:
    return (
        d.Assumption(
            id="a1",
            statement="The front line keeps up: the backlog does not grow by more than 6 % in a week.",
            owner=CONTRIBUTOR,
            probability=number(80),
            refresh_on=within(today, 95),
            evidence=(registered(today, "backlog_growth", "Backlog growth, weekly", "e1"),),
            conditions=(
                d.BreakCondition(
                    id="c1",
                    metric="backlog_growth",
                    kind="above",
                    bound=number(6),
                    clear=d.Clear(bound=number(4), sustained=1),
                    severity="critical",
                ),
            ),
        ),
        d.Assumption(
            id="a2",
            statement="Cases settled at the front line stay settled: the resolution rate holds at 78 % or better.",
            owner="steward",
            probability=number(85),
            refresh_on=within(today, 95),
            evidence=(registered(today, "support_resolution_rate", "Support resolution rate, weekly", "e1"),),
            conditions=(
                d.BreakCondition(
                    id="c1",
                    metric="support_resolution_rate",
                    kind="below",
                    bound=number(78),
                    sustained=2,
                    clear=d.Clear(bound=number(80), sustained=2),
                ),
                d.BreakCondition(
                    id="c2",
                    metric="support_resolution_rate",
                    segment_name="Americas",
                    kind="below",
                    bound=number(74),
                    sustained=2,
                    severity="minor",
                ),
            ),
        ),
        d.Assumption(
            id="a3",
            statement="The teams can bear this change: the fatigue index stays under 70, and limits are kept.",
            owner=OWNER,
            probability=number(70),
            refresh_on=within(today, 60),
            evidence=(registered(today, "change_fatigue_index", "Change fatigue index, weekly", "e1"),),
            conditions=(
                d.BreakCondition(
                    id="c1",
                    metric="change_fatigue_index",
                    kind="above",
                    bound=number(70),
                    sustained=2,
                    severity="minor",
                ),
            ),
            manual_check="Talk to the three leads about what they hear.",
            manual_check_on=within(today, 30),
        ),
    )
