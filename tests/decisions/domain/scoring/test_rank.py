"""Ranking: published cases, ties, thresholds, robustness."""

import time
from dataclasses import replace

import pytest

from decisions.domain.scoring import ModelError, rank
from tests.decisions.domain.scoring.cases import identity, model, office


def test_the_office_location_has_the_published_benefits():
    values = {ranked.option: ranked.value for ranked in rank(office()).ranking}
    assert {option: round(value, 1) for option, value in values.items()} == dict(
        zip("ABCDEFG", (80.8, 39.4, 47.4, 52.3, 64.8, 20.9, 60.2), strict=True)
    )
    assert [ranked.option for ranked in rank(office()).ranking] == list("AEGDCBF")


def test_the_office_location_has_the_published_frontier():
    found = rank(office()).frontier
    assert [corner.option for corner in found] == ["C", "G", "A"]
    assert found[0].price_per_point is None
    assert found[2].price_per_point == pytest.approx(20000 / (80.8 - 60.2), abs=0.5)


def test_contributions_add_up_to_the_value():
    ranking = rank(office())
    for ranked in ranking.ranking:
        assert sum(ranking.contributions[ranked.option].values()) == pytest.approx(ranked.value)
    assert ranking.contributions["A"]["closeness"] == pytest.approx(32.0)


def test_in_the_identity_every_option_is_first_for_a_third_of_all_weights():
    ranking = rank(identity(), weights="uniform", draws=20_000)
    for option in ("o0", "o1", "o2"):
        assert ranking.acceptability[option] == pytest.approx((1 / 3,) * 3, abs=0.015)
        assert ranking.confidence[option] == 1.0
    assert ranking.central_weights["o1"]["c1"] == pytest.approx(11 / 18, abs=0.01)  # mean of the largest of three


def test_central_weights_of_ordinal_draws_are_the_rank_order_centroid():
    weights = {"a": 3.0, "b": 2.0, "c": 1.0}
    scores = {"good": {"a": 90, "b": 90, "c": 90}, "bad": {"a": 10, "b": 10, "c": 10}}
    ranking = rank(model(weights, scores), weights="ordinal", draws=20_000)
    assert list(ranking.central_weights["good"].values()) == pytest.approx([11 / 18, 5 / 18, 2 / 18], abs=0.01)
    assert ranking.central_weights["bad"] is None
    assert ranking.confidence["bad"] is None


def test_ordinal_draws_keep_the_order_and_leave_equal_weights_free():
    scores = {"x": {"a": 100, "b": 0, "c": 0}, "y": {"a": 0, "b": 100, "c": 0}, "z": {"a": 0, "b": 0, "c": 100}}
    ranking = rank(model({"a": 2.0, "b": 1.0, "c": 1.0}, scores), weights="ordinal")
    assert ranking.acceptability["x"] == (1.0, 0.0, 0.0)
    assert ranking.acceptability["y"][1] == pytest.approx(0.5, abs=0.02)


def test_triangular_scores_give_the_exact_acceptability():
    scores = {"sure": {"a": 50}, "vague": {"a": (0, 50, 80)}}
    ranking = rank(model({"a": 1.0}, scores), draws=50_000)
    above = (80 - 50) / (80 - 0)  # the share of the triangle above its peak
    assert ranking.acceptability["vague"][0] == pytest.approx(above, abs=0.01)
    assert ranking.acceptability["sure"][0] == pytest.approx(1 - above, abs=0.01)


def test_equal_values_share_a_rank_and_are_fragile():
    ranking = rank(
        model({"a": 1.0, "b": 1.0}, {"x": {"a": 0, "b": 80}, "y": {"a": 80, "b": 0}, "z": {"a": 10, "b": 10}})
    )
    assert [(ranked.option, ranked.rank) for ranked in ranking.ranking] == [("x", 1), ("y", 1), ("z", 3)]
    assert ranking.leaders == ("x", "y")
    assert ranking.fragile
    assert "2 options share the first rank." in ranking.fragile_reasons


@pytest.mark.parametrize(("lead", "fragile"), [(1, True), (5, True), (60, False)])
def test_a_ranking_is_fragile_when_small_changes_of_weight_turn_it(lead, fragile):
    scores = {"x": {"a": 30 + lead, "b": 70}, "y": {"a": 70, "b": 30}}
    ranking = rank(model({"a": 1.0, "b": 1.0}, scores))
    assert ranking.fragile is fragile
    assert (ranking.leader_first < 0.7) is fragile
    assert bool(ranking.fragile_reasons) is fragile


def test_fragility_does_not_depend_on_what_the_simulation_draws():
    found = {weights: rank(identity(), weights=weights).leader_first for weights in ("fixed", "uniform", "ordinal")}
    assert len(set(found.values())) == 1


def test_less_is_better_where_the_criterion_says_so():
    direct = rank(model({"a": 1.0}, {"x": {"a": 20}, "y": {"a": 60}}, direction="min"))
    assert [(r.option, r.value) for r in direct.ranking] == [("x", 80.0), ("y", 40.0)]
    linear = rank(model({"a": 1.0}, {"x": {"a": 900}, "y": {"a": 1100}}, direction="min", scale="linear"))
    assert [(r.option, r.value) for r in linear.ranking] == [("x", 100.0), ("y", 0.0)]


def test_a_stated_range_holds_and_a_score_beyond_it_counts_as_its_end():
    scores = {"x": {"a": 15}, "y": {"a": 30}, "z": {"a": (10, 20, 99)}}
    ranking = rank(model({"a": 1.0}, scores, scale="linear", worst=10.0, best=20.0))
    assert {r.option: r.value for r in ranking.ranking} == {"y": 100.0, "z": 100.0, "x": 50.0}
    assert ranking.ranges_from_options == ()


def test_without_a_stated_range_the_options_give_it_and_the_ranking_says_so():
    ranking = rank(model({"a": 1.0}, {"x": {"a": (10, 20, 30)}, "y": {"a": 20}}, scale="linear"))
    assert {r.value for r in ranking.ranking} == {50.0}
    assert ranking.ranges_from_options == ("a",)


def test_a_criterion_on_which_all_score_the_same_makes_no_difference():
    ranking = rank(model({"a": 1.0, "b": 1.0}, {"x": {"a": 5, "b": 2}, "y": {"a": 5, "b": 3}}, scale="linear"))
    assert {r.option: r.value for r in ranking.ranking} == {"y": 50.0, "x": 0.0}


def test_a_value_function_may_bend():
    bent = model({"a": 1.0}, {"x": {"a": 5}, "y": {"a": 20}}, curve=((0.0, 0.0), (10.0, 80.0), (30.0, 100.0)))
    assert {r.option: r.value for r in rank(bent).ranking} == {"x": 40.0, "y": 90.0}


@pytest.mark.parametrize(
    ("direction", "threshold", "vetoed"), [("max", 40.0, ("y",)), ("max", 20.0, ()), ("min", 50.0, ("x",))]
)
def test_a_veto_excludes_what_lies_beyond_its_threshold(direction, threshold, vetoed):
    case = model({"a": 1.0}, {"x": {"a": 90}, "y": {"a": 20}, "z": {"a": 45}}, direction=direction)
    case = replace(case, criteria=(replace(case.criteria[0], threshold=threshold, veto=True),))
    ranking = rank(case)
    assert ranking.vetoed == vetoed
    assert {r.option for r in ranking.ranking} == {"x", "y", "z"} - set(vetoed)
    assert all(len(row) == len(ranking.ranking) for row in ranking.acceptability.values())


def test_a_threshold_without_veto_is_only_reported():
    ranking = rank(model({"a": 1.0}, {"x": {"a": 90}, "y": {"a": 20}}, threshold=40.0))
    assert [(m.option, m.veto) for m in ranking.missed] == [("y", False)]
    assert len(ranking.ranking) == 2


def test_dominance_needs_the_whole_estimate_not_only_the_likely_score():
    scores = {"x": {"a": (50, 60, 70), "b": 50}, "y": {"a": (30, 40, 90), "b": 50}, "z": {"a": (20, 30, 60), "b": 50}}
    assert rank(model({"a": 1.0, "b": 1.0}, scores)).dominated == {"z": ("x", "y")}


def test_the_seed_decides_the_draws():
    case = model({"a": 2.0, "b": 1.0}, {"x": {"a": (10, 50, 90), "b": 40}, "y": {"a": 40, "b": (20, 60, 70)}})
    assert rank(case, weights="uniform", seed=7) == rank(case, weights="uniform", seed=7)
    assert rank(case, weights="uniform", seed=7).acceptability != rank(case, weights="uniform", seed=8).acceptability


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"draws": 0}, "between 1 and"),
        ({"draws": 10**9}, "between 1 and"),
        ({"weights": "random"}, "must be “fixed”"),
        ({"seed": -1}, "seed"),
    ],
)
def test_settings_out_of_bounds_are_refused(settings, words):
    with pytest.raises(ModelError, match=words):
        rank(office(), **settings)


def test_ten_options_on_twelve_criteria_take_less_than_a_fifth_of_a_second():
    names = [f"c{j}" for j in range(12)]
    scores = {f"o{i}": {c: (j, 20 + i + j, 60 + 2 * i + j) for j, c in enumerate(names)} for i in range(10)}
    case = model(dict.fromkeys(names, 1.0), scores)
    best = float("inf")
    for _ in range(3):
        start = time.thread_time()  # what it costs, whatever else the machine is doing
        rank(case, weights="uniform", draws=10_000)
        best = min(best, time.thread_time() - start)
    assert best < 0.2
