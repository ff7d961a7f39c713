"""The demonstration's accounts: named by role, all with the same password."""

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from approvals.models import User
from approvals.roles import ADMINISTRATORS, APPROVERS, AUDITORS, OWNERS, REVIEW_BOARD, STEWARDS

PASSWORD = "premise-demo"  # noqa: S105 it is printed on the sign-in page

ACCOUNTS: dict[str, tuple[str, ...]] = {
    "owner": (OWNERS,),
    "contributor": (),
    "approver1": (APPROVERS,),
    "approver2": (APPROVERS,),
    "approver3": (APPROVERS, REVIEW_BOARD),
    "steward": (STEWARDS,),
    "auditor": (AUDITORS,),
    "admin": (ADMINISTRATORS,),
}


def ensure() -> dict[str, User]:
    """Return the accounts by name; whoever exists already is left as they are."""
    known = {user.username: user for user in User.objects.filter(username__in=ACCOUNTS)}
    # One slow hash for all: everybody may know this password.
    hashed = make_password(PASSWORD) if len(known) < len(ACCOUNTS) else ""
    for name, roles in ACCOUNTS.items():
        if name not in known:
            user = User(username=name, first_name="Demo", last_name=_title(name), password=hashed)
            user.save()
            user.groups.set(Group.objects.filter(name__in=roles))
            known[name] = user
    return known


def _title(name: str) -> str:
    return name if not name[-1].isdigit() else f"{name[:-1]} {name[-1]}"
