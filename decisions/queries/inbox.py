"""The inbox: what waits for this person, what this person waits for, what is about to break, what comes up."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst

from approvals.models import ApprovalRequest, RequestStage, User
from approvals.queries import awaiting
from approvals.readers import ModelsFor, RowsFor
from approvals.roles import AUDITORS, has_role
from config.kit.days import moment_text
from config.kit.prepared import DAY, TIME, Slot
from decisions.domain.brief import brief
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

LONGEST = 240  # characters of what an item says
AT_MOST = 12
MOST_REQUESTS = 200
"""So many open requests are looked through for those to sign and those that wait for others."""
AHEAD = timedelta(days=30)
TROUBLED = (Condition.State.BREACHED, Condition.State.PENDING, Condition.State.RECOVERING)
TODAY, UNTIL, NOW = Slot("today", DAY), Slot("until", DAY), Slot("now", TIME)


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
    to_sign, with_others = _requests(user)
    waiting = sorted(
        [
            *(*to_sign, *_to_answer(user), *_owed(user)),
            *(*_commitments(user, today), *to_review[:AT_MOST]),
        ],
        key=lambda item: (item.day is None, item.day or today),
    )
    due = [item for item in waiting if item.day is not None and item.day <= today]
    rest = [item for item in waiting if item not in due]
    return Inbox(due[:AT_MOST], rest[:AT_MOST], with_others, _breaking(user), ahead)


def waiting_count(user: User) -> int:
    """Return the number beside "Inbox": re-evaluations to answer, commitments and reviews due, in one query."""
    if has_role(user, AUDITORS):
        return 0
    return len(WAITING.rows(user, today=timezone.localdate(), now=timezone.now()))


def _waiting(user: User) -> QuerySet[Any, Any]:
    due = CommitmentRecord.objects.filter(owner=user, state=CommitmentRecord.State.OPEN, due_on__lte=TODAY)
    reviews = Decision.objects.live().filter(owner=user, next_review_on__lte=TODAY)
    of_all = (rows.order_by().values_list("pk") for rows in (answerable(user), due, reviews))
    return next(of_all).union(*of_all, all=True)


def answerable(user: User, now: datetime | Slot = NOW) -> QuerySet[Reevaluation]:
    """Open re-evaluations that this person is to answer."""
    own = Q(decision__owner=user) | Q(decision__owner_of_last_resort=user, due_at__lt=now)
    own |= Q(pk__in=Escalation.objects.filter(person=user).values("reevaluation"))
    wanted = [Reevaluation.State.OPEN, Reevaluation.State.ACKNOWLEDGED]
    return Reevaluation.objects.filter(own, state__in=wanted)


def _to_answer(user: User) -> Iterable[Item]:
    for found in TO_ANSWER.all(user, now=timezone.now()):
        title, url = f"{found.decision.reference} {found.decision.title}", reverse("reevaluation", args=[found.pk])
        what = brief(f"{found.get_cause_display()}. {found.question}", LONGEST)
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


def _owed(user: User) -> Iterable[Item]:
    """What this person owes decisions without a day: agreements, changes that were asked for, ballots."""
    for reference, title, turn, said in OWED.rows(user):
        place, what, tag = (
            ("decision_framing", "Agree to the framing before it is scored", "To agree"),
            ("decision", brief(said or "Sent back for changes.", LONGEST), "Returned"),
            ("decision_ballots", f"Your {said} are asked for", "Ballot"),
        )[turn]
        yield Item(f"{reference} {title}", reverse(place, args=[reference]), what, None, tag, "warn")


def _owed_rows(user: User) -> QuerySet[Any, Any]:
    nothing = Value("", output_field=TextField())
    framings = framings_awaiting(user).annotate(turn=Value(0), said=nothing)
    ballots = Ballot.objects.filter(evaluator=user, state=Ballot.State.WAITING, round__state=BallotRound.State.OPEN)
    ballots = ballots.annotate(turn=Value(2), said=Cast("round__kind", TextField()))
    of_framing = framings.order_by().values_list("decision__reference", "decision__title", "turn", "said")
    of_ballots = ballots.order_by().values_list("round__decision__reference", "round__decision__title", "turn", "said")
    found = of_framing.union(_returned(user), of_ballots, all=True).order_by("turn", "decision__reference")
    return found[: 3 * AT_MOST]


def _returned(user: User) -> QuerySet[Any, Any]:
    """Drafts whose last request was sent back, and amendments likewise; with the reason."""
    last = ApprovalRequest.objects.filter(kind=SUBJECT_KIND, subject_id=OuterRef("reference")).order_by("-opened_at")
    states = [State.DRAFT.value, *(state.value for state in LIVE)]
    drafts = Decision.objects.filter(owner=user, state__in=states).annotate(verdict=Subquery(last.values("state")[:1]))
    returned = drafts.filter(verdict=ApprovalRequest.State.RETURNED).order_by()
    said = Subquery(last.values("outcome_reason")[:1], output_field=TextField())
    return returned.annotate(turn=Value(1), said=said).values_list("reference", "title", "turn", "said")


def _commitments(user: User, today: date) -> Iterable[Item]:
    for record in COMMITMENTS.all(user, until=today + AHEAD):
        url = reverse("decision_commitments", args=[record.decision.reference])
        yield Item(
            brief(record.text, 200), url, f"Your commitment in {record.decision.reference}", record.due_on, "To do"
        )


def _commitments_of(user: User) -> QuerySet[CommitmentRecord]:
    found = CommitmentRecord.objects.filter(owner=user, state=CommitmentRecord.State.OPEN, due_on__lte=UNTIL)
    return found.select_related("decision")[:AT_MOST]


def _requests(user: User) -> tuple[list[Item], list[Item]]:
    """Return what this person is to sign, and what they opened, or own, and somebody else is to sign."""
    to_sign, others = [], []
    for pk, title, due_at, name, mine in REQUESTS.rows(user):
        url = reverse("approval", args=[pk])
        if mine:
            to_sign.append(Item(title, url, "Sign", due_at, "To sign", "warn"))
        else:
            others.append(Item(title, url, f"Waits for {name or 'a verdict'}", due_at))
    return to_sign[:AT_MOST], others[:AT_MOST]


def _requests_of(user: User) -> QuerySet[Any, Any]:
    own = Decision.objects.filter(owner=user).values("reference")
    stage = RequestStage.objects.filter(request=OuterRef("pk"), state=RequestStage.State.OPEN)
    rows = (
        ApprovalRequest.objects.filter(state=ApprovalRequest.State.OPEN)
        .annotate(mine=Exists(awaiting(user).filter(pk=OuterRef("pk"))))
        .annotate(due_at=Subquery(stage.values("due_at")[:1]), stage=Subquery(stage.values("name")[:1]))
        .filter(Q(mine=True) | Q(opened_by=user) | Q(kind=SUBJECT_KIND, subject_id__in=own))
        .values_list("pk", "title", "due_at", "stage", "mine")
    )
    return rows[:MOST_REQUESTS]


def _breaking(user: User) -> list[Item]:
    """Broken or nearly broken conditions of live decisions that this person answers for or may see."""
    conditions = [_condition(condition) for condition in BREAKING.all(user, now=timezone.now())]
    return [*conditions, *_in_doubt(user)][:AT_MOST]


def _breaking_for(user: User) -> QuerySet[Condition]:
    live = Decision.objects.visible_to(user).live().values("reference")
    troubled = Condition.objects.filter(armed=True, state__in=TROUBLED, watcher__in=live).select_related("metric")
    return with_silence(troubled, NOW).order_by("state", "watcher")[:AT_MOST]


def _in_doubt(user: User) -> Iterable[Item]:
    """Live decisions that rest on data in doubt."""
    for each in doubts.of_live_decisions(user)[:AT_MOST]:
        title, url = (
            f"{each.decision.reference} {each.decision.title}",
            reverse("decision", args=[each.decision.reference]),
        )
        yield Item(title, url, brief(f"Rests on data in doubt: {each.words}", LONGEST), None, "Data in doubt", "warn")


def _condition(condition: Any) -> Item:
    broken = condition.state == Condition.State.BREACHED
    word, tone = ("Broken", "bad") if broken else ("Near break", "warn")
    url = f"{reverse('decision_assumptions', args=[condition.watcher])}?show={condition.key}"
    what = condition.watcher
    if condition.flaps:
        what += f" · came back {condition.flaps} time{'s' * (condition.flaps != 1)}"
    if condition.muted_until:
        what += f" · muted until {moment_text(timezone.localtime(condition.muted_until))}"
    return Item(capfirst(condition.label or condition.metric.name), url, what, None, word, tone)


def _due_and_ahead(user: User, today: date) -> tuple[list[Item], list[Item]]:
    """Reviews that this person is to hold now, and those of the next thirty days, the soonest first."""
    found: list[Any] = COMING.all(user, today=today, until=today + AHEAD)
    due = [_review(each, "Hold the review", "To review", "warn") for each in found if each.mine]
    return due, [_review(each, f"Review by {each.owner}") for each in found if not each.mine][:AT_MOST]


def _coming(user: User) -> QuerySet[Decision]:
    mine = Q(owner=user, next_review_on__lte=TODAY)
    coming = Decision.objects.visible_to(user).live().filter(next_review_on__lte=UNTIL)
    marked = coming.annotate(mine=ExpressionWrapper(mine, output_field=BooleanField()), review_id=to_hold())
    return marked.select_related("owner").order_by("-mine", "next_review_on")[: 2 * AT_MOST]


def _review(decision: Any, what: str, tag: str = "", tone: str = "") -> Item:
    """Return the row of a review; its page once it is planned, else the decision's."""
    page = ("review", decision.review_id) if decision.review_id else ("decision", decision.reference)
    title = f"{decision.reference} {decision.title}"
    return Item(title, reverse(page[0], args=[page[1]]), what, decision.next_review_on, tag, tone)


WAITING = RowsFor(_waiting)
TO_ANSWER = ModelsFor(lambda user: answerable(user).select_related("decision")[:AT_MOST])
OWED = RowsFor(_owed_rows)
COMMITMENTS = ModelsFor(_commitments_of)
REQUESTS = RowsFor(_requests_of)
BREAKING = ModelsFor(_breaking_for)
COMING = ModelsFor(_coming)
