"""What a replay tells the author of a condition, and what chance alone would have done."""

import math
import random
import time
from datetime import timedelta
from decimal import Decimal

import pytest

from metrics.domain.backtesting import Summary, Tried, summary, tried
from metrics.domain.conditions import parse
from metrics.domain.fold import Context, Reading
from metrics.domain.noise import chances, expected_firings, noise, warning
from tests.metrics.domain.notation import WEEKLY, replay, week, weeks

ABOVE = {"kind": "above", "bound": 70}


def test_a_summary_counts_firings_share_delay_and_the_longest_breach():
    spec = ABOVE | {"sustained": 2, "clear": {"sustained": 2}}
    assert summary(replay(spec, "60 71 71 60 60 71 60 71 . 71 71 60")) == Summary(
        fired=2,
        flaps=0,
        periods=12,
        periods_in_breach=4,
        share=4 / 12,
        mean_delay=timedelta(days=7),
        longest=2,
        open=True,
    )


def test_a_summary_of_nothing_is_all_zero():
    empty = Summary(fired=0, flaps=0, periods=0, periods_in_breach=0, share=0.0, mean_delay=None, longest=0, open=False)
    assert summary(replay(ABOVE, "")) == empty


def test_a_summary_counts_flaps_and_the_mean_of_different_delays():
    flapping = summary(replay(ABOVE | {"cooldown": 1}, "71 60 71 60 60 60 71 60"))
    assert (flapping.fired, flapping.flaps, flapping.open, flapping.longest) == (2, 1, False, 1)
    slow = summary(replay(ABOVE | {"sustained": 2, "gap": "skip"}, "71 . . 71 60 71 71 60"))
    assert slow.mean_delay == timedelta(days=14)


@pytest.mark.parametrize(
    ("spec", "breach", "clear"),
    [
        ({"kind": "above", "bound": 11}, 0.158655, 0.841345),
        ({"kind": "above", "bound": 11, "clear": {"bound": 10}}, 0.158655, 0.5),
        ({"kind": "below", "bound": 8}, 0.022750, 0.977250),
        ({"kind": "below", "bound": 8, "clear": {"bound": 10}}, 0.022750, 0.5),
        ({"kind": "outside", "low": 9, "high": 11}, 0.317311, 0.682689),
        ({"kind": "outside", "low": 8, "high": 12, "clear": {"low": 9, "high": 11}}, 0.045500, 0.682689),
        ({"kind": "inside", "low": 9, "high": 11}, 0.682689, 0.317311),
        ({"kind": "inside", "low": 9, "high": 11, "clear": {"low": 8, "high": 12}}, 0.682689, 0.045500),
    ],
)
def test_the_chances_of_a_normal_value(spec, breach, clear):
    assert chances(parse(spec), 10.0, 1.0) == pytest.approx((breach, clear), abs=1e-6)


@pytest.mark.parametrize(
    ("periods", "breach", "clear", "sustained", "clear_sustained", "expected"),
    [
        (10, 0.0, 1.0, 1, 1, 0.0),
        (1, 0.3, 0.7, 1, 1, 0.3),
        (2, 0.5, 0.5, 1, 1, 0.75),
        (3, 0.5, 0.5, 2, 1, 0.375),
        (10, 1.0, 0.0, 3, 1, 1.0),
        (4, 0.5, 0.5, 1, 2, 0.5 + 0.25 + 0.125 + 0.125),
    ],
)
def test_expected_firings_by_hand(periods, breach, clear, sustained, clear_sustained, expected):
    assert expected_firings(periods, breach, clear, sustained, clear_sustained) == pytest.approx(expected)


def test_expected_firings_agree_with_a_simulation_by_the_fold_itself():
    spec = ABOVE | {"bound": 11, "sustained": 2, "clear": {"bound": 10, "sustained": 2}}
    draw = random.Random(7)
    runs = [len(replay(spec, " ".join(f"{draw.gauss(10, 1):.6f}" for _ in range(52))).episodes) for _ in range(600)]
    breach, clear = chances(parse(spec), 10.0, 1.0)
    expected = expected_firings(52, breach, clear, 2, 2)
    error = 4 * math.sqrt(expected / len(runs))
    assert sum(runs) / len(runs) == pytest.approx(expected, abs=error)


CALM = [Decimal(value) for value in (10, 11, 10, 9, 10, 11, 9, 10, 10, 11)]


def test_a_bound_within_the_ordinary_variation_is_warned_about():
    found = noise(parse({"kind": "above", "bound": 10}), CALM, fired=3)
    assert found.expected == pytest.approx(2.8, abs=0.3)
    assert found.warning == (
        f"Noise alone would fire this about {found.expected:.1f} times in 10 periods: "
        "the bound lies within the metric's ordinary variation."
    )


MORE = "more than the metric's noise explains (hardly ever): something moved it."


@pytest.mark.parametrize(
    ("bound", "fired", "warning"),
    [
        (15, 0, ""),
        (15, 1, f"It would have fired once, {MORE}"),
        (
            15,
            2,
            f"It would have fired 2 times, {MORE}",
        ),
        (12, 1, ""),
    ],
)
def test_more_firings_than_noise_explains_are_pointed_out(bound, fired, warning):
    assert noise(parse({"kind": "above", "bound": bound}), CALM, fired).warning == warning


@pytest.mark.parametrize(
    ("spec", "values"),
    [
        ({"kind": "above", "bound": 10}, CALM[:7]),
        ({"kind": "above", "bound": 10}, [Decimal(5)] * 10),
        ({"kind": "above", "bound": 10, "sustained": "P14D"}, CALM),
        ({"kind": "above", "bound": 10, "clear": {"sustained": "P14D"}}, CALM),
        ({"kind": "stale"}, CALM),
    ],
)
def test_where_noise_cannot_be_told_nothing_is_claimed(spec, values):
    assert noise(parse(spec), values, fired=1) is None


def test_eight_values_are_enough_and_the_firings_are_told():
    found = noise(parse({"kind": "above", "bound": 12}), CALM[:8], fired=1)
    assert (found.fired, found.warning) == (1, "")


@pytest.mark.parametrize(
    ("expected", "fired", "warned"),
    [
        (1.0, 0, True),
        (0.99, 0, False),
        (0.99, 3, False),
        (0.99, 4, True),
        (0.5, 2, False),
        (0.5, 3, True),
        (0.01, 1, True),
    ],
)
def test_the_warning_goes_by_the_chance_of_so_many_firings(expected, fired, warned):
    assert bool(warning(expected, fired, 52)) is warned


def noisy(count: int) -> list[Reading]:
    dice = random.Random(7)
    return weeks(" ".join(f"{dice.gauss(50, 5):.2f}" for _ in range(count)))


def tried_on(spec: dict, readings: list[Reading]) -> Tried:
    return tried(parse(spec), readings, week(len(readings) + 1), WEEKLY, Context())


BASELINE = {"baseline": 20}
ABOVE_55 = {"kind": "above", "bound": 55}


@pytest.mark.parametrize(
    ("spec", "low", "high"),
    [
        (ABOVE_55 | {"sustained": "P7D"}, 1, 4),  # from end to end: two weeks in a row, which the formula gives
        (ABOVE_55 | {"sustained": 2}, 1, 4),
        ({"kind": "change", "percent": 20, "against": 1}, 5, 20),
        ({"kind": "process", "rules": [1], **BASELINE}, 0.05, 1.5),
        ({"kind": "process", "rules": [1, 2, 3, 4, 5, 6, 7, 8], **BASELINE}, 2, 12),
        ({"kind": "drift", "chart": "ewma", **BASELINE}, 0.1, 3),
        ({"kind": "any", "parts": [ABOVE_55, {"kind": "below", "bound": 45}]}, 15, 40),
    ],
)
def test_noise_is_reckoned_for_every_kind_that_looks_at_values(spec, low, high):
    found = tried_on(spec, noisy(100))
    assert found.noise is not None
    assert low <= found.noise.expected <= high
    assert tried_on(spec, noisy(100)).noise == found.noise  # the same draws every time


@pytest.mark.parametrize(
    "spec",
    [
        {"kind": "stale", "grace": 1},
        {"kind": "definition", "version": 1},
        {"kind": "any", "parts": [ABOVE_55 | {"metric": "inflow"}]},
    ],
)
def test_silence_definitions_and_other_metrics_have_no_noise_of_their_own(spec):
    assert tried_on(spec, noisy(30)).noise is None


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, ""), (1, "There is 1 value so far"), (7, "There are 7 values so far"), (8, "")],
)
def test_a_short_history_is_said_to_be_short(count, words):
    found = tried_on({"kind": "above", "bound": 500}, noisy(count))
    assert found.warning.startswith(words)
    assert bool(found.warning) == bool(words)


def test_a_condition_that_cries_wolf_is_warned_of():
    assert "the bound lies within the metric's ordinary variation" in tried_on(ABOVE_55, noisy(60)).warning
    assert tried_on({"kind": "above", "bound": 70}, noisy(60)).warning == ""


def test_ten_thousand_values_are_tried_at_once():
    readings = noisy(10_000)
    charts = ({"kind": "process", "rules": [1, 2], **BASELINE}, {"kind": "drift", "chart": "cusum", **BASELINE})
    for spec in (ABOVE_55, *charts):
        began = time.perf_counter()
        tried_on(spec, readings)
        assert time.perf_counter() - began < 2  # 60 ms on an idle machine
