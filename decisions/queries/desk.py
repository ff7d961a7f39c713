"""What the pages of a decision under work need: its sections as a dossier, what may be chosen, what is missing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from approvals.conversation import open_counts
from approvals.models import ApprovalRequest, ChangeRequest, Comment, User
from approvals.readers import ModelsFor
from approvals.roles import APPROVERS, STEWARDS, has_role
from config.kit.prepared import ID, TEXT, PreparedModels, Slot
from decisions import access
from decisions.domain.dossier import SECTIONS, Dossier
from decisions.domain.obstacles import Obstacle, obstacles
from decisions.domain.reading import dossier_of_sections, section_type
from decisions.domain.reviewing import TITLES
from decisions.domain.template import Template
from decisions.forms.fields import SELECT_AT_MOST, SUGGEST_AT_MOST
from decisions.forms.offers import Offers
from decisions.models import (
    CONTRIBUTE,
    MANAGE,
    SUBJECT_KIND,
    Decision,
    DecisionVersion,
    Framing,
    RefreshMark,
    Review,
    Section,
)
from decisions.queries.doubts import doubted
from decisions.queries.offers import World
from decisions.queries.reviews import to_hold
from decisions.services import cycles, drafting, framing, segments
from decisions.services.places import obstacle_url

NUMBERS = {key: number for number, (key, _) in enumerate(SECTIONS, 1)}


@dataclass(frozen=True)
class Task:
    """One line of the task list; `said` counts the open comments."""

    title: str
    url: str
    status: str
    tone: str
    current: bool
    said: int = 0


@dataclass(frozen=True)
class ToDo:
    """An obstacle with its place."""

    sentence: str
    url: str
    section: str


@dataclass
class Desk:
    """A decision under work, as one person sees it."""

    decision: Decision
    user: User

    @cached_property
    def sections(self) -> dict[str, Section]:
        """Return the stored sections by key."""
        return {section.key: section for section in SECTIONS_OF.all(decision=self.decision.pk)}

    @cached_property
    def dossier(self) -> Dossier:
        """Return the working content."""
        return dossier_of_sections({key: section.content for key, section in self.sections.items()})

    @cached_property
    def world(self) -> World:
        """Return people and metrics."""
        return World(self.user)

    @cached_property
    def offers(self) -> Offers:
        """Return what may be chosen."""
        return self.world.offers(self.dossier)

    def suggestions(self, kinds: set[str]) -> list[tuple[str, list[tuple[str, str]]]]:
        """Return the lists of suggestions for choices too long for a select."""
        offered = {kind: self.offers.of(kind) for kind in sorted(kinds)}
        return [
            (kind, list(labels.items())[:SUGGEST_AT_MOST])
            for kind, labels in offered.items()
            if len(labels) > SELECT_AT_MOST
        ]

    @cached_property
    def framing(self) -> Framing:
        """Return what was agreed before scoring; it came with the decision."""
        return getattr(self.decision, "framing", None) or framing.framing_of(self.decision)

    @cached_property
    def obstacles(self) -> list[Obstacle]:
        """Return why it may not be submitted yet."""
        agreed = framing.obstacles_of(self.framing, self.dossier)
        owed = cycles.owed_by(self.decision, self.dossier, today=timezone.localdate(), marks=self.marks)
        known = replace(self.world.known, segments=segments.known_segments(self.dossier))
        return [*agreed, *obstacles(self.dossier, known, owed)]

    @cached_property
    def template(self) -> Template:
        """Return what the template version that the decision began with says."""
        return cycles.template_of(self.decision)

    @cached_property
    def marks(self) -> list[RefreshMark]:
        """Return what was copied from the previous cycle and nobody has confirmed."""
        return cycles.open_marks(self.decision)

    @cached_property
    def to_do(self) -> list[ToDo]:
        """Return the obstacles, each with the place where it is mended."""
        return [ToDo(o.sentence, obstacle_url(self.decision.reference, o), o.section) for o in self.obstacles]

    @cached_property
    def locked(self) -> list[str]:
        """Return why nothing may be written now; empty when it may."""
        amending, asked = (getattr(self.decision, name, None) is not None for name in ("change_id", "request_id"))
        return list(drafting.locks(self.decision, amending=amending, asked=asked))

    # The rules below are those of `access` and `questions`, read once a page; the services ask for themselves.
    @cached_property
    def grants(self) -> frozenset[str]:
        """Return what the person was granted; the owner needs nothing, an auditor gets nothing."""
        if not access.may_change_anything(self.user):
            return frozenset()
        owned = self.decision.owner_id == self.user.pk
        return frozenset({CONTRIBUTE, MANAGE}) if owned else access.grants(self.user, self.decision)

    @property
    def may_edit(self) -> bool:
        """Say whether the person may write in the sections at all."""
        return bool(self.grants & {CONTRIBUTE, MANAGE})

    @property
    def may_manage(self) -> bool:
        """Say whether the person may move the decision on."""
        return MANAGE in self.grants

    @property
    def may_question(self) -> bool:
        """Say whether the person may question the decision."""
        if not access.may_change_anything(self.user):
            return False
        last_resort = self.decision.owner_of_last_resort_id == self.user.pk
        return self.may_edit or last_resort or has_role(self.user, APPROVERS, STEWARDS)

    @property
    def editable(self) -> bool:
        """Say whether the person may write in the sections now."""
        return self.may_edit and not self.locked

    @cached_property
    def said(self) -> Mapping[str, int]:
        """Return the number of open comments on each section."""
        return open_counts(SUBJECT_KIND, self.decision.reference)

    @property
    def said_in_all(self) -> int:
        """Return the number of open comments on the decision and all its sections."""
        return sum(self.said.values())

    def tasks(self, current: str = "") -> list[Task]:
        """Return the task list: the frame, the eleven sections, and the two pages that section 9 is worked on."""
        return list(self._tasks(current))

    def summary(self) -> str:
        """Say how many sections are completed."""
        open_ = {obstacle.section for obstacle in self.obstacles}
        done = sum(1 for key, _ in SECTIONS if key not in open_)
        return f"{done} of {len(SECTIONS)} completed"

    def _tasks(self, current: str) -> Iterable[Task]:
        found = self.obstacles
        for key, title in TITLES.items():
            own = [o for o in found if o.section == key]
            label = f"{NUMBERS[key]}. {title}" if key in NUMBERS else title
            url = reverse("decision_edit", args=[self.decision.reference, key])
            begun = getattr(self.dossier, key) != section_type(key)()
            if key != "criteria":
                yield _task(label, url, own, begun, key == current, said=self.said.get(key, 0))
                continue
            content = self.dossier.criteria
            agreed = [o for o in own if o.anchor == "framing"]
            scores = [o for o in own if o.anchor.startswith(("score-", "framing-")) or o.anchor == "criteria"]
            beliefs = [o for o in own if o.anchor.startswith(("assumption-", "assumptions", "condition-"))]
            rest = [o for o in own if not o.anchor.startswith(("score-", "framing")) and o not in beliefs]
            yield _task(
                label, url, rest, bool(content.criteria or content.text), key == current, said=self.said.get(key, 0)
            )
            page = reverse("decision_framing", args=[self.decision.reference])
            yield _task("Agreement on the framing", page, agreed, bool(self.framing.asked_at), current == "framing")
            page = reverse("decision_options", args=[self.decision.reference])
            yield _task("Scores", page, scores, bool(content.scores), current == "scores")
            page = reverse("decision_assumptions", args=[self.decision.reference])
            yield _task("Assumptions", page, beliefs, bool(content.assumptions), current == "assumptions")


def _task(title: str, url: str, found: list[Obstacle], begun: bool, current: bool, *, said: int = 0) -> Task:
    wrong = sum(obstacle.wrong for obstacle in found)
    if not found:
        word, tone = "Completed", ""
    elif wrong:
        word, tone = f"{wrong} need{'s' * (wrong == 1)} attention", "warn"
    else:
        word, tone = ("In progress", "info") if begun else ("Not started", "todo")
    return Task(title, url, word, tone, current, said)


def _annotations() -> dict[str, Any]:
    """Return what the decision's page asks beside the decision, so that it costs no query of its own."""
    request = ApprovalRequest.objects.filter(
        kind=SUBJECT_KIND, subject_id=OuterRef("reference"), state=ApprovalRequest.State.OPEN
    )
    change = ChangeRequest.objects.filter(
        kind=SUBJECT_KIND, subject_id=OuterRef("reference"), state=ChangeRequest.State.OPEN
    )
    emergency = ChangeRequest.objects.filter(
        kind=SUBJECT_KIND, subject_id=OuterRef("reference"), applied_version=OuterRef("version"), approved_at=None
    )
    about = Comment.objects.filter(kind=SUBJECT_KIND, subject_id=OuterRef("reference"))
    unresolved = about.unresolved().order_by()
    version = DecisionVersion.objects.filter(decision=OuterRef("pk"), number=OuterRef("version"))
    held = Review.objects.filter(decision=OuterRef("pk"), held_at__isnull=False).order_by("-held_at")
    return {
        "request_id": Subquery(request.values("pk")[:1]),
        "request_opened_at": Subquery(request.values("opened_at")[:1]),
        "change_id": Subquery(change.values("pk")[:1]),
        "change_reason": Subquery(change.values("reason")[:1]),
        "change_class": Subquery(change.values("change_class")[:1]),
        "approve_by": Subquery(emergency.values("approve_by")[:1]),
        "unapproved_at": Subquery(emergency.values("unapproved_at")[:1]),
        "in_doubt": doubted(),
        "open_comments": Subquery(unresolved.values("subject_id").annotate(number=Count("pk")).values("number")[:1]),
        "approved_text": Subquery(version.values("text")[:1]),
        "approved_digest": Subquery(version.values("digest")[:1]),
        "review_id": to_hold(),
        "last_review_id": Subquery(held.values("pk")[:1]),
        "last_review_at": Subquery(held.values("held_at")[:1]),
    }


def open_desk(user: User, reference: str) -> Desk:
    """Return the decision as this person sees it; Http404 when they may not see it."""
    found = OPENED.all(user, reference=reference)
    if not found:
        raise Http404("There is no such decision.")
    return Desk(found[0], user)


def _opened(user: User) -> QuerySet[Decision]:
    seen = Decision.objects.visible_to(user).filter(reference=Slot("reference", TEXT))
    beside = ("owner", "owner_of_last_resort", "template", "framing", "closing__by")
    return seen.select_related(*beside).annotate(**_annotations())


OPENED = ModelsFor(_opened)
SECTIONS_OF = PreparedModels(lambda: Section.objects.filter(decision=Slot("decision", ID)).select_related("updated_by"))
