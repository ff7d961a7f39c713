"""Reviews: what is due and was held, how well probabilities did, and the page on which one is held."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from approvals import autosaving
from config.kit.forms import add_errors
from config.kit.refusals import BadInput, MoveRefused
from config.kit.web import page, paginate
from decisions import access
from decisions.forms.reviews import ReviewForm
from decisions.models import Lesson, Review
from decisions.queries import reviews as queries
from decisions.services import reviews, variances
from decisions.views.request import SignedIn


@login_required
@require_safe
def review_list(request: SignedIn) -> HttpResponse:
    """Show the reviews to come, those that were held, and how well stated probabilities did."""
    context = {
        "waiting": queries.waiting(request.user),
        "listing": paginate(request, queries.held(request.user), 20),
        "track": queries.track_record(request.user),
        "today": timezone.localdate(),
    }
    return page(request, "decisions/review_list.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def review(request: SignedIn, identifier: int) -> HttpResponse:
    """Show a held review as it was frozen, or hold one that is due."""
    found = queries.open_review(request.user, identifier)
    reasons = list(reviews.against_holding(found.decision, found))
    if request.method == "POST":
        access.require_manage(request.user, found.decision)
        if reasons:
            raise MoveRefused(reasons)
    return _read(request, found) if reasons else _hold(request, found)


def _read(request: SignedIn, found: Review) -> HttpResponse:
    lessons = Lesson.objects.filter(review=found).select_related("template")
    context = {
        "review": found,
        "decision": found.decision,
        "figures": queries.frozen(found) if found.text else None,
        "lessons": lessons,
    }
    return page(request, "decisions/review.html", context)


def _hold(request: SignedIn, found: Review) -> HttpResponse:
    if answer := autosaving.kept(request):
        return answer
    gathered = variances.gather(found.decision, by=request.user, now=timezone.now())
    before = autosaving.typed_before(request)
    typed = request.POST if request.method == "POST" else None
    form = ReviewForm(typed, gathered=gathered, initial=before["initial"])
    if form.is_bound and form.is_valid():
        try:
            reviews.hold(found, form.found(), by=request.user)
        except BadInput as bad:
            add_errors(form, bad.errors)
        else:
            autosaving.forget(request)
            messages.success(request, "The review is held; it can no longer be changed.")
            return redirect("review", found.pk)
    data = reviews.content(found.decision, gathered, gathered.assumptions, None)
    context = {
        "review": found,
        "decision": found.decision,
        "figures": queries.figures(data),
        "form": form if queries.may_hold(request.user, found) else None,
        "has_errors": form.is_bound,
        "unsent_at": before["unsent_at"],
    }
    return page(request, "decisions/review.html", context, 422 if form.is_bound else 200)
