"""Answer in a thread, settle it, take it up again: the same for every subject."""

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from approvals import queries, subjects
from approvals.access import person
from approvals.forms.comments import ReplyForm
from approvals.models import Comment, User
from approvals.services import comments, ledger
from config.kit.refusals import BadInput
from config.kit.web import back_to


@login_required
@require_POST
def comment_thread(request: HttpRequest, comment_id: int) -> HttpResponse:
    """Answer, and resolve or reopen when that was the button."""
    user = person(request)
    thread = _seen(user, comment_id)
    form = ReplyForm(request.POST)
    if not form.is_valid():
        raise BadInput({name: [str(error) for error in errors] for name, errors in form.errors.items()})
    given = form.cleaned_data
    # What is said with a settlement comes before it, and both or neither are kept.
    with transaction.atomic(), ledger.gathered():
        if given["body"]:
            comments.add(by=user, body=given["body"], reply_to=thread)
        if given["settle"] == "reopen" and not given["body"]:
            comments.reopen(thread, by=user)
        if given["settle"] == "resolve":
            comments.resolve(thread, by=user)
    return redirect(f"{back_to(request, subjects.get(thread.kind).url(thread.subject_id))}#comment-{thread.pk}")


def _seen(user: User, comment_id: int) -> Comment:
    """Return the thread's first comment; Http404 when the person may see neither its request nor its subject."""
    found = Comment.objects.threads().filter(pk=min(comment_id, 2**63 - 1)).first()
    if found is None:
        raise Http404("There is no such comment.")
    on_request = found.request_id and queries.visible_to(user).filter(pk=found.request_id).exists()
    if not (on_request or subjects.get(found.kind).may_see(user, found.subject_id)):
        raise Http404("There is no such comment.")
    return found
