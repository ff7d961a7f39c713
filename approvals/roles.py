"""The roles, as Django groups."""

from collections.abc import Iterable

from django.contrib.auth.models import Group

from approvals.models import User
from config.kit.prepared import ID, PreparedRows, Slot

OWNERS = "Owners"
APPROVERS = "Approvers"
STEWARDS = "Stewards"
AUDITORS = "Auditors"
ADMINISTRATORS = "Administrators"
REVIEW_BOARD = "Review board"
ROLES = (OWNERS, APPROVERS, STEWARDS, AUDITORS, ADMINISTRATORS, REVIEW_BOARD)
NAMES = PreparedRows(lambda: Group.objects.filter(user=Slot("user", ID), name__in=ROLES).values_list("name"))


def roles_of(user: User) -> frozenset[str]:
    """Return the names of the user's roles, read once per user object; an inactive user has none."""
    if not user.is_authenticated or not user.is_active:
        return frozenset()
    if not hasattr(user, "_roles"):
        remember(user, NAMES.column(user=user.pk))
    return user._roles  # type: ignore[attr-defined, no-any-return]


def remember(user: User, groups: Iterable[str | None]) -> None:
    """Keep on the user object which of its groups are roles."""
    user._roles = frozenset(ROLES).intersection(groups)  # type: ignore[attr-defined]


def has_role(user: User, *roles: str) -> bool:
    """Say whether the user has any of the roles."""
    return not roles_of(user).isdisjoint(roles)
