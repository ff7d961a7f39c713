"""Ask evaluators for their ballots, keep them apart until all are in, and adopt what they say together."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from approvals.models import User
from approvals.services import ledger
from approvals.services.notices import notify
from approvals.services.words import clean_words
from config.kit.locking import locked
from config.kit.refusals import BadInput, MoveRefused
from decisions import access
from decisions.domain import balloting as rules
from decisions.domain.dossier import Dossier
from decisions.models import VIEW, Authorship, Ballot, BallotRound, Decision, Section
from decisions.services import drafting, framing, people

State, Round = Ballot.State, BallotRound.State
MOST = 20


def running(decision: Decision) -> BallotRound | None:
    """Return the round that waits for ballots or for adoption."""
    return BallotRound.objects.filter(decision=decision, state__in=[Round.OPEN, Round.COMPLETE]).first()


@transaction.atomic
def ask(
    decision: Decision, *, evaluators: Sequence[User], kind: str = "scores", by: User, at: datetime | None = None
) -> BallotRound:
    """Ask people for their ballots; who could not read a confidential decision may from now on."""
    decision = _locked(decision)
    access.require_manage(by, decision)
    dossier = drafting.dossier_of(decision)
    if reasons := list(_against_asking(decision, dossier, evaluators, kind)):
        raise MoveRefused(reasons)
    at = at or timezone.now()
    made = BallotRound.objects.create(decision=decision, kind=kind, opened_at=at, opened_by=by)
    asked = [Ballot(round=made, evaluator=person) for person in dict.fromkeys(evaluators)]
    Ballot.objects.bulk_create(asked)
    with ledger.gathered():
        for ballot in asked:
            if not Decision.objects.visible_to(ballot.evaluator).filter(pk=decision.pk).exists():
                people.invite(decision, ballot.evaluator, grant=VIEW, by=by)
            _tell(made, ballot.evaluator, f"{decision.reference}: your {kind} are asked for", "asked")
        named = [ledger.actor_of(ballot.evaluator) for ballot in asked]
        _append(made, "ballots.asked", by=by, evaluators=named, kind=kind)
    return made


def _against_asking(decision: Decision, dossier: Dossier, evaluators: Sequence[User], kind: str) -> list[str]:
    reasons = [*map(str, drafting.locked_because(decision)), *rules.nothing_to_ask(dossier, kind)]
    if kind == "scores":
        if locked := framing.scoring_locked(decision):
            reasons.append(str(locked))
    elif framing.framing_of(decision).is_agreed:
        reasons.append("The framing is agreed, weights included; re-open it before you ask for weights again.")
    if running(decision):
        reasons.append("Ballots are being collected already; adopt or drop them first.")
    if len(set(evaluators)) < 2:
        reasons.append("Name at least two evaluators; one alone can score on the options page.")
    if len(set(evaluators)) > MOST:
        reasons.append(f"Name at most {MOST} evaluators.")
    barred = [str(person) for person in evaluators if not access.may_change_anything(person)]
    reasons += [f"{name} may not be an evaluator: auditors and people who have left change nothing." for name in barred]
    return reasons


@transaction.atomic
def give(ballot: Ballot, *, sheet: rules.Sheet, by: User, at: datetime | None = None) -> Ballot:
    """Hand in one's own ballot, or a better one while others are still out; the last one in opens them all.

    BadInput by cell ("c1-a", or "c1" for a weight) when something is missing or outside its scale.
    """
    decision = _locked(ballot.round.decision)
    ballot = _own(ballot, by)
    _refuse_unless_taken(ballot, decision)
    dossier = drafting.dossier_of(decision)
    _refuse_faults(rules.faults(dossier, sheet, ballot.round.kind))
    ballot.content, ballot.question = rules.sheet_to(_fitting(dossier, sheet)), rules.question_digest(dossier)
    ballot.state, ballot.given_at = State.IN, at or timezone.now()
    ballot.save()
    # Whose figures go into what is signed had a hand in it.
    people.note_author(decision, by, Authorship.Part.CONTRIBUTOR, at=at)
    with ledger.gathered():
        _append(ballot.round, "ballot.given", by=by)
        _complete_when_all_in(ballot.round, dossier, by=by, at=at)
    return ballot


@transaction.atomic
def keep(ballot: Ballot, *, sheet: rules.Sheet, by: User) -> Ballot:
    """Keep a half-filled sheet for its evaluator to go on with; it counts as not given, and nobody else reads it.

    BadInput by cell for what is outside its scale; what is missing may stay missing.
    """
    decision = _locked(ballot.round.decision)
    ballot = _own(ballot, by)
    _refuse_unless_taken(ballot, decision)
    dossier = drafting.dossier_of(decision)
    if not is_out(ballot, rules.question_digest(dossier)):
        raise MoveRefused(["Your ballot is in; give it again to change it."])
    _refuse_faults(fault for fault in rules.faults(dossier, sheet, ballot.round.kind) if not fault.missing)
    ballot.content, ballot.state, ballot.given_at = rules.sheet_to(_fitting(dossier, sheet)), State.WAITING, None
    ballot.save()
    return ballot


def _refuse_unless_taken(ballot: Ballot, decision: Decision) -> None:
    _refuse_unless_open(ballot.round)
    if ballot.state == State.RELEASED:
        raise MoveRefused(["You were released from this ballot; ask the owner to ask again."])
    if ballot.round.kind == "scores":
        framing.refuse_unless_agreed(decision)


def _refuse_faults(faults: Iterable[rules.Fault]) -> None:
    if found := {"-".join(filter(None, [f.criterion, f.option])): [f.sentence] for f in faults}:
        raise BadInput(found)


def _fitting(dossier: Dossier, sheet: rules.Sheet) -> rules.Sheet:
    cells, criteria = set(rules.cells_of(dossier)), {criterion.id for criterion in dossier.criteria.criteria}
    return rules.Sheet(
        {cell: score for cell, score in sheet.scores.items() if cell in cells},
        {criterion: weight for criterion, weight in sheet.weights.items() if criterion in criteria},
    )


@transaction.atomic
def release(ballot: Ballot, *, reason: str, by: User, at: datetime | None = None) -> Ballot:
    """Go on without an evaluator who has left or does not answer; the reason stands in the ledger and the dossier."""
    decision = _locked(ballot.round.decision)
    access.require_manage(by, decision)
    reason = clean_words("reason", reason)
    ballot = locked(Ballot.objects.select_related("round").filter(pk=ballot.pk)).get()
    _refuse_unless_open(ballot.round)
    dossier = drafting.dossier_of(decision)
    reasons = [] if reason else ["Say why the ballot is no longer waited for."]
    if not is_out(ballot, rules.question_digest(dossier)):
        reasons.append("This ballot is not waited for.")
    if reasons:
        raise MoveRefused(reasons)
    ballot.state, ballot.reason, ballot.content = State.RELEASED, reason, {}
    ballot.save()
    with ledger.gathered():
        _append(ballot.round, "ballot.released", by=by, evaluator=ledger.actor_of(ballot.evaluator), reason=reason)
        _complete_when_all_in(ballot.round, dossier, by=by, at=at)
    return ballot


@transaction.atomic
def drop(made: BallotRound, *, reason: str, by: User, at: datetime | None = None) -> BallotRound:
    """Give up a round; its ballots are never shown."""
    decision = _locked(made.decision)
    access.require_manage(by, decision)
    reason = clean_words("reason", reason)
    made = BallotRound.objects.select_for_update(no_key=True).get(pk=made.pk)
    reasons = [] if reason else ["Say why the ballots are dropped."]
    if made.state not in {Round.OPEN, Round.COMPLETE}:
        reasons.append(f"These ballots are {made.get_state_display().lower()} already.")
    if reasons:
        raise MoveRefused(reasons)
    made.state, made.ended_at = Round.DROPPED, at or timezone.now()
    made.save()
    _append(made, "ballots.dropped", by=by, reason=reason)
    return made


@transaction.atomic
def adopt(made: BallotRound, *, expected_version: int, by: User, at: datetime | None = None) -> Section:
    """Put what the ballots say together into section 9, with every ballot's figures and name."""
    decision = _locked(made.decision)
    access.require_manage(by, decision)
    made = BallotRound.objects.select_for_update(no_key=True).get(pk=made.pk)
    ballots = list(made.ballots.select_related("evaluator"))
    dossier = drafting.dossier_of(decision)
    if made.state != Round.COMPLETE:
        raise MoveRefused([f"There is nothing to adopt: {made.get_state_display().lower()}."])
    question = rules.question_digest(dossier)
    if any(ballot.question != question for ballot in ballots if ballot.state == State.IN):
        raise MoveRefused(
            ["The criteria or the options changed after the ballots were given; drop these ballots and ask again."]
        )
    sheets = {b.evaluator.username: rules.sheet_from(b.content) for b in ballots if b.state == State.IN}
    kept = tuple(
        rules.as_ballot(
            b.evaluator.username,
            sheets.get(b.evaluator.username, rules.Sheet()),
            given_on=b.given_at.date() if b.given_at and b.state == State.IN else None,
            released=b.reason,
        )
        for b in ballots
    )
    content = rules.adopted(dossier.criteria, kept, sheets, made.kind)
    made.state, made.ended_at = Round.ADOPTED, at or timezone.now()
    made.save()
    with ledger.gathered():
        section = drafting.save_section(decision, "criteria", content, expected_version=expected_version, by=by, at=at)
        _append(made, "ballots.adopted", by=by, evaluators=len(sheets))
    return section


def is_out(ballot: Ballot, question: str) -> bool:
    """Say whether a ballot is still waited for: not given, or given to another question than is asked now."""
    return ballot.state == State.WAITING or (ballot.state == State.IN and ballot.question != question)


def _complete_when_all_in(made: BallotRound, dossier: Dossier, *, by: User, at: datetime | None) -> None:
    ballots = list(made.ballots.all())
    question = rules.question_digest(dossier)
    if any(is_out(ballot, question) for ballot in ballots):
        return
    if not any(ballot.state == State.IN for ballot in ballots):
        made.state, made.ended_at = Round.DROPPED, at or timezone.now()
        made.save()
        _append(made, "ballots.dropped", by=by, reason="Every evaluator was released.")
        return
    made.state, made.completed_at = Round.COMPLETE, at or timezone.now()
    made.save()
    for person in people.answerable(made.decision):
        _tell(made, person, f"{made.decision.reference}: all ballots are in", "complete")
    _append(made, "ballots.opened", by=by)


def _locked(decision: Decision) -> Decision:
    """Lock the decision's row, which orders evaluators, editors and the owner against each other."""
    return locked(Decision.objects.select_related("owner", "owner_of_last_resort").filter(pk=decision.pk)).get()


def _own(ballot: Ballot, by: User) -> Ballot:
    ballot = locked(Ballot.objects.select_related("round").filter(pk=ballot.pk)).get()
    access.require_view(by, ballot.round.decision)
    if ballot.evaluator_id != by.pk or not access.may_change_anything(by):
        raise PermissionDenied("Only the evaluator themself may fill in a ballot.")
    return ballot


def _refuse_unless_open(made: BallotRound) -> None:
    if made.state != Round.OPEN:
        raise MoveRefused([f"No ballot is taken any more: {made.get_state_display().lower()}."])


def _tell(made: BallotRound, person: User, title: str, what: str) -> None:
    url = reverse("decision_ballots", args=[made.decision.reference])
    notify(to=person, cause_key=f"ballots:{made.pk}:{what}", title=title, url=url)


def _append(made: BallotRound, verb: str, *, by: User, **payload: object) -> None:
    """Write the ledger; never with a figure, which nobody may read before all ballots are in."""
    decision = made.decision
    facts = {"round": made.pk, **payload}
    ledger.append(decision.stream, verb, by=by, subject=decision.reference, payload=facts)
