"""Mute messages about a condition of a decision for a time, or hear of it again."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from config.kit.days import moment_text
from config.kit.web import page
from decisions import access
from decisions.forms.muting import MuteForm
from decisions.models import Decision
from decisions.queries.muting import silences
from decisions.services import muting
from decisions.views.request import SignedIn
from metrics.models import Condition


@login_required
@require_http_methods(["GET", "POST"])
def mute(request: SignedIn, reference: str, key: str) -> HttpResponse:
    """Ask how long and why; POST mutes, or with `lift` ends the silence."""
    decision = get_object_or_404(Decision.objects.visible_to(request.user), reference=reference)
    condition = Condition.objects.armed().filter(watcher=reference, key=key).select_related("metric").first()
    if condition is None:
        raise Http404("There is no such condition.")
    access.require_answer(request.user, decision)
    if "lift" in request.POST:
        muting.unmute(decision, key, by=request.user)
        messages.success(request, "You hear of it again.")
        return redirect("decision_mute", reference, key)
    form = MuteForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        found = muting.mute(decision, key, by=request.user, **form.chosen())
        messages.success(request, f"Muted until {moment_text(timezone.localtime(found.until))}.")
        return redirect("decision_mute", reference, key)
    context = {"decision": decision, "condition": condition, "form": form}
    context["silence"] = silences(decision.pk, timezone.now()).get(key)
    return page(request, "decisions/mute.html", context, 422 if form.is_bound else 200)
