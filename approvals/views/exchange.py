"""Exchanging approvers: for administrators, who see who is asked but not what."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from approvals import access
from approvals.forms.exchange import ExchangeForm
from approvals.models import ApprovalRequest, RequestStage
from approvals.review import demand
from approvals.roles import ADMINISTRATORS
from approvals.services.exchange import exchange
from config.kit.refusals import BadInput, MoveRefused
from config.kit.web import page


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def approval_people(request: HttpRequest, request_id: int) -> HttpResponse:
    """Show whom a running request asks, and exchange one for another."""
    user = access.person(request)
    access.require(user, ADMINISTRATORS)
    asked = ApprovalRequest.objects.filter(pk=min(request_id, 2**63 - 1)).select_related("opened_by").first()
    if asked is None:
        raise Http404
    unfinished = [RequestStage.State.OPEN, RequestStage.State.WAITING]
    stages = list(asked.stages.filter(state__in=unfinished).prefetch_related("groups", "people"))
    chosen = request.POST.get("stage", "")
    shown = []
    status = 200
    for stage in stages:
        mine = request.method == "POST" and chosen == str(stage.position)
        form = ExchangeForm(request.POST if mine else None, stage=stage, prefix=f"stage{stage.position}")
        if mine:
            status = _exchanged(asked, user, stage, form)
            if status == 302:
                return redirect("approval_people", request_id=asked.pk)
        shown.append({"stage": stage, "asks": demand(stage), "form": form})
    if request.method == "POST" and status == 200:
        raise MoveRefused(["This stage is closed; choose one that is open or still to come."])
    forms = [each["form"] for each in shown]
    return page(request, "approvals/request_people.html", {"asked": asked, "stages": shown, "forms": forms}, status)


def _exchanged(asked: ApprovalRequest, user: Any, stage: RequestStage, form: ExchangeForm) -> int:
    """Exchange; returns the status of the answer."""
    if not form.is_valid():
        return 422
    given = form.cleaned_data
    try:
        exchange(
            asked.pk,
            by=user,
            position=stage.position,
            leaves=given["leaves"],
            comes=given["comes"],
            reason=given["reason"],
        )
    except (BadInput, MoveRefused) as refusal:
        return form.refuse(refusal)
    return 302
