import dataclasses
from itertools import count

import pytest

from decisions.domain import arranging
from decisions.domain.parity import parity
from tests.factories.dossiers import dossier

numbers = count(1)


def new_id(letter, taken):
    return next(f"{letter}n{n}" for n in numbers if f"{letter}n{n}" not in taken)


def names(given):
    return [option.name for option in given.options.options]


def as_b(item):
    """What a copy says, as if it were said of option b."""
    return dataclasses.replace(item, option="b", **({"id": "rb"} if hasattr(item, "id") else {}))


def test_a_copy_stands_right_after_and_brings_everything_that_is_said_of_the_option():
    before = dossier()
    after = arranging.copied(before, "b", new_id, scores=True)
    assert names(after) == ["Option A", "Option B", "Option B (copy)", "Option C"]
    made = after.options.options[2].id
    for items in (after.impacts.impacts, after.costs.costs, after.risks.risks, after.criteria.scores):
        of_b, of_copy = ([item for item in items if item.option == option] for option in ("b", made))
        assert [as_b(item) for item in of_copy] == of_b
    depths = {depth.option: depth.present for depth in parity(after)}
    assert depths[made] == depths["b"]


def test_without_an_agreed_framing_a_copy_has_no_scores():
    after = arranging.copied(dossier(), "b", new_id, scores=False)
    assert len(after.criteria.scores) == 6


def test_a_second_copy_gets_a_name_of_its_own_and_only_one_option_changes_nothing():
    before = dossier()
    first = dataclasses.replace(before.options.options[0], changes_nothing=True)
    options = dataclasses.replace(before.options, options=(first, *before.options.options[1:]))
    given = dataclasses.replace(before, options=options)
    twice = arranging.copied(arranging.copied(given, "a", new_id, scores=True), "a", new_id, scores=True)
    assert names(twice)[:3] == ["Option A", "Option A (copy 2)", "Option A (copy)"]
    assert [option.changes_nothing for option in twice.options.options] == [True, False, False, False, False]


@pytest.mark.parametrize(
    ("option", "steps", "expected"),
    [("a", 1, "bac"), ("c", -1, "acb"), ("a", 2, "bca"), ("a", -1, "abc"), ("c", 5, "abc")],
)
def test_an_order_is_kept_in_every_section(option, steps, expected):
    after = arranging.option_moved(dossier(), option, steps)
    for items in (after.options.options, after.costs.costs, after.impacts.impacts, after.risks.risks):
        assert "".join(getattr(item, "option", "") or item.id for item in items) == expected
    assert "".join(score.option for score in after.criteria.scores) == expected * 2


def test_scores_follow_the_order_of_the_criteria():
    before = dossier()
    turned = dataclasses.replace(before.criteria, criteria=before.criteria.criteria[::-1])
    after = arranging.in_order(dataclasses.replace(before, criteria=turned))
    assert [score.criterion for score in after.criteria.scores] == ["q2"] * 3 + ["q1"] * 3


def test_what_is_not_there_cannot_be_copied_or_moved():
    for act in (
        lambda: arranging.copied(dossier(), "x", new_id, scores=True),
        lambda: arranging.option_moved(dossier(), "x", 1),
    ):
        with pytest.raises(KeyError):
            act()
