"""The yearly look at whether a metric is still worth keeping."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from approvals import autosaving
from config.kit.forms import add_errors
from config.kit.refusals import BadInput
from config.kit.web import page
from metrics.forms.disputes import RelevanceForm
from metrics.models import Metric, RelevanceReview
from metrics.services import relevance
from metrics.views.common import person, visible

SHOWN = 40  # reviews of the past: forty years of them


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def metric_relevance(request: HttpRequest, key: str) -> HttpResponse:
    """Show when the metric is to be reviewed and what was said before; who keeps it holds the review."""
    metric = visible(request, key)
    may = relevance.may_review(person(request), metric)
    if request.method == "POST" and not may:
        raise PermissionDenied("Whoever keeps the metric says whether it is still relevant.")
    if answer := autosaving.kept(request):
        return answer
    before = autosaving.typed_before(request) if may else {"initial": {}, "unsent_at": None}
    form = RelevanceForm(request.POST if request.method == "POST" else None, initial=before["initial"])
    if form.is_bound and form.is_valid() and _hold(metric, form, request):
        autosaving.forget(request)
        return _follow(metric, form.cleaned_data["outcome"])
    reviews = list(metric.relevance_reviews.select_related("held_by")[: SHOWN + 1])
    waiting = next((each for each in reviews if each.state == RelevanceReview.State.DUE), None)
    context = {
        "metric": metric,
        "form": form,
        "unsent_at": before["unsent_at"],
        "waiting": waiting,
        "late": waiting is not None and waiting.due_at <= timezone.now(),
        "held": [each for each in reviews if each is not waiting],
        "may_review": may and metric.state == Metric.State.APPROVED,
    }
    return page(request, "metrics/metric_relevance.html", context, 422 if form.is_bound else 200)


def _hold(metric: Metric, form: RelevanceForm, request: HttpRequest) -> bool:
    try:
        relevance.hold(metric, by=person(request), seen=_seen(request), **form.cleaned_data)
    except BadInput as error:
        add_errors(form, error.errors)
        return False
    messages.success(request, "The review is noted.")
    return True


def _seen(request: HttpRequest) -> int | None:
    """Return which review the page that was sent had shown."""
    text = request.POST.get("review", "")[:10]
    return int(text) if text.isascii() and text.isdecimal() else None


def _follow(metric: Metric, outcome: str) -> HttpResponse:
    """Lead on to where what was said is done."""
    places = {"change": "metric_definition", "deprecate": "metric_lifecycle"}
    return redirect(places.get(outcome, "metric_relevance"), metric.key)
