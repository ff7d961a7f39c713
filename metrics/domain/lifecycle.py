"""How a definition moves from draft to being in force."""

from enum import StrEnum


class DefinitionState(StrEnum):
    """Where one version of a definition stands; approved gives way to its successor, what follows is final."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    SUPERSEDED = "superseded"
    REJECTED = "rejected"


class Move(StrEnum):
    """What may happen to a version."""

    SUBMIT = "submit"
    APPROVE = "approve"
    RETURN = "return"
    WITHDRAW = "withdraw"
    REJECT = "reject"
    SUPERSEDE = "supersede"


MOVES: dict[tuple[DefinitionState, Move], DefinitionState] = {
    (DefinitionState.DRAFT, Move.SUBMIT): DefinitionState.IN_REVIEW,
    (DefinitionState.IN_REVIEW, Move.APPROVE): DefinitionState.APPROVED,
    (DefinitionState.IN_REVIEW, Move.RETURN): DefinitionState.DRAFT,
    (DefinitionState.IN_REVIEW, Move.WITHDRAW): DefinitionState.DRAFT,
    (DefinitionState.IN_REVIEW, Move.REJECT): DefinitionState.REJECTED,
    (DefinitionState.APPROVED, Move.SUPERSEDE): DefinitionState.SUPERSEDED,
}

MOVE_OF_OUTCOME = {
    "approved": Move.APPROVE,
    "returned": Move.RETURN,
    "rejected": Move.REJECT,
    "withdrawn": Move.WITHDRAW,
}


def after(state: str, move: Move) -> DefinitionState:
    """Return the state that the move leads to; raises ValueError with a sentence when it leads nowhere from here."""
    following = MOVES.get((DefinitionState(state), move))
    if following is None:
        raise ValueError(f"A version that is {state.replace('_', ' ')} cannot take the move “{move}”.")
    return following
