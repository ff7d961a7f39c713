"""The score of key results; complaint 18: a decreasing key result, or one below its baseline, scored wrong."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.domain.progress import objective_score, progress, score

NUMBERS = st.decimals(min_value=-1000, max_value=1000, places=2)


@pytest.mark.parametrize(
    ("baseline", "target", "current", "expected"),
    [
        ("0", "100", "25", "0.25"),
        ("50", "80", "65", "0.5"),
        ("45", "15", "30", "0.5"),
        ("45", "15", "15", "1"),
        ("-10", "10", "0", "0.5"),
        ("10", "-10", "5", "0.25"),
        ("0.1", "0.4", "0.2", "0.3333333333333333333333333333333333"),
    ],
)
def test_complaint_18_rising_and_falling_results_score_alike(baseline, target, current, expected):
    assert score(Decimal(baseline), Decimal(target), Decimal(current)) == Decimal(expected)
    assert progress(Decimal(baseline), Decimal(target), Decimal(current)) == Decimal(expected)


@pytest.mark.parametrize(
    ("baseline", "target", "current", "share", "held"),
    [
        ("50", "80", "35", "-0.5", "0"),
        ("45", "15", "60", "-0.5", "0"),
        ("50", "80", "110", "2", "1"),
        ("45", "15", "0", "1.5", "1"),
    ],
)
def test_complaint_18_below_the_baseline_scores_zero_and_its_progress_is_negative(
    baseline, target, current, share, held
):
    arguments = Decimal(baseline), Decimal(target), Decimal(current)
    assert (progress(*arguments), score(*arguments)) == (Decimal(share), Decimal(held))


@pytest.mark.parametrize(
    ("current", "direction", "expected"),
    [("5", "", 1), ("6", "", 0), ("6", "up", 1), ("4", "up", 0), ("4", "down", 1), ("6", "down", 0), ("4", "", 0)],
)
def test_a_result_to_be_kept_is_all_or_nothing(current, direction, expected):
    assert score(Decimal(5), Decimal(5), Decimal(current), direction) == expected
    assert progress(Decimal(5), Decimal(5), Decimal(current)) is None


def test_missing_is_not_zero():
    assert score(Decimal(0), Decimal(10), None) is None


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([("0.5", "1"), ("1", "1")], "0.75"),
        ([("0.5", "3"), ("1", "1")], "0.625"),
        ([("0.5", "1"), (None, "9")], "0.5"),
        ([("0.5", "1"), ("1", "0")], "0.5"),
        ([(None, "1")], None),
        ([("1", "0")], None),
        ([], None),
    ],
)
def test_an_objective_is_the_weighted_mean_of_what_is_known(scores, expected):
    given_scores = [(value and Decimal(value), Decimal(weight)) for value, weight in scores]
    assert objective_score(given_scores) == (expected and Decimal(expected))


def test_a_negative_weight_is_refused():
    with pytest.raises(ValueError, match="may not be negative"):
        objective_score([(Decimal(1), Decimal(-1))])


@given(NUMBERS, NUMBERS, NUMBERS)
def test_complaint_18_turning_the_axis_round_changes_no_score(baseline, target, current):
    assert score(baseline, target, current) == score(-baseline, -target, -current)
    found = score(baseline, target, current)
    assert found is not None
    assert 0 <= found <= 1
