"""What a reviewer does on the review screen besides signing: tick sections, ask the checks again, ask the passkey."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from approvals.access import person, request_seen_by
from approvals.services import passkeys, reading, stages
from approvals.services.deciding import address
from config.kit.refusals import BadInput
from config.kit.web import page, wants_fragment


@login_required
@require_POST
def approval_viewed(request: HttpRequest, request_id: int) -> HttpResponse:
    """Remember, or forget, that the person has read a section; it is theirs alone and holds until it changes."""
    user = person(request)
    asked = request_seen_by(user, request_id)
    read, _, section = request.POST.get("tick", "").partition(":")
    title = reading.note(asked, by=user, section=section, read=read == "1").title
    if wants_fragment(request):
        context = {"asked": asked, "key": section, "viewed": read == "1", "title": title}
        return page(request, "approvals/_viewed.html", context)
    return redirect(f"{address(asked)}#section-{section}")


@login_required
@require_POST
def approval_check(request: HttpRequest, request_id: int) -> HttpResponse:
    """Run the machine checks that hold the request up once more."""
    user = person(request)
    asked = request_seen_by(user, request_id)
    stages.check_again(asked.pk, by=user)
    return redirect("approval", request_id=asked.pk)


@login_required
@require_POST
def approval_passkey(request: HttpRequest, request_id: int) -> HttpResponse:
    """Return what the browser asks the person's passkey to sign for exactly this content."""
    user = person(request)
    asked = request_seen_by(user, request_id)
    if not asked.has_passkey:  # type: ignore[attr-defined]
        raise BadInput({"passkey": ["You have registered no passkey. Add one under your account."]})
    return JsonResponse(passkeys.begin(user, asked, request.session))
