"""What is said about a decision: read it, filter it, add to it."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from approvals import conversation
from approvals.forms.comments import CommentForm
from approvals.services import comments
from config.kit.refusals import BadInput
from config.kit.web import back_to, page, paginate
from decisions.domain.reviewing import TITLES
from decisions.models import SUBJECT_KIND
from decisions.queries import said
from decisions.queries.desk import Desk, open_desk
from decisions.services.places import comment_url
from decisions.views.request import SignedIn

AT_ONCE = 15
CELLS = {"score", "condition", "assumption"}


@login_required
@require_http_methods(["GET", "POST"])
def comments_on(request: SignedIn, reference: str) -> HttpResponse:
    """Show the conversation; POST says something more."""
    desk = open_desk(request.user, reference)
    if request.method == "GET":
        return _show(request, desk, comment_form(desk, request.GET.get("section", "")))
    if not said.may_say(desk):
        raise PermissionDenied(comments.READ_ONLY)
    form = comment_form(desk, request.POST.get("about", "").partition("/")[0], data=request.POST)
    if form.is_valid():
        try:
            row = comments.add(
                kind=SUBJECT_KIND, subject_id=reference, by=request.user, body=form.cleaned_data["body"], **form.place
            )
            there = back_to(request, "")
            return redirect(f"{there}#comment-{row.pk}" if there else comment_url(reference, row.pk))
        except BadInput as refusal:
            form.refuse(refusal)
    return _show(request, desk, form, 422)


def comment_form(desk: Desk, section: str, *, about: str = "", data: Any = None) -> CommentForm:
    """Return the form for the whole decision, or for one section and the places in it."""
    return CommentForm(data, places=said.places(desk, section), initial={"about": about or section})


def said_here(desk: Desk, section: str, item: str = "") -> dict[str, Any]:
    """Return what a page of editing shows of the conversation: its section's threads, or those of one item."""
    found = said.said(desk, section=section)
    found = said.at_items(found, item) if item else found
    form = comment_form(desk, section)
    every = form.fields["about"].choices  # type: ignore[attr-defined]
    # Cells are many, and each table's own page or the conversation's offers them.
    near = [place for place in every if (item in _parts(place[0]) if item else _parts(place[0])[0] not in CELLS)]
    form.fields["about"].choices = near  # type: ignore[attr-defined]
    return {
        "threads": [thread for thread in found if thread.is_open],
        "settled": sum(not thread.is_open for thread in found),
        "comment_form": form,
        "may_say": said.may_say(desk),
    }


def _parts(place: str) -> list[str]:
    return place.partition("/")[2].split("-")


def _show(request: SignedIn, desk: Desk, form: CommentForm, status: int = 200) -> HttpResponse:
    show, section = request.GET.get("show", conversation.OPEN), request.GET.get("section", "")
    every = said.said(desk, section=section if section in TITLES else None)
    context = {
        "decision": desk.decision,
        "desk": desk,
        "show": show if show in conversation.SHOWN else conversation.OPEN,
        "shows": [(key, word, len(conversation.filtered(every, key))) for key, word in conversation.SHOWN.items()],
        "section": section if section in TITLES else "",
        "sections": [(key, said.title(key)) for key in TITLES],
        "section_title": said.title(section) if section in TITLES else "",
        "listing": paginate(request, conversation.filtered(every, show), AT_ONCE),
        "comment_form": form,
        "may_say": said.may_say(desk),
        "here": request.get_full_path(),
        "has_errors": status != 200,
    }
    return page(request, "decisions/comments.html", context, status)
