"""What each outcome of a re-evaluation does to its decision, and which of them were approved in advance."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from approvals.models import User
from approvals.services.notices import notify
from decisions.domain.moves import Move
from decisions.models import Decision, Reevaluation
from decisions.services import drafting, moves, people, places, transition

State, Outcome = Reevaluation.State, Reevaluation.Outcome


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer about to be carried out."""

    decision: Decision
    reevaluation: Reevaluation
    outcome: str
    reason: str
    by: User
    successor: Decision | None = None
    change_class: str = ""


def approved_in_advance(reevaluation: Reevaluation, outcome: str) -> bool:
    """Say whether the approvers agreed to this outcome when they approved the decision: it needs no new approval."""
    part = {Outcome.FALLBACK: "fallback", Outcome.STOP: "stop_condition"}.get(Outcome(outcome), "")
    return bool(part) and any(entry.get(part) for entry in reevaluation.response)


def against(given: Answer) -> Iterator[str]:
    """Yield every reason why the re-evaluation cannot be answered so."""
    reevaluation, outcome = given.reevaluation, given.outcome
    if not reevaluation.is_open:
        yield told(reevaluation)
        return
    if reevaluation.state == State.AMENDING:
        yield "An amendment is under way; it answers this once it is approved. Drop it to answer otherwise."
        return
    if reevaluation.state == State.CONFIRMING:
        yield f"{told(reevaluation)} Withdraw that request to answer otherwise."
        return
    amending = drafting.open_change(given.decision) is not None
    if amending and outcome in {Outcome.STOP, Outcome.SUPERSEDE}:
        yield "A change request is open; drop it before you end the decision."
    if outcome == Outcome.FALLBACK and not approved_in_advance(reevaluation, outcome):
        yield "No fallback was approved in advance; amend, stop or supersede instead."
    if outcome == Outcome.SUPERSEDE:
        yield from moves.against_successor(given.decision, given.successor, by=given.by)


def told(reevaluation: Reevaluation) -> str:
    """Say who answered what and when, to somebody who comes after."""
    if reevaluation.state == State.RETRACTED:
        return "This is closed: a correction took back what it was opened for. There is nothing left to answer."
    outcome, who = reevaluation.get_outcome_display().lower(), reevaluation.answered_by
    if reevaluation.state == State.CONFIRMING:
        return f"This was answered with “{outcome}” by {who}; the answer waits for its approval."
    when = f" on {reevaluation.answered_at:%-d %b %Y at %H:%M} UTC" if reevaluation.answered_at else ""
    return f"This was answered already by {who}{when}: {outcome}."


def carry_out(given: Answer) -> None:
    """Do to the decision what the outcome says."""
    _CARRY_OUT[given.outcome](given)


def _reaffirm(given: Answer) -> None:
    """Let the decision stand as approved; a fallback that was invoked by mistake is called off."""
    transition.move_on(given.decision, Move.REAFFIRM, by=given.by)
    earlier = given.reevaluation.reopens
    if earlier is not None and earlier.outcome == Outcome.FALLBACK:
        _tell_fallback_owners(given, "calls-off", f"The fallback of {given.decision.reference} is called off")


def _fall_back(given: Answer) -> None:
    """Invoke what was approved in advance; whoever carries it out is told at once."""
    transition.move_on(given.decision, Move.FALLBACK, by=given.by)
    _tell_fallback_owners(given, "fallback", f"Carry out the fallback of {given.decision.reference}")


def _tell_fallback_owners(given: Answer, key: str, title: str) -> None:
    for entry in given.reevaluation.response:
        person = people.find(entry["fallback_owner"])
        if person is None or not entry["fallback"]:
            continue
        notify(
            to=person,
            cause_key=f"reevaluation:{given.reevaluation.pk}:{key}:{entry['scenario']}",
            title=title,
            url=places.reevaluation_url(given.reevaluation),
            body=entry["fallback"],
            urgent=given.reevaluation.severity == Reevaluation.Severity.CRITICAL,
        )


def _stop(given: Answer) -> None:
    transition.move_on(given.decision, Move.STOP, by=given.by)


def _supersede(given: Answer) -> None:
    assert given.successor is not None  # noqa: S101 against_successor() asked for it
    moves.replace(given.decision, given.successor, by=given.by, reason=given.reason)


def _amend(given: Answer) -> None:
    """Open the change request, or take the one that is open already."""
    change = drafting.open_change(given.decision) or moves.start_amendment(
        given.decision, by=given.by, reason=given.reason, change_class=given.change_class
    )
    given.reevaluation.change = change
    given.reevaluation.save(update_fields=["change"])


_CARRY_OUT: dict[str, Callable[[Answer], None]] = {
    Outcome.REAFFIRM: _reaffirm,
    Outcome.AMEND: _amend,
    Outcome.FALLBACK: _fall_back,
    Outcome.STOP: _stop,
    Outcome.SUPERSEDE: _supersede,
}
