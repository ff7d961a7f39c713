"""The life of a decision: its states and the moves out of each. Only this table says what may follow what."""

from enum import StrEnum


class State(StrEnum):
    """Where a decision is."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    IN_FORCE = "in_force"
    QUESTIONED = "questioned"
    STOPPED = "stopped"
    SUPERSEDED = "superseded"
    CLOSED = "closed"
    REJECTED = "rejected"
    ABANDONED = "abandoned"

    @property
    def label(self) -> str:
        """Return the state in words."""
        return self.value.replace("_", " ").capitalize()


class Move(StrEnum):
    """What may happen to a decision."""

    SUBMIT = "submit"
    ABANDON = "abandon"
    APPROVE = "approve"
    RETURN = "return"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    QUESTION = "question"
    REAFFIRM = "reaffirm"
    FALLBACK = "fallback"
    AMEND = "amend"
    STOP = "stop"
    SUPERSEDE = "supersede"
    CLOSE = "close"
    DROP = "drop"

    @property
    def label(self) -> str:
        """Return the move in words."""
        return _MOVE_WORDS.get(self, self.value.capitalize())


_MOVE_WORDS = {
    Move.RETURN: "Return for changes",
    Move.FALLBACK: "Invoke fallback",
    Move.DROP: "Question dropped",
}

MOVES: dict[tuple[State, Move], State] = {
    (State.DRAFT, Move.SUBMIT): State.IN_REVIEW,
    (State.DRAFT, Move.ABANDON): State.ABANDONED,
    (State.IN_REVIEW, Move.APPROVE): State.IN_FORCE,
    (State.IN_REVIEW, Move.RETURN): State.DRAFT,
    (State.IN_REVIEW, Move.REJECT): State.REJECTED,
    (State.IN_REVIEW, Move.WITHDRAW): State.DRAFT,
    (State.IN_FORCE, Move.QUESTION): State.QUESTIONED,
    (State.IN_FORCE, Move.AMEND): State.IN_FORCE,
    (State.IN_FORCE, Move.SUPERSEDE): State.SUPERSEDED,
    (State.IN_FORCE, Move.CLOSE): State.CLOSED,
    (State.QUESTIONED, Move.REAFFIRM): State.IN_FORCE,
    (State.QUESTIONED, Move.AMEND): State.IN_FORCE,
    (State.QUESTIONED, Move.FALLBACK): State.IN_FORCE,
    (State.QUESTIONED, Move.STOP): State.STOPPED,
    (State.QUESTIONED, Move.SUPERSEDE): State.SUPERSEDED,
    # A correction took back the value that raised the question, and nobody had begun to work on it.
    (State.QUESTIONED, Move.DROP): State.IN_FORCE,
}

LIVE = frozenset({State.IN_FORCE, State.QUESTIONED})
FINAL = frozenset(State) - {state for state, _ in MOVES}


def after(state: State, move: Move) -> State | None:
    """Return the state that follows, or None when the move is not open from here."""
    return MOVES.get((state, move))


def open_moves(state: State) -> tuple[Move, ...]:
    """Return the moves out of a state, in the order of the table."""
    return tuple(move for origin, move in MOVES if origin == state)


def refusal(state: State, move: Move) -> str:
    """Say in a sentence why a move is not open."""
    if state in FINAL:
        return f"The decision is {state.label.lower()}, which is final; start a new cycle to take it up again."
    words = ", ".join(other.label.lower() for other in open_moves(state))
    return f"“{move.label}” is not possible while the decision is {state.label.lower()}; possible are: {words}."
