"""The review screen's read model: what is asked, what changed, who has signed."""

from collections.abc import Sequence
from dataclasses import dataclass

from approvals import subjects
from approvals.domain.diff import Change, SectionChange, compare
from approvals.models import ApprovalRequest, Comment, PolicyStage, RequestStage, Signature
from config.kit.canonical import parse

SHOWN = 30_000
"""Characters of content that a page shows at once; sections past it are opened one by one, so that pages stay small."""

LATEST = 12
"""Comments shown at once."""

TONES = {"open": "warn", "approved": "ok", "returned": "warn", "rejected": "bad", "withdrawn": ""}
STAGE_TONES = {"open": "warn", "passed": "ok", "failed": "bad"}
VERDICT_TONES = {"approve": "ok", "approve_with_conditions": "ok", "return": "warn", "reject": "bad"}


@dataclass(frozen=True)
class ShownSection:
    """A section, and whether this page carries its whole text."""

    section: SectionChange
    whole: bool

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
    comments: tuple[Comment, ...]
    earlier_comments: int
    compared: bool
    tone: str

    @property
    def changes(self) -> int:
        """Count the sections that are not the same."""
        return sum(bool(shown.word) for shown in self.sections)


def review(request: ApprovalRequest, *, opened: str = "", everything: bool = False) -> Review:
    """Read the page; `opened` names a section to show whatever its length, `everything` means the conversation."""
    comments = tuple(request.comments.select_related("author"))
    kind = subjects.get(request.kind)
    before = kind.previous(request)
    new, *earlier = kind.sections(parse(request.content), *([] if before is None else [before]))
    old = earlier[0] if earlier else None
    return Review(
        sections=_shown(compare(old, new), opened),
        stages=_stages(request),
        comments=comments if everything else comments[-LATEST:],
        earlier_comments=0 if everything else max(0, len(comments) - LATEST),
        compared=old is not None,
        tone=TONES[request.state],
    )


def _shown(sections: Sequence[SectionChange], opened: str) -> tuple[ShownSection, ...]:
    """Spend the page's budget on changed sections first, then in order."""
    budget, whole = SHOWN, {opened}
    for section in sorted(sections, key=lambda each: each.change is Change.SAME):
        length = _length(section)
        if length <= budget:
            budget -= length
            whole.add(section.key)
    return tuple(ShownSection(section, section.key in whole) for section in sections)


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
