"""What a definition must say, and what contradicts itself."""

from decimal import Decimal

import pytest

from metrics.domain.lifecycle import MOVES, DefinitionState, Move, after
from metrics.domain.meaning import contradictions, key_errors, missing

COMPLETE = {
    "meaning": "m",
    "formula": "f",
    "unit": "%",
    "population": "p",
    "sources": "s",
    "outage_fallback": "o",
    "owner": "olga",
    "steward": "sam",
    "direction": "higher",
    "target": Decimal(5),
}


def lacking(**changes: object) -> list[str]:
    return [each.field for each in missing(COMPLETE | changes)]


def test_a_complete_definition_lacks_nothing():
    assert lacking() == []


@pytest.mark.parametrize("field", sorted(COMPLETE.keys() - {"direction"}))
def test_each_needed_field_is_missed_by_its_name(field):
    assert lacking(**{field: None}) == [field]


def test_everything_missing_is_told_at_once():
    assert len(list(missing({}))) == 9


@pytest.mark.parametrize(
    "changes, expected",
    [
        ({"target": Decimal(0)}, []),
        ({"direction": "within"}, ["tolerance_low"]),
        ({"direction": "within", "tolerance_low": Decimal(0)}, ["tolerance_low"]),
        ({"direction": "within", "target": None, "tolerance_low": Decimal(0), "tolerance_high": Decimal(0)}, []),
        ({"personal_data": True}, ["retention_days"]),
        ({"personal_data": True, "retention_days": 30}, []),
        ({"personal_values": True}, ["personal_data"]),
        ({"personal_data": True, "personal_values": True, "retention_days": 30}, []),
    ],
)
def test_what_is_needed_depends_on_the_rest(changes, expected):
    assert lacking(**changes) == expected


@pytest.mark.parametrize(
    "fields, expected",
    [
        ({"tolerance_low": Decimal(1), "tolerance_high": Decimal(1)}, set()),
        ({"tolerance_low": Decimal(2), "tolerance_high": Decimal(1)}, {"tolerance_high"}),
        ({"direction": "higher", "target_30": Decimal(5), "target_90": Decimal(4)}, {"target_90"}),
        ({"direction": "higher", "target_30": Decimal(5), "target_90": Decimal(5)}, set()),
        ({"direction": "lower", "target_30": Decimal(5), "target_90": Decimal(4)}, set()),
        ({"direction": "lower", "target_90": Decimal(5), "target_365": Decimal(6)}, {"target_365"}),
        ({"direction": "within", "target_30": Decimal(5), "target_90": Decimal(4)}, set()),
    ],
)
def test_contradictions_are_found_by_direction(fields, expected):
    assert set(contradictions(fields)) == expected


@pytest.mark.parametrize("key", ["ab", "support_resolution_rate", "a-b", "a1", "x" * 64])
def test_keys_that_do(key):
    assert key_errors(key) == []


@pytest.mark.parametrize("key", ["", "a", "A b", "1a", "_a", "new", "import", "x" * 65, "aé", "a\n", "a.b", "a/b"])
def test_keys_that_do_not(key):
    assert key_errors(key)


def test_only_the_table_moves_a_definition():
    for state in DefinitionState:
        for move in Move:
            if (state, move) in MOVES:
                assert after(state, move) is MOVES[state, move]
            else:
                with pytest.raises(ValueError, match="cannot take the move"):
                    after(state, move)


def test_what_is_superseded_or_rejected_stays_so():
    final = {DefinitionState.SUPERSEDED, DefinitionState.REJECTED}
    assert not final & {state for state, _ in MOVES}
