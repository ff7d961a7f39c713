"""Say something about a request."""

from django.db import transaction

from approvals.models import ApprovalRequest, Comment, User
from approvals.roles import AUDITORS, has_role
from approvals.services import ledger
from approvals.services.notices import notify
from approvals.services.words import needed_words
from config.kit.refusals import BadInput


@transaction.atomic
def comment(request: ApprovalRequest, *, by: User, body: str, section: str = "") -> Comment:
    """Add to the conversation and tell those who took part in it."""
    if has_role(by, AUDITORS):
        raise BadInput({"body": ["Auditors read everything and change nothing."]})
    body = needed_words("body", body, "Write something.")
    row = Comment.objects.create(request=request, author=by, body=body, section=section[:60])
    others = {*request.barred.all(), *(said.author for said in request.comments.select_related("author"))}
    notify(
        to=[person for person in others if person.pk != by.pk],
        cause_key=f"comment:{row.pk}",
        title=f"{by} commented: {request.title}",
        url=f"/approvals/{request.pk}/",
        body=body[:300],
    )
    payload = {"request": request.pk, "comment": row.pk, "section": row.section, "text": body}
    ledger.append(
        f"{request.kind}:{request.subject_id}", "request.commented", by=by, subject=request.subject_id, payload=payload
    )
    return row
