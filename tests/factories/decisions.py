"""Decisions for tests; every argument has a sensible default."""

from typing import Any

from approvals.models import ApprovalRequest, User
from decisions.domain.framing import cells, framing_gaps
from decisions.domain.writing import dossier_to
from decisions.models import Decision
from decisions.services import agreeing, drafting, framing, moves
from tests.factories.approvals import approver, owner, person, sign
from tests.factories.dossiers import BACKLOG, RESOLUTION, dossier

__all__ = ["BACKLOG", "RESOLUTION", "agree", "approve", "dossier", "draft", "in_force", "save", "submitted"]


def draft(by: User | None = None, **sections: Any) -> Decision:
    """A draft with every section filled in, its framing agreed, ready to be submitted."""
    by = by or owner()
    content = dossier_to(dossier(by.username, **sections))
    decision = drafting.create_decision(title=content["frame"]["title"], by=by, content=content, tier="operational")
    agree(decision)
    return decision


def agree(decision: Decision) -> None:
    """Have the framing agreed by the owner and one more, and confirm the scores; nothing while it lacks something."""
    if list(framing_gaps(drafting.dossier_of(decision))):
        return
    framer = person()
    agreeing.name_framers(decision, framers=[framer], by=decision.owner)
    for who in (framer, decision.owner):
        agreeing.agree(decision, digest=framing.framing_of(decision).digest, by=who)
    if cells(drafting.dossier_of(decision).criteria):
        agreeing.confirm_scores(decision, by=decision.owner)


def submitted(by: User | None = None, **sections: Any) -> tuple[Decision, ApprovalRequest]:
    """A decision in review."""
    decision = draft(by, **sections)
    request = moves.submit(decision, by=decision.owner)
    decision.refresh_from_db()
    return decision, request


def approve(request: ApprovalRequest) -> None:
    """Sign every stage of a request, each by a new approver."""
    while True:
        request.refresh_from_db()
        if not request.is_open:
            return
        sign(request, approver())


def in_force(by: User | None = None, **sections: Any) -> Decision:
    """A decision that approvers have signed; the metrics must exist."""
    for _ in range(2):
        approver()
    decision, request = submitted(by, **sections)
    approve(request)
    decision.refresh_from_db()
    return decision


def save(decision: Decision, key: str, *, by: User | None = None, **fields: Any) -> Any:
    """Change fields of one section as the person who saw its newest version."""
    section = decision.sections.get(key=key)
    content = section.content | fields
    return drafting.save_section(decision, key, content, expected_version=section.version, by=by or decision.owner)
