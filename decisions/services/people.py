"""People around a decision: contributors, owners, and everyone who may not sign it."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from guardian.shortcuts import assign_perm, remove_perm

from approvals.models import User
from approvals.queries import people_with
from approvals.roles import ADMINISTRATORS, OWNERS, has_role
from approvals.services import ledger
from config.kit.locking import locked
from config.kit.refusals import MoveRefused
from decisions import access
from decisions.models import CONTRIBUTE, MANAGE, VIEW, Authorship, Decision

GRANTS = (VIEW, CONTRIBUTE, MANAGE)


def find(username: str) -> User | None:
    """Return the active person of that name."""
    return User.objects.filter(username=username, is_active=True).first() if username else None


def answerable(decision: Decision) -> list[User]:
    """Return who has to hear of the decision: its owner, or who comes after an owner that has left."""
    for person in (decision.owner, decision.owner_of_last_resort):
        if person is not None and person.is_active:
            return [person]
    return list(people_with(ADMINISTRATORS))


def note_author(decision: Decision, user: User, part: str, *, at: datetime | None = None) -> None:
    """Remember for good that the person had a hand in the decision."""
    Authorship.objects.get_or_create(decision=decision, user=user, part=part, defaults={"since": at or timezone.now()})


def authors_of(decision: Decision) -> list[User]:
    """Return everyone who had a hand in the decision, or may have: none of them may sign it.

    Owners now and before, contributors now and before, everyone who saved a section, and the members of groups that
    hold a contributor's or manager's grant.
    """
    writing = [CONTRIBUTE, MANAGE]
    through_group = Q(
        groups__decisiongroupobjectpermission__content_object=decision,
        groups__decisiongroupobjectpermission__permission__codename__in=writing,
    )
    by_grant = Q(
        decisionuserobjectpermission__content_object=decision,
        decisionuserobjectpermission__permission__codename__in=writing,
    )
    noted = Q(pk__in=Authorship.objects.filter(decision=decision).values("user"))
    wanted = noted | by_grant | through_group | Q(pk=decision.owner_id)
    return list(User.objects.filter(wanted).distinct().order_by("pk"))


@transaction.atomic
def invite(decision: Decision, user: User, *, grant: str, by: User) -> None:
    """Grant view, contribute or manage; who may write is an author from then on."""
    access.require_manage(by, decision)
    if grant not in GRANTS:
        raise ValueError(f"{grant!r} is not a grant on decisions.")
    assign_perm(grant, user, decision)
    if grant != VIEW:
        note_author(decision, user, Authorship.Part.CONTRIBUTOR)
    payload = {"person": ledger.actor_of(user), "grant": grant}
    ledger.append(decision.stream, "decision.granted", by=by, subject=decision.reference, payload=payload)


@transaction.atomic
def uninvite(decision: Decision, user: User, *, by: User) -> None:
    """Take back every grant; what the person wrote stays theirs, and they still may not sign."""
    access.require_manage(by, decision)
    for grant in GRANTS:
        remove_perm(grant, user, decision)
    payload = {"person": ledger.actor_of(user)}
    ledger.append(decision.stream, "decision.grants_removed", by=by, subject=decision.reference, payload=payload)


@transaction.atomic
def transfer(decision: Decision, *, to: User, by: User, reason: str, at: datetime | None = None) -> Decision:
    """Give the decision to another owner; the earlier owner stays an author."""
    decision = locked(Decision.objects.select_related("owner").filter(pk=decision.pk)).get()
    sentence = "Only the owner may give this decision to somebody else; once the owner has left, an administrator may."
    access.require(access.may_transfer(by, decision), by, decision, sentence)
    if reasons := list(_against_transfer(decision, to, reason)):
        raise MoveRefused(reasons)
    previous = decision.owner
    set_owner(decision, to, at=at)
    decision._history_user = by  # type: ignore[attr-defined]
    decision.save(update_fields=["owner"])
    payload = {"from": ledger.actor_of(previous), "to": ledger.actor_of(to), "reason": reason.strip()}
    ledger.append(decision.stream, "decision.transferred", by=by, subject=decision.reference, payload=payload)
    return decision


def set_owner(decision: Decision, to: User, *, at: datetime | None = None) -> None:
    """Set the owner on the instance and remember both as authors; the caller saves and writes the ledger."""
    for owner in (decision.owner, to):
        note_author(decision, owner, Authorship.Part.OWNER, at=at)
    decision.owner = to


def _against_transfer(decision: Decision, to: User, reason: str) -> Iterable[str]:
    if decision.state == Decision.State.IN_REVIEW:
        yield "The decision is in review; withdraw it first, or wait for the verdict."
    if not reason.strip():
        yield "Give a reason for the transfer."
    if not has_role(to, OWNERS):
        yield f"{to} does not have the role of an owner; ask an administrator, or choose somebody who has."
