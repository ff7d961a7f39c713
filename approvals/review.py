"""The review screen's read model: what is asked, what changed, who has signed."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from approvals import conversation, subjects
from approvals.conversation import Thread
from approvals.domain.diff import Change, SectionChange, compare
from approvals.domain.reading import asks
from approvals.domain.review import ReviewFigure, section_digest
from approvals.models import (
    ApprovalRequest,
    CheckResult,
    Comment,
    PolicyStage,
    RequestStage,
    SectionView,
    Signature,
    SignatureCondition,
    User,
)
from approvals.services import carrying
from approvals.services.deciding import APPROVALS
from config.kit.canonical import decimal_text, parse
from config.kit.numbers import grouped

SHOWN = 30_000
"""Bytes of content that a page shows at once; sections past it are opened one by one, so that pages stay small."""

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
    viewed: bool = False
    drawn: int = 0

    @property
    def pictures(self) -> list[tuple[ReviewFigure, bool]]:
        """Return what the section pictures, each with whether there is room to draw it on this page."""
        return [(picture, place < self.drawn) for place, picture in enumerate(self.section.figures)]

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

    @property
    def conditions(self) -> list[SignatureCondition]:
        """Return the conditions it was given under, now or when it was first given."""
        return list((self.signature.carried_from or self.signature).conditions.all())


@dataclass(frozen=True)
class StageLine:
    """One stage as the rail shows it."""

    stage: RequestStage
    asks: str
    tone: str
    signatures: tuple[SignatureLine, ...]
    results: tuple[CheckResult, ...] = ()

    @property
    def is_held(self) -> bool:
        """Say whether a machine check holds the request up here."""
        return not self.stage.is_for_people and self.stage.state == RequestStage.State.OPEN


@dataclass(frozen=True)
class Base:
    """What the content is compared with: what was approved before, or what this person last saw."""

    content: dict[str, Any] | None
    seen: ApprovalRequest | None = None
    could_be_seen: bool = False

    @property
    def label(self) -> str:
        """Head the old side of a comparison."""
        return "You last saw" if self.seen else "Approved before"


@dataclass(frozen=True)
class Review:
    """Everything on the page but the forms."""

    sections: tuple[ShownSection, ...]
    stages: tuple[StageLine, ...]
    threads: tuple[Thread, ...]
    earlier_threads: int
    compared: bool
    tone: str
    base: Base
    lost: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def viewed(self) -> int:
        """Count the sections that this person has read as they stand."""
        return sum(shown.viewed for shown in self.sections)

    @property
    def held(self) -> StageLine | None:
        """Return the stage at which a machine check holds the request up."""
        return next((line for line in self.stages if line.is_held), None)

    @property
    def changes(self) -> int:
        """Count the sections that are not the same."""
        return sum(bool(shown.word) for shown in self.sections)


def review(
    request: ApprovalRequest,
    *,
    opened: str = "",
    everything: bool = False,
    user: User | None = None,
    since_approved: bool = False,
) -> Review:
    """Read the page; `opened` names a section to show whatever its length, `everything` means the conversation.

    Compared with what the person last saw of an earlier request, else with what was approved before.
    """
    said = _threads(request, user)
    kept = said if everything else said[-LATEST:]
    kind = subjects.get(request.kind)
    views = _views(request, user)
    base = _base(request, views, since_approved=since_approved)
    content = parse(request.content)
    new, *earlier = kind.sections(content, *([] if base.content is None else [base.content]))
    old = earlier[0] if earlier else None
    read = {each.key for each in new if each.key in views and views[each.key][0] == section_digest(each)}
    return Review(
        sections=_shown(compare(old, new), opened, kept, read),
        stages=_stages(request),
        threads=tuple(thread for thread in kept if not thread.first.section),
        earlier_threads=len(said) - len(kept),
        compared=old is not None,
        tone=TONES[request.state],
        base=base,
        lost=tuple(_lost(request)),
        warnings=tuple(kind.warnings(content)),
        notes=tuple(kind.notes(request.subject_id, content)),
    )


def _views(request: ApprovalRequest, user: User | None) -> dict[str, tuple[str, int]]:
    """Return what the person has read of the subject: section → its digest then, and the request they read it in."""
    rows = SectionView.objects.filter(person=user, kind=request.kind, subject_id=request.subject_id)
    return {section: (digest, seen) for section, digest, seen in rows.values_list("section", "digest", "request")}


def _base(request: ApprovalRequest, views: Mapping[str, tuple[str, int]], *, since_approved: bool) -> Base:
    before = max((seen for _, seen in views.values() if seen < request.pk), default=None)
    if before is None or since_approved:
        return Base(subjects.get(request.kind).previous(request), could_be_seen=before is not None)
    seen = ApprovalRequest.objects.get(pk=before)
    return Base(parse(seen.content), seen=seen, could_be_seen=True)


def _lost(request: ApprovalRequest) -> list[str]:
    """Return why the votes of the request before do not count in this one, if there were any that could have."""
    if request.continues_id is None or any(row.carried_from_id for row in request.signatures.all()):
        return []
    approving = request.continues.signatures.filter(verdict__in=APPROVALS) if request.continues else None
    return carrying.lost_because(request) if approving is not None and approving.exists() else []


def risk_facts(request: ApprovalRequest) -> list[tuple[str, str]]:
    """Return what makes a request weigh, in words with a tone, for lists."""
    facts, found = request.facts, []
    if facts.get("change_class"):
        tone = "bad" if facts["change_class"] == "emergency" else "info"
        found.append((f"{str(facts['change_class']).capitalize()} change", tone))
    if facts.get("tier"):
        found.append((str(facts["tier"]).capitalize(), ""))
    if facts.get("cost"):
        found.append((f"Cost {grouped(decimal_text(Decimal(str(facts['cost']))))}", ""))
    if facts.get("classification") == "confidential":
        found.append(("Confidential", "warn"))
    if facts.get("fragile"):
        found.append(("Fragile ranking", "warn"))
    if facts.get("high_risk"):
        found.append(("High-risk metric", "warn"))
    return found


def _threads(request: ApprovalRequest, user: User | None) -> list[Thread]:
    """Return what was said on this request, and what was said before it and is not settled yet."""
    said = Comment.objects.about(request.kind, request.subject_id).select_related("author", "resolved_by")
    found = conversation.threads(said, user=user)
    return [thread for thread in found if thread.first.request_id == request.pk or thread.is_open]


def _shown(
    sections: Sequence[SectionChange], opened: str, said: Sequence[Thread], read: Container[str]
) -> tuple[ShownSection, ...]:
    """Spend the page's budget on the section asked for, on changed ones, then in order; on pictures with what is left.

    The section asked for is shown with all it has.
    """
    ordered = sorted(sections, key=lambda each: (each.key != opened, each.change is Change.SAME))
    left, whole, drawn = SHOWN, set(), {}
    for section in ordered:
        length = _length(section)
        if length <= left or section.key == opened:
            left -= length
            whole.add(section.key)
    for section in ordered:
        for place, picture in enumerate(section.figures if section.key in whole else (), start=1):
            length = _drawing(picture)
            if length > left and section.key != opened:
                break
            left -= length
            drawn[section.key] = place
    at: dict[str, list[Thread]] = {}
    for thread in said:
        at.setdefault(thread.first.section, []).append(thread)
    return tuple(
        ShownSection(each, each.key in whole, tuple(at.get(each.key, ())), each.key in read, drawn.get(each.key, 0))
        for each in sections
    )


def _length(section: SectionChange) -> int:
    """Estimate what a section weighs on the page: its text, on both sides where it changed, and its cells' markup."""
    total = 0
    for field in section.fields:
        if field.prose is not None:
            total += sum(_bytes(piece.text) + 11 * piece.changed for piece in (*field.prose.old, *field.prose.new))
        elif field.rows:
            total += sum(_bytes(cell.old) + _bytes(cell.new) + 40 for row in field.rows for cell in row.cells)
        else:
            total += _bytes(field.field.text) + sum(_bytes(cell) + 10 for row in field.field.rows for cell in row)
    said = (each for picture in section.figures for pair in picture.facts for each in pair)
    return total + sum(map(_bytes, said)) + sum(_bytes(picture.heading + picture.text) for picture in section.figures)


def _drawing(picture: ReviewFigure) -> int:
    return _bytes(picture.figure.wide) + _bytes(picture.figure.narrow) if picture.figure else 0


def _bytes(text: str) -> int:
    """Count what a text weighs: a Japanese or Thai character three times as much as a Latin one."""
    return len(text.encode())


def _stages(request: ApprovalRequest) -> tuple[StageLine, ...]:
    given: dict[int, list[SignatureLine]] = {}
    for signature in request.signatures.all():
        line = SignatureLine(signature, VERDICT_TONES.get(signature.verdict, ""))
        given.setdefault(signature.stage_id, []).append(line)
    return tuple(
        StageLine(
            stage,
            demand(stage),
            STAGE_TONES.get(stage.state, ""),
            tuple(given.get(stage.pk, ())),
            tuple({result.name: result for result in stage.results.all()}.values()),
        )
        for stage in request.stages.all()
    )


def demand(stage: RequestStage | PolicyStage) -> str:
    """Say what a stage asks, for example “2 of Approvers” or “60 % of Approvers and Demo steward”."""
    who = [*(group.name for group in stage.groups.all()), *(str(person) for person in stage.people.all())]
    checks = list(stage.checks)
    return asks(kind=stage.kind, quorum=stage.quorum, value=stage.quorum_value, who=who, checks=checks)
