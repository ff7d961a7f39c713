"""Pages of delegations."""

from datetime import timedelta

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from approvals.access import person
from approvals.forms.delegations import DelegationForm
from approvals.models import Delegation, User
from approvals.models.people import today
from approvals.roles import APPROVERS, STEWARDS, has_role
from approvals.services.delegations import delegate, revoke
from config.kit.refusals import BadInput, MoveRefused
from config.kit.web import page


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delegation_list(request: HttpRequest) -> HttpResponse:
    """Show who signs for this person and for whom they sign; name somebody."""
    user = person(request)
    form, status = DelegationForm(by=user, initial={"starts_on": today(), "ends_on": today() + timedelta(days=14)}), 200
    if request.method == "POST":
        form = DelegationForm(request.POST, by=user)
        status = _given(form, user)
        if status == 302:
            return redirect("delegation_list")
    return _screen(request, user, form, status)


def _given(form: DelegationForm, user: User) -> int:
    """Name the delegate; returns the status of the answer."""
    if not form.is_valid():
        return 422
    given = form.cleaned_data
    try:
        delegate(
            by=user,
            to=given["delegate"],
            starts_on=given["starts_on"],
            ends_on=given["ends_on"],
            reason=given["reason"],
        )
    except (BadInput, MoveRefused) as refusal:
        return form.refuse(refusal)
    return 302


def _screen(request: HttpRequest, user: User, form: DelegationForm, status: int) -> HttpResponse:
    rows = Delegation.objects.filter(Q(giver=user) | Q(delegate=user)).select_related("giver", "delegate")[:100]
    context = {
        "given": [row for row in rows if row.giver_id == user.pk],
        "held": [row for row in rows if row.delegate_id == user.pk],
        "form": form if has_role(user, APPROVERS, STEWARDS) else None,
        "today": today(),
    }
    return page(request, "approvals/delegation_list.html", context, status)


@login_required
@require_POST
def delegation_revoke(request: HttpRequest, delegation_id: int) -> HttpResponse:
    """End one's own delegation; anybody else's is not there."""
    user = person(request)
    row = Delegation.objects.filter(pk=min(delegation_id, 2**63 - 1), giver=user).first()
    if row is None:
        raise Http404
    revoke(row, by=user)
    return redirect("delegation_list")
