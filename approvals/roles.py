"""The roles, as Django groups."""

from approvals.models import User

OWNERS = "Owners"
APPROVERS = "Approvers"
STEWARDS = "Stewards"
AUDITORS = "Auditors"
ADMINISTRATORS = "Administrators"
REVIEW_BOARD = "Review board"
ROLES = (OWNERS, APPROVERS, STEWARDS, AUDITORS, ADMINISTRATORS, REVIEW_BOARD)


def roles_of(user: User) -> frozenset[str]:
    """Return the names of the user's roles, read once per user object; an inactive user has none."""
    if not user.is_authenticated or not user.is_active:
        return frozenset()
    if not hasattr(user, "_roles"):
        names = user.groups.filter(name__in=ROLES).values_list("name", flat=True)
        user._roles = frozenset(names)  # type: ignore[attr-defined]
    return user._roles  # type: ignore[attr-defined, no-any-return]


def has_role(user: User, *roles: str) -> bool:
    """Say whether the user has any of the roles."""
    return not roles_of(user).isdisjoint(roles)
