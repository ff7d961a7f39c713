"""What was undertaken with a decision, and what became of it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods

from config.kit.web import page, paginate
from decisions.forms.moves import SettleForm
from decisions.models import CommitmentRecord
from decisions.queries.desk import open_desk
from decisions.services import commitments as service
from decisions.views.request import SignedIn


@login_required
@require_http_methods(["GET", "POST"])
def commitments(request: SignedIn, reference: str) -> HttpResponse:
    """Show the commitments; POST settles one: done, or dropped with a note."""
    desk = open_desk(request.user, reference)
    form = SettleForm(request.POST or None, decision=desk.decision, user=request.user)
    if request.method == "POST" and form.is_valid():
        record = get_object_or_404(CommitmentRecord, decision=desk.decision, pk=form.cleaned_data["record"])
        service.settle(record, state=form.cleaned_data["state"], note=form.cleaned_data["note"], by=request.user)
        messages.success(request, f"{form.cleaned_data['state'].capitalize()}: {record.text[:100]}")
        return redirect("decision_commitments", reference)
    records = desk.decision.commitments.select_related("owner").order_by("state", "due_on", "pk")
    context = {
        "decision": desk.decision,
        "listing": paginate(request, records, 30),
        "may_manage": desk.may_manage,
        "form": form,
    }
    return page(request, "decisions/commitments.html", context, 422 if form.is_bound else 200)
