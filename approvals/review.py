"""The review screen's read model: what is asked, what changed, who has signed."""

from collections.abc import Sequence
from dataclasses import dataclass

from approvals import conversation, subjects
from approvals.conversation import Thread
from approvals.domain.diff import Change, SectionChange, compare
from approvals.models import ApprovalRequest, Comment, PolicyStage, RequestStage, Signature, User
from config.kit.canonical import parse

SHOWN = 30_000
"""Characters of content that a page shows at once; sections past it are opened one by one, so that pages stay small."""

LATEST = 12
"""Threads shown at once."""

TONES = {"open": "warn", "approved": "ok", "returned": "warn", "rejected": "bad", "withdrawn": ""}
STAGE_TONES = {"open": "warn", "passed": "ok", "failed": "bad"}
VERDICT_TONES = {"approve": "ok", "approve_with_conditions": "ok", "return": "warn", "reject": "bad"}


@dataclass(frozen=True)
class ShownSection:
    """A section, and whether this page carries its whole text."""

    section: SectionChange
    whole: bool
    threads: tuple[Thread, ...] = ()

    @property
    def word(self) -> str:
        """What became of it, in a word; nothing for what stayed."""
        cells = sum(field.changed_cells for field in self.section.fields)
        if self.section.change is Change.CHANGED and cells:
            return f"Changed, {cells} {'cell' if cells == 1 else 'cells'}"
        return {Change.CHANGED: "Changed", Change.ADDED: "New", Change.REMOVED: "Removed"}.get(self.section.change, "")


@dataclass(frozen=True)
class SignatureLine:
    """One signature as the rail shows it."""

    signature: Signature
    tone: str


@dataclass(frozen=True)
class StageLine:
    """One stage as the rail shows it."""

    stage: RequestStage
    asks: str
    tone: str
    signatures: tuple[SignatureLine, ...]


@dataclass(frozen=True)
class Review:
    """Everything on the page but the forms."""

    sections: tuple[ShownSection, ...]
    stages: tuple[StageLine, ...]
    threads: tuple[Thread, ...]
    earlier_threads: int
    compared: bool
    tone: str

    @property
    def changes(self) -> int:
        """Count the sections that are not the same."""
        return sum(bool(shown.word) for shown in self.sections)


def review(request: ApprovalRequest, *, opened: str = "", everything: bool = False, user: User | None = None) -> Review:
    """Read the page; `opened` names a section to show whatever its length, `everything` means the conversation."""
    said = _threads(request, user)
    kept = said if everything else said[-LATEST:]
    kind = subjects.get(request.kind)
    before = kind.previous(request)
    new, *earlier = kind.sections(parse(request.content), *([] if before is None else [before]))
    old = earlier[0] if earlier else None
    return Review(
        sections=_shown(compare(old, new), opened, kept),
        stages=_stages(request),
        threads=tuple(thread for thread in kept if not thread.first.section),
        earlier_threads=len(said) - len(kept),
        compared=old is not None,
        tone=TONES[request.state],
    )


def _threads(request: ApprovalRequest, user: User | None) -> list[Thread]:
    """Return what was said on this request, and what was said before it and is not settled yet."""
    said = Comment.objects.about(request.kind, request.subject_id).select_related("author", "resolved_by")
    found = conversation.threads(said, user=user)
    return [thread for thread in found if thread.first.request_id == request.pk or thread.is_open]


def _shown(sections: Sequence[SectionChange], opened: str, said: Sequence[Thread]) -> tuple[ShownSection, ...]:
    """Spend the page's budget on changed sections first, then in order."""
    budget, whole = SHOWN, {opened}
    for section in sorted(sections, key=lambda each: each.change is Change.SAME):
        length = _length(section)
        if length <= budget:
            budget -= length
            whole.add(section.key)
    at: dict[str, list[Thread]] = {}
    for thread in said:
        at.setdefault(thread.first.section, []).append(thread)
    return tuple(ShownSection(each, each.key in whole, tuple(at.get(each.key, ()))) for each in sections)


def _length(section: SectionChange) -> int:
    """Estimate what a section weighs on the page: its text, on both sides where it changed, and its cells' markup."""
    total = 0
    for field in section.fields:
        if field.prose is not None:
            total += sum(len(piece.text) + 11 * piece.changed for piece in (*field.prose.old, *field.prose.new))
        elif field.rows:
            total += sum(len(cell.old) + len(cell.new) + 40 for row in field.rows for cell in row.cells)
        else:
            total += len(field.field.text) + sum(len(cell) + 10 for row in field.field.rows for cell in row)
    return total


def _stages(request: ApprovalRequest) -> tuple[StageLine, ...]:
    given: dict[int, list[SignatureLine]] = {}
    for signature in request.signatures.all():
        line = SignatureLine(signature, VERDICT_TONES.get(signature.verdict, ""))
        given.setdefault(signature.stage_id, []).append(line)
    return tuple(
        StageLine(stage, demand(stage), STAGE_TONES.get(stage.state, ""), tuple(given.get(stage.pk, ())))
        for stage in request.stages.all()
    )


def demand(stage: RequestStage | PolicyStage) -> str:
    """Say what a stage asks, for example “2 of Approvers” or “60 % of Approvers and Demo steward”."""
    people = [*(group.name for group in stage.groups.all()), *(str(person) for person in stage.people.all())]
    number = {"count": f"{stage.quorum_value}", "percentage": f"{stage.quorum_value} %", "all": "All"}[stage.quorum]
    return f"{number} of {' and '.join(people) or 'nobody'}"
