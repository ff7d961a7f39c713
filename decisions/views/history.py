"""A section's history: who saved what when, what a draft said, and putting it back."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from approvals.roles import AUDITORS, has_role
from config.kit.refusals import StaleWrite
from config.kit.web import page, paginate
from decisions.domain.reviewing import TITLES
from decisions.queries import drafting
from decisions.queries.desk import open_desk
from decisions.services import drafts
from decisions.views.request import SignedIn
from decisions.views.saving import expected_version, number_of

AT_ONCE = 20


@login_required
@require_http_methods(["GET", "POST"])
def history(request: SignedIn, reference: str, section: str) -> HttpResponse:
    """List the drafts, with `?draft=` one beside what stands now; POST puts that one back as a new save."""
    desk = open_desk(request.user, reference)
    if section not in TITLES:
        raise Http404("There is no such section.")
    if not desk.may_edit and not has_role(request.user, AUDITORS):
        raise PermissionDenied("Only those who write this decision, and auditors, may see its earlier drafts.")
    if request.method == "POST":
        return _restore(request, reference, section)
    found, wanted = drafting.recent(desk, section), request.GET.get("draft", "")
    draft = next((each for each in found if str(each.version) == wanted), None)
    if wanted and draft is None:
        raise Http404("There is no such draft.")
    every = request.GET.get("show") == "all"
    context = {
        "decision": desk.decision,
        "desk": desk,
        "section": section,
        "section_title": TITLES[section],
        "version": desk.sections[section].version,
        "listing": paginate(request, found if every else drafts.runs(found), AT_ONCE),
        "every": every,
        "compared": drafting.compared(desk, section, draft) if draft else None,
        "contributors": drafts.by_section(drafts.contributors(desk.decision)).get(section, []),
    }
    return page(request, "decisions/history.html", context)


def _restore(request: SignedIn, reference: str, section: str) -> HttpResponse:
    desk = open_desk(request.user, reference)
    version, seen = number_of(request, "draft"), expected_version(request)
    try:
        drafts.restore_draft(desk.decision, section, version=version, expected_version=seen, by=request.user)
    except StaleWrite as stale:
        sentence = f"{stale.reasons[0].sentence} Look at the draft beside what stands now, and decide again."
        raise StaleWrite(sentence, stored=stale.stored) from stale
    messages.success(request, "The earlier draft stands again, as a new save; nothing was deleted.")
    return redirect("decision_edit", reference, section)
