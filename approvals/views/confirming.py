"""The way back from the issuer to the review screen."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET

from approvals.access import person, request_seen_by
from approvals.services import signing, sso
from approvals.views import requests


@login_required
@require_GET
@sensitive_variables("credential", "returned")
def approval_confirmed(request: HttpRequest) -> HttpResponse:
    """Sign what the person left to confirm; a refusal comes back on the screen with everything typed."""
    user = person(request)
    intent, refusal = sso.take(request.session, by=user, state=request.GET.get("state", ""))
    asked = request_seen_by(user, intent.request)
    form = requests.sign_form(asked, user, intent.typed, elsewhere=True)
    code = request.GET.get("code", "")
    if not refusal and not code:
        refusal = sso.said(sso.NOT_COMPLETED)
    if refusal:
        form.add_error(None, refusal)
        return requests.screen(request, asked, user, status=409, sign_form=form)
    returned = sso.Return(intent, code, request.build_absolute_uri(request.path))
    credential = signing.Credential(returned=returned, request=request)
    return requests.signed_or_shown(request, asked, user, form, credential)
