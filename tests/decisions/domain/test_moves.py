"""The table of moves: every state and move, what follows, and what is said when nothing does."""

import pytest

from decisions.domain.moves import FINAL, LIVE, MOVES, Move, State, after, open_moves, refusal

TABLE = {
    "draft": {"submit": "in_review", "abandon": "abandoned"},
    "in_review": {"approve": "in_force", "return": "draft", "reject": "rejected", "withdraw": "draft"},
    "in_force": {"question": "questioned", "amend": "in_force", "supersede": "superseded", "close": "closed"},
    "questioned": {
        "reaffirm": "in_force",
        "amend": "in_force",
        "fallback": "in_force",
        "stop": "stopped",
        "supersede": "superseded",
        "drop": "in_force",
    },
}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("move", Move)
def test_a_move_leads_where_the_table_says(state: State, move: Move):
    assert after(state, move) == TABLE.get(state.value, {}).get(move.value)


@pytest.mark.parametrize("state", State)
def test_open_moves_are_those_of_the_table_in_order(state: State):
    assert [move.value for move in open_moves(state)] == list(TABLE.get(state.value, {}))


def test_five_states_are_final_and_two_are_live():
    assert {state.value for state in FINAL} == {"stopped", "superseded", "closed", "rejected", "abandoned"}
    assert {state.value for state in LIVE} == {"in_force", "questioned"}


def test_every_state_can_be_reached_from_a_draft():
    reached = {State.DRAFT}
    for _ in State:
        reached |= {target for (origin, _), target in MOVES.items() if origin in reached}
    assert reached == set(State)


def test_refusals_say_what_is_possible():
    assert refusal(State.DRAFT, Move.CLOSE) == (
        "“Close” is not possible while the decision is draft; possible are: submit, abandon."
    )
    assert refusal(State.CLOSED, Move.SUBMIT) == (
        "The decision is closed, which is final; start a new cycle to take it up again."
    )


@pytest.mark.parametrize(
    ("move", "label"), [(Move.RETURN, "Return for changes"), (Move.FALLBACK, "Invoke fallback"), (Move.STOP, "Stop")]
)
def test_moves_have_names_for_people(move: Move, label: str):
    assert move.label == label


def test_states_have_names_for_people():
    assert State.IN_FORCE.label == "In force"
