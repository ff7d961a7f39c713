"""Approvals at the same moment: each race many times over, each outcome judged by what the database says afterwards."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from approvals import subjects
from approvals.models import ApprovalRequest, Signature
from approvals.services import requests
from approvals.services.delegations import revoke
from approvals.services.verification import verify
from config.kit.canonical import digest
from config.kit.refusals import MoveRefused
from decisions.domain.writing import dossier_to
from decisions.models import Decision
from decisions.services import drafting
from tests.factories import decisions, metrics
from tests.factories.approvals import Thing, approver, approvers, delegation, owner, person, policy, request_for, sign
from tests.soak.kills import Outcome
from tests.together import at_once

SIGNERS = 20

Scene = tuple[list[Callable[[], Any]], Callable[[list[Any]], bool]]
"""What happens at once, and whether what came of it is right."""


def run(scene: Callable[[int], Scene], *, rounds: int, before: Callable[[], None]) -> Outcome:
    """Play a scene so many times; wrong are outcomes nobody may see, errors but refusals, and a broken ledger."""
    begun = time.monotonic()
    before()
    wrong = 0
    for turn in range(rounds):
        calls, is_right = scene(turn)
        outcomes = at_once(*calls)
        wrong += any(isinstance(each, Exception) and not isinstance(each, MoveRefused) for each in outcomes)
        wrong += not is_right(outcomes)
    wrong += not verify().ok
    return Outcome(tried=rounds, lost=0, doubled=0, wrong=wrong, seconds=round(time.monotonic() - begun, 1))


def refused(outcomes: list[Any]) -> int:
    """Count what was refused in so many words."""
    return sum(isinstance(each, MoveRefused) for each in outcomes)


class Stage:
    """People and a subject that all rounds share; each round has a request of its own."""

    def __init__(self) -> None:
        self.thing = Thing()
        self.signers: list[Any] = []

    def set_up(self) -> None:
        """Make the people once: they do not wear out."""
        self.thing.register()
        policy({"groups": ["Approvers"]})
        self.opener, self.signers = owner(), approvers(SIGNERS)

    def ask(self, turn: int) -> ApprovalRequest:
        """Open this round's request."""
        return request_for(self.thing, by=self.opener, subject_id=f"T-{turn}")

    def twenty_signs(self, turn: int) -> Scene:
        """Twenty sign at once where one signature is asked for."""
        request = self.ask(turn)

        def is_right(outcomes: list[Any]) -> bool:
            return refused(outcomes) == SIGNERS - 1 and Signature.objects.filter(request=request).count() == 1

        return [partial(sign, request, who) for who in self.signers], is_right

    def approve_or_withdraw(self, turn: int) -> Scene:
        """One approves while another withdraws."""
        request = self.ask(turn)
        withdraw = partial(requests.withdraw, request, by=self.opener, reason="Not yet.")

        def is_right(outcomes: list[Any]) -> bool:
            request.refresh_from_db()
            approved = not isinstance(outcomes[0], Exception)
            signed = Signature.objects.filter(request=request).exists()
            return (
                refused(outcomes) == 1
                and request.state == ("approved" if approved else "withdrawn")
                and signed == approved
                and self.thing.verdicts.count((request.subject_id, request.state)) == 1
            )

        return [partial(sign, request, self.signers[0]), withdraw], is_right

    def revoke_or_sign(self, turn: int) -> Scene:
        """A delegate signs while the delegation is revoked."""
        away, stand_in = approver(), person()
        held = delegation(away, stand_in)
        request = self.ask(turn)

        def is_right(outcomes: list[Any]) -> bool:
            held.refresh_from_db()
            signature = Signature.objects.filter(request=request).first()
            if signature is None:
                return isinstance(outcomes[0], MoveRefused) and held.revoked_at is not None
            return held.revoked_at is not None and signature.signed_at <= held.revoked_at

        return [partial(sign, request, stand_in, for_whom=away), partial(revoke, held, by=away)], is_right


class Desk:
    """A decision that one person signs while another takes it back and edits it."""

    def set_up(self) -> None:
        """Lay what decisions rest on."""
        metrics.metric(key=decisions.RESOLUTION)
        metrics.metric(key=decisions.BACKLOG)
        policy({"groups": ["Approvers"]}, kind="decision", priority=9)
        self.owner, self.signer = owner(), approver()

    def sign_or_edit(self, turn: int) -> Scene:
        """Whatever comes first, what is in force is what was signed."""
        decision, request = decisions.submitted(self.owner)

        def edit() -> Any:
            requests.withdraw(request, by=self.owner, reason="One more thing.")
            return decisions.save(decision, "background", text=f"Edited {turn}.")

        def is_right(outcomes: list[Any]) -> bool:
            request.refresh_from_db()
            found = Decision.objects.get(pk=decision.pk)
            approved = request.state == "approved"
            working = digest(dossier_to(drafting.dossier_of(found)))
            signed = request.signatures.filter(digest=request.digest).count()
            in_force = found.versions.filter(digest=request.digest).exists()
            return (
                refused(outcomes) == 1
                and approved == in_force == bool(signed)
                and (working == request.digest) == approved
            )

        return [partial(sign, request, self.signer), edit], is_right


def _play(scene: str, *, rounds: int) -> Outcome:
    stage: Any = Desk() if scene == "sign_or_edit" else Stage()
    try:
        return run(getattr(stage, scene), rounds=rounds, before=stage.set_up)
    finally:
        subjects._kinds.pop("thing", None)


RACES: dict[str, Callable[..., Outcome]] = {
    "twenty signatures at once": partial(_play, "twenty_signs"),
    "sign against edit": partial(_play, "sign_or_edit"),
    "approve against withdraw": partial(_play, "approve_or_withdraw"),
    "revoke against sign": partial(_play, "revoke_or_sign"),
}
