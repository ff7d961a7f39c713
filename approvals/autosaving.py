"""HTTP of forms that are sent as a whole, and kept for their writer while they are written."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from approvals.services import unsent

THROW_AWAY = "throw_away"


def kept(request: HttpRequest) -> HttpResponse | None:
    """Answer an autosave, or the wish to throw away what was kept; None where the form itself is sent.

    The caller has checked that the person may send it.
    """
    if request.method != "POST":
        return None
    if THROW_AWAY in request.POST:
        forget(request)
        return redirect(request.path)
    if request.headers.get("X-Autosave") != "1":
        return None
    unsent.keep(request.user, request.path, request.POST.dict())  # type: ignore[arg-type]
    return HttpResponse(status=204, headers={"X-Saved": f"Kept for you {timezone.localtime():%H:%M}, not sent yet"})


def typed_before(request: HttpRequest) -> dict[str, Any]:
    """Return what the person typed here and did not send, as `initial` of the form, and `unsent_at`, when it was."""
    before = unsent.found(request.user, request.path) if request.method != "POST" else None  # type: ignore[arg-type]
    return {"initial": before.typed, "unsent_at": before.at} if before else {"initial": {}, "unsent_at": None}


def forget(request: HttpRequest) -> None:
    """Drop what was kept, as the form was taken."""
    unsent.forget(request.user, request.path)  # type: ignore[arg-type]
