"""What came beside what was expected: variances, calibration, a second ranking, and the four ways to end."""

from datetime import date
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions.domain.calibration import ENOUGH, Outcome, bands, brier, calibration
from decisions.domain.dossier import Estimate
from decisions.domain.judging import GRID, TOO_EARLY, quadrant
from decisions.domain.rescoring import rescored
from decisions.domain.scoring import Criterion, Model, ModelError, Option, Triple, rank
from decisions.domain.variance import (
    AssumptionVariance,
    Breach,
    MetricVariance,
    Observed,
    broke,
    contradicted,
    metric_variance,
)

DAY = date(2026, 11, 2)


def number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def compared(
    actual: str | None, *, baseline: str | None = "70", target: str | None = "85", direction: str = "higher"
) -> MetricVariance:
    """A metric that was to rise by 5 to 15, likely 10."""
    return metric_variance(
        metric="rate",
        name="Rate",
        unit="%",
        direction=direction,
        definition_version=1,
        baseline=number(baseline),
        target=number(target),
        expected=Estimate(low=Decimal(5), likely=Decimal(10), high=Decimal(15)),
        observed=Observed(value=number(actual), until=DAY, mean=number(actual), count=4),
    )


@pytest.mark.parametrize(
    ("actual", "change", "variance", "place", "better", "met"),
    [
        ("80", "10", "0", "within", None, False),
        ("75", "5", "-5", "within", False, False),
        ("85", "15", "5", "within", True, True),
        ("74.9", "4.9", "-5.1", "below", False, False),
        ("85.1", "15.1", "5.1", "above", True, True),
        ("60", "-10", "-20", "below", False, False),
        (None, None, None, "unknown", None, None),
    ],
)
def test_a_metric_is_compared_by_its_change(
    actual: str | None, change: str | None, variance: str | None, place: str, better: bool | None, met: bool | None
) -> None:
    found = compared(actual)
    assert (found.change, found.variance, found.place) == (number(change), number(variance), place)
    assert (found.better, found.target_met) == (better, met)


def test_for_a_metric_that_should_fall_less_is_better() -> None:
    assert compared("84", direction="lower", target="80").better is False
    assert compared("76", direction="lower", target="80").target_met is True
    within = compared("84", direction="within")
    assert (within.better, within.target_met) == (None, None)


def test_without_a_baseline_or_an_estimate_nothing_is_compared() -> None:
    assert (compared("80", baseline=None).place, compared("80", baseline=None).change) == ("unknown", None)
    assert compared("80", target=None).target_met is None


def test_an_assumption_breaks_by_any_episode_and_unwatched_nobody_can_tell() -> None:
    breach = Breach(sentence="above 10", start=DAY)
    assert (broke((breach,), watched=True), broke((), watched=True), broke((), watched=False)) == (True, False, None)


@pytest.mark.parametrize(
    ("told", "held", "contrary"),
    [
        (True, True, True),
        (True, False, False),
        (False, False, True),
        (False, True, False),
        (None, True, False),
        (True, None, False),
    ],
)
def test_a_judgement_against_the_conditions_is_noticed(told: bool | None, held: bool | None, contrary: bool) -> None:
    assert contradicted(AssumptionVariance(key="a", statement="", owner="", broke=told, held=held)) is contrary


@pytest.mark.parametrize(
    ("probability", "held", "score"),
    [("100", True, "0"), ("100", False, "1"), ("50", True, "0.25"), ("50", False, "0.25"), ("80", False, "0.64")],
)
def test_the_brier_score_is_the_squared_miss(probability: str, held: bool, score: str) -> None:
    assert brier(Decimal(probability), held) == Decimal(score)


def outcomes(owner: str, probability: int, *, held: int, broken: int) -> list[Outcome]:
    return [Outcome(owner, Decimal(probability), n < held) for n in range(held + broken)]


def test_few_outcomes_say_little_and_the_page_says_so() -> None:
    (found,) = calibration(outcomes("ona", 80, held=4, broken=1))
    assert (found.count, found.held, found.expected, found.brier) == (5, 4, Decimal("4.0"), Decimal("0.160"))
    assert found.verdict == "Too few to judge: 5 of the 10 it takes."
    assert not found.enough


@pytest.mark.parametrize(
    ("probability", "held", "said"),
    [(90, 9, "In keeping"), (90, 8, "In keeping"), (90, 7, "too high"), (20, 6, "too low"), (20, 2, "In keeping")],
)
def test_with_enough_outcomes_the_direction_of_the_miss_is_named(probability: int, held: int, said: str) -> None:
    (found,) = calibration(outcomes("ona", probability, held=held, broken=ENOUGH - held))
    assert said in found.verdict


def test_owners_come_by_how_many_of_theirs_were_judged() -> None:
    found = calibration([*outcomes("b", 50, held=1, broken=0), *outcomes("a", 50, held=1, broken=2)])
    assert [each.owner for each in found] == ["a", "b"]


def test_bands_keep_their_lower_bound_and_the_last_one_its_upper() -> None:
    found = bands(Outcome("x", Decimal(p), held=p > 50) for p in (0, 19, 20, 80, 100))
    assert [(band.low, band.count, band.held) for band in found] == [
        (0, 2, Decimal(0)),
        (20, 1, Decimal(0)),
        (80, 2, Decimal(100)),
    ]


@given(st.lists(st.tuples(st.integers(0, 100), st.booleans()), min_size=1, max_size=30))
def test_a_score_lies_between_right_and_wrong(pairs: list[tuple[int, bool]]) -> None:
    found = [Outcome("x", Decimal(probability), held) for probability, held in pairs]
    (each,) = calibration(found)
    assert 0 <= each.brier <= 1
    assert sum(band.count for band in bands(found)) == each.count == len(pairs)


def model(scale: str = "direct") -> Model:
    """Three options on two criteria; b leads with 74 against c's 52."""
    scores = {"a": (30, 40), "b": (80, 65), "c": (50, 55)}
    made = {name: {"speed": _near(first), "ease": _near(second)} for name, (first, second) in scores.items()}
    return Model(
        criteria=(
            Criterion(id="speed", name="Speed", weight=60, scale=scale),
            Criterion(id="ease", name="Ease", weight=40, scale=scale),
        ),
        options=tuple(Option(id=name, name=name.upper(), scores=given) for name, given in made.items()),
    )


def _near(likely: float) -> Triple:
    return Triple(likely - 10, likely, likely + 10)


def test_a_worse_score_lets_another_option_win_and_says_which_criterion_did_it() -> None:
    found = rescored(model(), "b", {"speed": 30})
    assert (found.winner, found.other_won, found.expected_rank, found.actual_rank) == ("c", True, 1, 2)
    assert (found.expected, found.actual, found.winner_value) == pytest.approx((74, 44, 52))
    assert found.first < 0.2
    assert [(p.criterion, round(p.points, 6), p.place, p.turns) for p in found.pieces] == [
        ("speed", -30, "below", "c"),
        ("ease", 0, "within", ""),
    ]


def test_the_same_scores_change_nothing() -> None:
    found = rescored(model(), "b", {})
    assert (found.winner, found.actual, found.expected_rank) == ("b", found.expected, 1)
    assert {piece.points for piece in found.pieces} == {0}


def test_pieces_may_cancel_out() -> None:
    found = rescored(model(), "b", {"speed": 60, "ease": 95})
    assert sum(piece.points for piece in found.pieces) == pytest.approx(0)
    assert found.other_won is False
    assert [piece.place for piece in found.pieces] == ["below", "above"]


def test_a_scale_that_the_options_gave_stays_as_it_was_when_it_was_decided() -> None:
    linear = model("linear")
    before = {row.option: row.value for row in rank(linear).ranking}
    found = rescored(linear, "b", {"speed": 5})  # beyond the worst of then: worth nothing, and nobody else moves
    after = {"c": found.winner_value}
    assert after["c"] == pytest.approx(before["c"])
    assert found.pieces[0].points == pytest.approx(-60 * (80 - 20) / 70)


def test_a_veto_that_it_would_have_met_excludes_it() -> None:
    base = model()
    strict = Criterion(id="speed", name="Speed", weight=60, threshold=45, veto=True)
    found = rescored(Model(criteria=(strict, base.criteria[1]), options=base.options), "b", {"speed": 40})
    assert (found.excluded, found.actual_rank, found.first, found.winner) == (("Speed",), None, 0.0, "c")


@pytest.mark.parametrize(
    ("chosen", "actual", "sentence"),
    [
        ("z", {}, "not among the options"),
        ("b", {"colour": 3.0}, "no criterion “colour”"),
        ("b", {"speed": 130.0}, "between 0 and 100"),
    ],
)
def test_what_cannot_be_ranked_is_refused_with_its_reason(chosen: str, actual: dict[str, float], sentence: str) -> None:
    with pytest.raises(ModelError, match=sentence):
        rescored(model(), chosen, actual)


@given(speed=st.integers(0, 100), ease=st.integers(0, 100))
def test_the_pieces_always_sum_to_the_difference(speed: int, ease: int) -> None:
    found = rescored(model(), "b", {"speed": speed, "ease": ease})
    assert found.actual - found.expected == pytest.approx(sum(piece.points for piece in found.pieces))
    assert found.actual == pytest.approx(0.6 * speed + 0.4 * ease)
    assert found.other_won == (found.actual < 52 - 1e-9)


@pytest.mark.parametrize(
    ("outcome", "process", "name"),
    [
        ("achieved", "sound", "Deserved success"),
        ("partly", "sound", "Deserved success"),
        ("missed", "sound", "Bad luck"),
        ("achieved", "mixed", "Lucky escape"),
        ("partly", "poor", "Lucky escape"),
        ("missed", "poor", "Deserved failure"),
        ("missed", "mixed", "Deserved failure"),
        ("unknown", "sound", "Cannot be told"),
    ],
)
def test_the_outcome_is_named_apart_from_the_process(outcome: str, process: str, name: str) -> None:
    assert quadrant(outcome=outcome, process=process).name == name


def test_the_grid_holds_the_four_and_nothing_else() -> None:
    words = product(("achieved", "partly", "missed"), ("sound", "mixed", "poor"))
    shown = {cell for _, cells in GRID for cell in cells}
    assert {quadrant(outcome=outcome, process=process) for outcome, process in words} == shown
    assert TOO_EARLY not in shown
