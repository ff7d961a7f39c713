"""Tell a true record from a false one, and hand out what does so without Premise."""

from pathlib import Path

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_http_methods

from approvals.services import keys
from config.kit.web import page
from decisions.forms.verifying import VerifyForm
from decisions.record import verify as verifier
from decisions.services.verifying import verify_upload
from decisions.views.request import SignedIn


@login_required
@require_http_methods(["GET", "POST"])
def verify(request: SignedIn) -> HttpResponse:
    """Verify an uploaded file against the keys of this installation."""
    form = VerifyForm(request.POST, request.FILES) if request.method == "POST" else VerifyForm()
    finding = verify_upload(form.cleaned_data["file"].chunks()) if form.is_bound and form.is_valid() else None
    context = {"form": form, "finding": finding, "file": request.FILES.get("file"), "fingerprint": _fingerprint()}
    return page(request, "decisions/verify.html", context, 422 if form.is_bound and finding is None else 200)


def _fingerprint() -> str:
    return keys.fingerprint(keys.private_key().public_key())


@login_required
@require_GET
def verifier_file(request: SignedIn) -> HttpResponse:
    """Hand out the stand-alone verifier."""
    return _attachment(Path(verifier.__file__).read_bytes(), "verify.py", "text/x-python; charset=utf-8")


@login_required
@require_GET
def public_key(request: SignedIn) -> HttpResponse:
    """Hand out the public key that records are signed with."""
    return _attachment(keys.public_pem().encode(), "public-key.pem", "application/x-pem-file")


def _attachment(content: bytes, name: str, content_type: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(content, content_type=content_type, headers=headers)
