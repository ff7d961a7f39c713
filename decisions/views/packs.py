"""Evidence packs: order one, watch it being made, take it."""

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from config.kit.refusals import MoveRefused
from config.kit.web import page, paginate
from decisions.models import Decision, EvidencePack, EvidencePackItem
from decisions.queries import packs as query
from decisions.queries import portfolio
from decisions.services import packing
from decisions.views.request import SignedIn

GONE = "You may no longer see {references}, which this pack holds; order a new one."


@login_required
@require_http_methods(["GET", "POST"])
def pack_list(request: SignedIn) -> HttpResponse:
    """Show the person's own packs; POST orders one of the decisions that the portfolio's filters find."""
    if request.method == "POST":
        wanted = QueryDict(request.POST.get("wanted", "")[:500])
        names = {name: wanted.get(name, "")[:200] for name in ("state", "tier", "owner", "metric", "standing", "q")}
        found = portfolio.found(request.user, names, now=timezone.now())
        pack = packing.order(
            by=request.user, decisions=list(found[: packing.MOST_RECORDS + 1]), wanted=wanted.urlencode()
        )
        return redirect("pack", pack.pk)
    packs = query.with_progress(EvidencePack.objects.filter(asked_by=request.user))
    return page(request, "decisions/pack_list.html", {"listing": paginate(request, packs, 30)})


@login_required
@require_GET
def pack(request: SignedIn, identifier: int) -> HttpResponse:
    """Show how far a pack has come; the page asks again by itself until it is ready."""
    found = get_object_or_404(query.with_progress(EvidencePack.objects.filter(asked_by=request.user)), pk=identifier)
    left_out = found.items.filter(state=EvidencePackItem.State.LEFT_OUT).select_related("decision")
    context = {"pack": found, "left_out": left_out[:50], "kept_days": packing.KEPT.days}
    return page(request, "decisions/pack.html", context, fragment="decisions/_pack_progress.html")


@login_required
@require_GET
def pack_file(request: SignedIn, identifier: int) -> HttpResponseBase:
    """Hand out the finished file, as long as the person may see all that is in it."""
    found = get_object_or_404(EvidencePack, pk=identifier, asked_by=request.user)
    if found.state != EvidencePack.State.READY or not found.path.exists():
        raise MoveRefused([f"This pack is not there to take: {found.get_state_display().lower()}."])
    held = Decision.objects.filter(pk__in=found.items.filter(state=EvidencePackItem.State.DONE).values("decision"))
    hidden = held.exclude(pk__in=Decision.objects.visible_to(request.user).values("pk"))
    if references := list(hidden.values_list("reference", flat=True)):
        raise MoveRefused([GONE.format(references=", ".join(references))])
    return FileResponse(
        found.path.open("rb"),
        as_attachment=True,
        filename=found.file_name,
        content_type="application/zip",
        headers={"X-Content-Type-Options": "nosniff"},
    )
