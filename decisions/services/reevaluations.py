"""The loop: take signals in hand exactly once, acknowledge re-evaluations, answer them, escalate the late ones."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from approvals.models import ChangeRequest, User
from approvals.services import ledger
from approvals.services.notices import notify
from approvals.services.words import clean_words, needed_words
from config.kit.refusals import BadInput, MoveRefused
from decisions import access
from decisions.domain.moves import Move
from decisions.domain.response import escalation_path
from decisions.models import Decision, Reevaluation
from decisions.services import drafting, moves, people, places, questioning, transition
from decisions.services.receiving import receive_signals

__all__ = ["acknowledge", "answer", "escalate", "receive_signals"]

State, Outcome = Reevaluation.State, Reevaluation.Outcome


@transaction.atomic
def acknowledge(reevaluation: Reevaluation, *, by: User, at: datetime | None = None) -> Reevaluation:
    """Say that somebody has begun to work on it."""
    decision, reevaluation = _locked(reevaluation)
    access.require_answer(by, decision)
    if reevaluation.state != State.OPEN:
        raise MoveRefused([f"This re-evaluation is {reevaluation.get_state_display().lower()} already."])
    reevaluation.state, reevaluation.acknowledged_by = State.ACKNOWLEDGED, by
    reevaluation.acknowledged_at = at or timezone.now()
    reevaluation.save(update_fields=["state", "acknowledged_by", "acknowledged_at"])
    questioning.record(decision, "acknowledged", by=by, payload={"reevaluation": reevaluation.pk})
    return reevaluation


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer about to be carried out."""

    decision: Decision
    reevaluation: Reevaluation
    reason: str
    by: User
    successor: Decision | None
    change_class: str


@transaction.atomic
def answer(
    reevaluation: Reevaluation,
    *,
    outcome: str,
    reason: str,
    evidence: str = "",
    by: User,
    successor: Decision | None = None,
    change_class: str = ChangeRequest.Class.MATERIAL,
    at: datetime | None = None,
) -> Reevaluation:
    """Answer with reaffirm, amend, fallback, stop or supersede; amend is complete once its change request is approved.

    BadInput for an unknown outcome or missing reason; MoveRefused with every reason when it cannot be answered so.
    """
    reason = needed_words("reason", reason, "Give the reason for this answer; it stays with the record.")
    evidence = clean_words("evidence", evidence)
    if outcome not in Outcome.values:
        raise BadInput({"outcome": [f"Choose one of: {', '.join(Outcome.values)}."]})
    with ledger.gathered():
        decision, reevaluation = _locked(reevaluation)
        access.require_answer(by, decision)
        given = Answer(
            decision=decision,
            reevaluation=reevaluation,
            reason=reason,
            by=by,
            successor=successor,
            change_class=change_class,
        )
        if reasons := list(_against(given, outcome)):
            raise MoveRefused(reasons)
        _store(given, outcome, evidence, at or timezone.now())
        _CARRY_OUT[outcome](given)
        payload = {"reevaluation": reevaluation.pk, "outcome": outcome, "reason": reason, "evidence": evidence}
        questioning.record(decision, "answered", by=by, payload=payload)
    return reevaluation


def _locked(reevaluation: Reevaluation) -> tuple[Decision, Reevaluation]:
    """Lock the decision first, as every verb does, then read the re-evaluation anew."""
    decision = transition.locked(reevaluation.decision.reference)
    return decision, Reevaluation.objects.select_for_update(no_key=True).get(pk=reevaluation.pk)


def _against(given: Answer, outcome: str) -> Iterator[str]:
    reevaluation = given.reevaluation
    if reevaluation.state == State.ANSWERED:
        yield f"This was answered already: {reevaluation.get_outcome_display().lower()}, by {reevaluation.answered_by}."
        return
    if not reevaluation.is_open:
        yield f"{reevaluation.get_state_display()}; there is nothing left to answer."
        return
    if reevaluation.state == State.AMENDING:
        yield "An amendment is under way; it answers this once it is approved. Drop it to answer otherwise."
        return
    amending = drafting.open_change(given.decision) is not None
    if amending and outcome in {Outcome.STOP, Outcome.SUPERSEDE}:
        yield "A change request is open; drop it before you end the decision."
    if outcome == Outcome.FALLBACK and not any(entry["fallback"] for entry in reevaluation.response):
        yield "No fallback was approved in advance; amend, stop or supersede instead."
    if outcome == Outcome.SUPERSEDE:
        yield from moves.against_successor(given.decision, given.successor, by=given.by)


def _store(given: Answer, outcome: str, evidence: str, now: datetime) -> None:
    """Keep the answer; an amendment is answered only when its change request is approved."""
    reevaluation = given.reevaluation
    if reevaluation.acknowledged_at is None:
        reevaluation.acknowledged_at, reevaluation.acknowledged_by = now, given.by
    reevaluation.outcome, reevaluation.reason, reevaluation.evidence = outcome, given.reason, evidence
    reevaluation.answered_by, reevaluation.flag = given.by, ""
    if outcome == Outcome.AMEND:
        reevaluation.state = State.AMENDING
    else:
        reevaluation.state, reevaluation.answered_at = State.ANSWERED, now
        reevaluation.successor = given.successor if outcome == Outcome.SUPERSEDE else None
    reevaluation.save()


def _reaffirm(given: Answer) -> None:
    transition.move_on(given.decision, Move.REAFFIRM, by=given.by)


def _fall_back(given: Answer) -> None:
    """Invoke what was approved in advance; whoever carries it out is told at once."""
    transition.move_on(given.decision, Move.FALLBACK, by=given.by)
    for entry in given.reevaluation.response:
        person = people.find(entry["fallback_owner"])
        if person is None or not entry["fallback"]:
            continue
        notify(
            to=person,
            cause_key=f"reevaluation:{given.reevaluation.pk}:fallback:{entry['scenario']}",
            title=f"Carry out the fallback of {given.decision.reference}",
            url=places.reevaluation_url(given.reevaluation),
            body=entry["fallback"],
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


def escalate(now: datetime) -> int:
    """Tell the next person on the path of every re-evaluation whose answer is late; returns how many were told."""
    late = Reevaluation.objects.open().filter(due_at__lt=now)
    rows = late.select_related("decision__owner", "decision__owner_of_last_resort")
    # Only what has a new step to take is locked: most runs just read.
    behind = [each.pk for each in rows if len(_reached(each, now)) > each.steps_taken]
    return sum(_escalate_one(pk, now) for pk in behind)


def _reached(reevaluation: Reevaluation, now: datetime) -> list[str]:
    """Return whom the delay has reached by now: the owner first, then the approved path, then the last resort."""
    decision = reevaluation.decision
    last_resort = decision.owner_of_last_resort.username if decision.owner_of_last_resort else ""
    path = [(decision.owner.username, timedelta()), *escalation_path(reevaluation.response, last_resort)]
    return [name for name, wait in path if reevaluation.due_at + wait < now]


@transaction.atomic
def _escalate_one(pk: int, now: datetime) -> int:
    reevaluation = Reevaluation.objects.select_for_update(no_key=True).get(pk=pk)
    reached = _reached(reevaluation, now)
    if not reevaluation.is_open or len(reached) <= reevaluation.steps_taken:
        return 0
    decision = reevaluation.decision
    told: list[str] = []
    for step, name in enumerate(reached[reevaluation.steps_taken :], start=reevaluation.steps_taken):
        person = people.find(name)
        if person is not None:
            notify(
                to=person,
                cause_key=f"reevaluation:{pk}:late:{step}",
                title=f"An answer for {decision.reference} is overdue: {decision.title}",
                url=places.reevaluation_url(reevaluation),
                body=reevaluation.question,
            )
            told.append(ledger.actor_of(person))
    reevaluation.steps_taken = len(reached)
    reevaluation.save(update_fields=["steps_taken"])
    questioning.record(decision, "escalated", by=None, payload={"reevaluation": pk, "told": told})
    return len(told)
