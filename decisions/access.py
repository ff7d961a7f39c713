"""Who may do what to a decision. Not visible is 404, not allowed is 403; readiness is not asked here."""

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404

from approvals.models import User
from approvals.roles import ADMINISTRATORS, AUDITORS, OWNERS, has_role
from decisions.models import (
    CONTRIBUTE,
    MANAGE,
    Decision,
    DecisionGroupObjectPermission,
    DecisionUserObjectPermission,
    Escalation,
    Reevaluation,
)


def grants(user: User, decision: Decision) -> frozenset[str]:
    """Return the codenames granted on the decision to an active person, directly or through a group."""
    if not user.is_active:
        return frozenset()
    own = DecisionUserObjectPermission.objects.filter(Q(user=user), content_object=decision)
    shared = DecisionGroupObjectPermission.objects.filter(group__user=user, content_object=decision)
    codenames = "permission__codename"
    return frozenset(own.values_list(codenames, flat=True).union(shared.values_list(codenames, flat=True)))


def may_change_anything(user: User) -> bool:
    """Say whether the person may change anything at all; auditors read everything and change nothing."""
    return user.is_authenticated and user.is_active and not has_role(user, AUDITORS)


def may_create(user: User) -> bool:
    """Say whether the person may start a decision."""
    return may_change_anything(user) and has_role(user, OWNERS)


def may_edit(user: User, decision: Decision) -> bool:
    """Say whether the person may write in the decision's sections."""
    if not may_change_anything(user):
        return False
    return decision.owner_id == user.pk or bool(grants(user, decision) & {CONTRIBUTE, MANAGE})


def may_manage(user: User, decision: Decision) -> bool:
    """Say whether the person may move the decision on: its owner, or who was given the right to manage it."""
    if not may_change_anything(user):
        return False
    return decision.owner_id == user.pk or MANAGE in grants(user, decision)


def may_answer(user: User, decision: Decision) -> bool:
    """Say whether the person may answer for the decision; so may the owner of last resort, and whom delay reached."""
    if may_manage(user, decision):
        return True
    return may_change_anything(user) and (decision.owner_of_last_resort_id == user.pk or was_reached(user, decision))


def was_reached(user: User, decision: Decision) -> bool:
    """Say whether a late answer that is still wanted has come to this person on the approved path."""
    late = Reevaluation.objects.open().filter(decision=decision)
    return Escalation.objects.filter(person=user, reevaluation__in=late).exists()


def may_transfer(user: User, decision: Decision) -> bool:
    """Say whether the person may give the decision to another owner; when its owner has left, an administrator may."""
    orphaned = not decision.owner.is_active and may_change_anything(user) and has_role(user, ADMINISTRATORS)
    return orphaned or may_manage(user, decision)


def require_view(user: User, decision: Decision) -> None:
    """Raise Http404 unless the person may see the decision."""
    if not Decision.objects.visible_to(user).filter(pk=decision.pk).exists():
        raise Http404("There is no such decision.")


def require(allowed: bool, user: User, decision: Decision, sentence: str) -> None:
    """Raise Http404 or PermissionDenied with the sentence, unless allowed."""
    if not allowed:
        require_view(user, decision)
        raise PermissionDenied(sentence)


def require_edit(user: User, decision: Decision) -> None:
    """Raise unless the person may write in the sections."""
    require(may_edit(user, decision), user, decision, "Only the owner and invited contributors may edit this decision.")


def require_manage(user: User, decision: Decision) -> None:
    """Raise unless the person may move the decision on."""
    require(may_manage(user, decision), user, decision, "Only the owner of this decision may do this.")


def require_answer(user: User, decision: Decision) -> None:
    """Raise unless the person may answer for the decision."""
    sentence = "Only the owner, the owner of last resort, and whom a late answer has reached may answer for it."
    require(may_answer(user, decision), user, decision, sentence)
