"""Who may see one metric, add to its values, or manage it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from approvals.models import User
from config.kit.web import page
from metrics.forms import ClassificationForm, GrantForm
from metrics.forms.people import PERMISSIONS
from metrics.models import Metric
from metrics.queries import stored as queries
from metrics.services import registry
from metrics.views.common import managed, person


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def metric_people(request: HttpRequest, key: str) -> HttpResponse:
    """Show the grants and the classification; each button changes one of them."""
    metric = managed(request, key)
    grant_form, class_form = GrantForm(), ClassificationForm(initial={"classification": metric.classification})
    if request.method == "POST":
        if "revoke" in request.POST:
            return _revoke(request, metric)
        if "classification" in request.POST:
            class_form = ClassificationForm(request.POST)
            if class_form.is_valid():
                return _classify(request, metric, class_form.cleaned_data["classification"])
        else:
            grant_form = GrantForm(request.POST)
            if grant_form.is_valid():
                return _grant(request, metric, grant_form)
    grants = [(row, dict(PERMISSIONS)[row.permission.codename]) for row in queries.grants(metric)]
    context = {"metric": metric, "grants": grants, "grant_form": grant_form, "class_form": class_form}
    return page(request, "metrics/metric_people.html", context, 422 if request.method == "POST" else 200)


def _classify(request: HttpRequest, metric: Metric, classification: str) -> HttpResponse:
    registry.classify(metric, classification=classification, by=person(request))
    messages.success(request, f"{metric.name} is {classification} now.")
    return redirect("metric_people", metric.key)


def _grant(request: HttpRequest, metric: Metric, form: GrantForm) -> HttpResponse:
    to: User = form.cleaned_data["person"]
    registry.grant(metric, to=to, permission=form.cleaned_data["permission"], by=person(request))
    messages.success(request, f"Granted to {to}.")
    return redirect("metric_people", metric.key)


def _revoke(request: HttpRequest, metric: Metric) -> HttpResponse:
    """Take back the grant whose number the button carries; one that is gone already needs no answer."""
    number = request.POST["revoke"]
    plain = number.isascii() and number.isdigit() and len(number) < 19
    row = queries.grants(metric).filter(pk=number).first() if plain else None
    if row is not None:
        registry.revoke(metric, to=row.user, permission=row.permission.codename, by=person(request))
        messages.success(request, f"Taken back from {row.user}.")
    # Who takes back their own grant may no longer see the page.
    still = Metric.objects.visible_to(person(request)).filter(pk=metric.pk).exists()
    return redirect("metric_people", metric.key) if still else redirect("metric_list")
