"""Name somebody to sign in one's absence, and end that again."""

from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from approvals.models import Delegation, User
from approvals.models.people import today
from approvals.roles import APPROVERS, AUDITORS, STEWARDS, has_role
from approvals.services import ledger
from approvals.services.notices import notify
from approvals.services.words import clean_words
from config.kit.days import day_text
from config.kit.refusals import BadInput, MoveRefused

LONGEST = timedelta(days=366)


@transaction.atomic
def delegate(*, by: User, to: User, starts_on: date, ends_on: date, reason: str = "") -> Delegation:
    """Let somebody sign for the giver on these days; the delegate is told.

    Only who signs (approvers, stewards) can hand it on: an owner's delegate would be barred from what the owner wrote,
    and naming strict approvers would be a way to keep them from signing.
    """
    errors = _errors(by, to, starts_on, ends_on)
    if errors:
        raise BadInput(errors)
    overlapping = Delegation.objects.filter(giver=by, revoked_at=None, starts_on__lte=ends_on, ends_on__gte=starts_on)
    if overlapping.exists():
        raise MoveRefused(["Somebody signs for you on some of these days already; end that first."])
    row = Delegation.objects.create(
        giver=by, delegate=to, starts_on=starts_on, ends_on=ends_on, reason=clean_words("reason", reason)[:300]
    )
    notify(
        to=to,
        cause_key=f"delegation:{row.pk}",
        title=f"You sign for {by} from {day_text(starts_on)} to {day_text(ends_on)}",
        url="/approvals/delegations/",
        body=row.reason,
    )
    payload = {"delegation": row.pk, "to": ledger.actor_of(to), "starts_on": starts_on, "ends_on": ends_on}
    ledger.append("people", "delegation.given", by=by, subject=f"delegation {row.pk}", payload=payload)
    return row


def _errors(by: User, to: User, starts_on: date, ends_on: date) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if not has_role(by, APPROVERS, STEWARDS):
        errors["delegate"] = ["Only approvers and stewards sign, so only they can name somebody to sign for them."]
    elif to.pk == by.pk:
        errors["delegate"] = ["Choose somebody other than yourself."]
    elif not to.is_active or has_role(to, AUDITORS):
        errors["delegate"] = ["Auditors and people who left cannot sign; choose somebody else."]
    if ends_on < starts_on:
        errors["ends_on"] = ["The last day is before the first."]
    elif ends_on < today():
        errors["ends_on"] = ["The last day is past."]
    elif ends_on - starts_on > LONGEST:
        errors["ends_on"] = ["A delegation lasts a year at most."]
    return errors


@transaction.atomic
def revoke(delegation: Delegation, *, by: User) -> Delegation:
    """End a delegation from now on; what was signed under it stands."""
    row = Delegation.objects.select_for_update(no_key=True).get(pk=delegation.pk)
    if row.revoked_at is not None:
        raise MoveRefused(["This delegation was ended already."])
    row.revoked_at = timezone.now()
    row.save(update_fields=["revoked_at"])
    notify(
        to=row.delegate, cause_key=f"delegation:{row.pk}:revoked", title=f"You no longer sign for {row.giver}", url=""
    )
    payload = {"delegation": row.pk}
    ledger.append("people", "delegation.revoked", by=by, subject=f"delegation {row.pk}", payload=payload)
    return row
