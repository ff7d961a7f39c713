"""The inbox: what waits for this person, what this person waits for, what is about to break, what comes up."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from textwrap import shorten
from typing import Any

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils import timezone

from approvals.models import ApprovalRequest, RequestStage, User
from approvals.queries import awaiting
from approvals.roles import AUDITORS, has_role
from decisions.domain.moves import LIVE, State
from decisions.models import (
    SUBJECT_KIND,
    Ballot,
    BallotRound,
    CommitmentRecord,
    Decision,
    Escalation,
    Framing,
    FramingAgreement,
    Reevaluation,
)
from decisions.queries import doubts
from decisions.queries.muting import with_silence
from decisions.queries.reviews import to_hold
from metrics.models import Condition

AT_MOST = 12
AHEAD = timedelta(days=30)
TROUBLED = (Condition.State.BREACHED, Condition.State.PENDING, Condition.State.RECOVERING)


@dataclass(frozen=True)
class Item:
    """One row: what it is, where it leads, when it is due."""

    title: str
    url: str
    what: str
    due: date | datetime | None = None
    tag: str = ""
    tone: str = ""

    @property
    def day(self) -> date | None:
        """Return the day it is due in the person's zone."""
        return timezone.localtime(self.due).date() if isinstance(self.due, datetime) else self.due


@dataclass
class Inbox:
    """The lists of the inbox, each at most twelve long."""

    today: list[Item] = field(default_factory=list)
    mine: list[Item] = field(default_factory=list)
    others: list[Item] = field(default_factory=list)
    breaking: list[Item] = field(default_factory=list)
    ahead: list[Item] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        """Say whether there is nothing at all."""
        return not (self.today or self.mine or self.others or self.breaking or self.ahead)


def inbox(user: User, *, today: date) -> Inbox:
    """Return what is in this person's inbox."""
    to_review, ahead = _due_and_ahead(user, today)
    waiting = sorted(
        [
            *(*_to_sign(user), *_to_answer(user), *_to_frame(user), *_returned(user)),
            *(*_commitments(user, today), *to_review[:AT_MOST], *_ballots(user)),
        ],
        key=lambda item: (item.day is None, item.day or today),
    )
    due = [item for item in waiting if item.day is not None and item.day <= today]
    rest = [item for item in waiting if item not in due]
    return Inbox(due[:AT_MOST], rest[:AT_MOST], _others(user), _breaking(user), ahead)


def waiting_count(user: User) -> int:
    """Return the number beside "Inbox": re-evaluations to answer, commitments and reviews due, in one query."""
    if has_role(user, AUDITORS):
        return 0
    answers = answerable(user).values("pk")
    due = CommitmentRecord.objects.filter(
        owner=user, state=CommitmentRecord.State.OPEN, due_on__lte=timezone.localdate()
    )
    reviews = _to_review(user, timezone.localdate())
    return answers.order_by().union(due.order_by().values("pk"), reviews.order_by().values("pk"), all=True).count()


def _to_review(user: User, today: date) -> "QuerySet[Decision]":
    """Live decisions of this person whose review is due."""
    return Decision.objects.live().filter(owner=user, next_review_on__lte=today)


def answerable(user: User) -> QuerySet[Reevaluation]:
    """Open re-evaluations that this person is to answer."""
    own = Q(decision__owner=user) | Q(decision__owner_of_last_resort=user, due_at__lt=timezone.now())
    own |= Q(pk__in=Escalation.objects.filter(person=user).values("reevaluation"))
    wanted = [Reevaluation.State.OPEN, Reevaluation.State.ACKNOWLEDGED]
    return Reevaluation.objects.filter(own, state__in=wanted)


def _short(text: str, most: int = 240) -> str:
    """Return the text, cut at a word with an ellipsis where it is long."""
    return shorten(text, most, placeholder=" …")


def _to_sign(user: User) -> Iterable[Item]:
    due = RequestStage.objects.filter(request=OuterRef("pk"), state=RequestStage.State.OPEN).values("due_at")[:1]
    for request in awaiting(user).annotate(due_at=Subquery(due))[:AT_MOST]:
        yield Item(request.title, reverse("approval", args=[request.pk]), "Sign", request.due_at, "To sign", "warn")


def _to_answer(user: User) -> Iterable[Item]:
    for found in answerable(user).select_related("decision")[:AT_MOST]:
        title, url = f"{found.decision.reference} {found.decision.title}", reverse("reevaluation", args=[found.pk])
        what = _short(f"{found.get_cause_display()}. {found.question}")
        yield Item(title, url, what, found.due_at, "To answer", "bad")


def framings_awaiting(user: User) -> QuerySet[Framing]:
    """Framings that this person was asked to agree to, as they are now, and has not."""
    given = FramingAgreement.objects.filter(
        framing=OuterRef("pk"), person=user, digest=OuterRef("digest"), round=OuterRef("round")
    )
    asked = Framing.objects.filter(
        Q(framers__person=user) | Q(decision__owner=user), asked_at__isnull=False, agreed_digest=""
    )
    worked_on = [State.DRAFT.value, *(state.value for state in LIVE)]
    seen = Decision.objects.visible_to(user).filter(state__in=worked_on)
    return asked.filter(~Exists(given), decision__in=seen).distinct()


def _to_frame(user: User) -> Iterable[Item]:
    for framing in framings_awaiting(user).select_related("decision").order_by("asked_at")[:AT_MOST]:
        decision = framing.decision
        url = reverse("decision_framing", args=[decision.reference])
        title = f"{decision.reference} {decision.title}"
        yield Item(title, url, "Agree to the framing before it is scored", None, "To agree", "warn")


def _returned(user: User) -> Iterable[Item]:
    """Drafts whose last request was sent back, and amendments likewise."""
    last = ApprovalRequest.objects.filter(kind=SUBJECT_KIND, subject_id=OuterRef("reference")).order_by("-opened_at")
    states = [State.DRAFT.value, *(state.value for state in LIVE)]
    drafts = Decision.objects.filter(owner=user, state__in=states).annotate(
        verdict=Subquery(last.values("state")[:1]), why=Subquery(last.values("outcome_reason")[:1])
    )
    for decision in drafts.filter(verdict=ApprovalRequest.State.RETURNED)[:AT_MOST]:
        title, url = f"{decision.reference} {decision.title}", reverse("decision", args=[decision.reference])
        yield Item(
            title, url, _short(getattr(decision, "why", "") or "Sent back for changes."), None, "Returned", "warn"
        )


def _ballots(user: User) -> Iterable[Item]:
    """Ballots that this person was asked for and has not given."""
    wanted = {"state": Ballot.State.WAITING, "round__state": BallotRound.State.OPEN}
    for found in Ballot.objects.filter(evaluator=user, **wanted).select_related("round__decision")[:AT_MOST]:
        decision, kind = found.round.decision, found.round.kind
        url = reverse("decision_ballots", args=[decision.reference])
        yield Item(f"{decision.reference} {decision.title}", url, f"Your {kind} are asked for", None, "Ballot", "warn")


def _commitments(user: User, today: date) -> Iterable[Item]:
    found = CommitmentRecord.objects.filter(
        owner=user, state=CommitmentRecord.State.OPEN, due_on__lte=today + AHEAD
    ).select_related("decision")
    for record in found[:AT_MOST]:
        url = reverse("decision_commitments", args=[record.decision.reference])
        yield Item(
            _short(record.text, 200), url, f"Your commitment in {record.decision.reference}", record.due_on, "To do"
        )


def _others(user: User) -> list[Item]:
    """Requests that this person opened, or for a decision that they own, and that still run."""
    own = Decision.objects.filter(owner=user).values("reference")
    due = RequestStage.objects.filter(request=OuterRef("pk"), state=RequestStage.State.OPEN)
    running = ApprovalRequest.objects.filter(
        Q(opened_by=user) | Q(kind=SUBJECT_KIND, subject_id__in=own), state=ApprovalRequest.State.OPEN
    ).annotate(due_at=Subquery(due.values("due_at")[:1]), stage=Subquery(due.values("name")[:1]))
    return [
        Item(r.title, reverse("approval", args=[r.pk]), f"Waits for {r.stage or 'a verdict'}", r.due_at)
        for r in running[:AT_MOST]
    ]


def _breaking(user: User) -> list[Item]:
    """Broken or nearly broken conditions of live decisions that this person answers for or may see."""
    live = Decision.objects.visible_to(user).live().values("reference")
    troubled = Condition.objects.filter(armed=True, state__in=TROUBLED, watcher__in=live).select_related("metric")
    found = with_silence(troubled, timezone.now()).order_by("state", "watcher")
    conditions = [_condition(condition) for condition in found[:AT_MOST]]
    return [*conditions, *_in_doubt(user)][:AT_MOST]


def _in_doubt(user: User) -> Iterable[Item]:
    """Live decisions that rest on data in doubt."""
    for each in doubts.of_decisions(Decision.objects.visible_to(user).live(), user, AT_MOST):
        title, url = (
            f"{each.decision.reference} {each.decision.title}",
            reverse("decision", args=[each.decision.reference]),
        )
        yield Item(title, url, _short(f"Rests on data in doubt: {each.words}"), None, "Data in doubt", "warn")


def _condition(condition: Any) -> Item:
    broken = condition.state == Condition.State.BREACHED
    word, tone = ("Broken", "bad") if broken else ("Near break", "warn")
    url = f"{reverse('decision_assumptions', args=[condition.watcher])}?show={condition.key}"
    what = condition.watcher
    if condition.flaps:
        what += f" · came back {condition.flaps} time{'s' * (condition.flaps != 1)}"
    if condition.muted_until:
        what += f" · muted until {timezone.localtime(condition.muted_until):%-d %b, %H:%M}"
    return Item(condition.label or condition.metric.name, url, what, None, word, tone)


def _due_and_ahead(user: User, today: date) -> tuple[list[Item], list[Item]]:
    """Reviews that this person is to hold now, and those of the next thirty days, the soonest first; one query."""
    mine = Q(owner=user, next_review_on__lte=today)
    coming = Decision.objects.visible_to(user).live().filter(next_review_on__lte=today + AHEAD)
    marked = coming.annotate(mine=ExpressionWrapper(mine, output_field=BooleanField()), review_id=to_hold())
    found: list[Any] = list(marked.select_related("owner").order_by("-mine", "next_review_on")[: 2 * AT_MOST])
    due = [_review(each, "Hold the review", "To review", "warn") for each in found if each.mine]
    return due, [_review(each, f"Review by {each.owner}") for each in found if not each.mine][:AT_MOST]


def _review(decision: Any, what: str, tag: str = "", tone: str = "") -> Item:
    """Return the row of a review; its page once it is planned, else the decision's."""
    page = ("review", decision.review_id) if decision.review_id else ("decision", decision.reference)
    title = f"{decision.reference} {decision.title}"
    return Item(title, reverse(page[0], args=[page[1]]), what, decision.next_review_on, tag, tone)
