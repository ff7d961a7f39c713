from dataclasses import replace
from decimal import Decimal

import pytest

from decisions.domain import weighing
from decisions.domain.dossier import Criteria, Criterion, Swing


def swings(*rows):
    numbers = ((name, rank, None if rating is None else Decimal(rating)) for name, rank, rating in rows)
    return tuple(Swing(criterion=name, rank=rank, rating=rating) for name, rank, rating in numbers)


def section(*names):
    return Criteria(criteria=tuple(Criterion(id=name, name=name.upper()) for name in names))


@pytest.mark.parametrize(
    ("rows", "weights"),
    [
        ([("a", 1, 100), ("b", 2, 60), ("c", 3, 40)], {"a": 50, "b": 30, "c": 20}),
        ([("a", 2, 50), ("b", 1, 100)], {"a": "33.33", "b": "66.67"}),
        ([("a", 1, 100), ("b", 1, 100)], {"a": 50, "b": 50}),
        # Ranks alone: the rank-order centroid of three, 11/18, 5/18, 2/18.
        ([("a", 1, None), ("b", 2, None), ("c", 3, None)], {"a": "61.11", "b": "27.78", "c": "11.11"}),
    ],
)
def test_weights_follow_from_swings(rows, weights):
    made = weighing.weighed(section(*weights), swings(*rows))
    assert {c.id: c.weight for c in made.criteria} == {name: Decimal(weight) for name, weight in weights.items()}
    assert list(weighing.inconsistencies(made)) == []
    assert weighing.follows(made)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([("a", 1, 90), ("b", 2, 60)], "Give 100 to the swing that matters most"),
        ([("a", 1, 100), ("b", 2, None)], "Rate every swing"),
        ([("a", 1, None), ("b", 1, None)], "no two are equal"),
        ([("a", None, None), ("b", 1, None)], "Rate the swings"),
        ([], "Rate the swings"),
    ],
)
def test_swings_that_give_no_weights_say_why(rows, sentence):
    with pytest.raises(ValueError, match=sentence):
        weighing.weighed(section("a", "b"), swings(*rows)) if rows else weighing.derived(swings(("a", None, None)))


def test_a_rank_that_contradicts_a_rating_is_said():
    made = weighing.weighed(section("a", "b"), swings(("a", 1, 60), ("b", 2, 100)))
    assert list(weighing.inconsistencies(made)) == ["“A” is ranked before “B”, yet rated lower: 60 against 100."]


def test_a_weight_changed_by_hand_no_longer_follows():
    made = weighing.weighed(section("a", "b"), swings(("a", 1, 100), ("b", 2, 100)))
    changed = replace(made, criteria=(replace(made.criteria[0], weight=Decimal(70)), made.criteria[1]))
    assert list(weighing.inconsistencies(changed)) == [
        "The weights no longer follow from these swings: a weight or a criterion was changed since."
    ]
