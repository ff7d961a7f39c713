"""Pages of requests: what awaits me, review and sign, withdraw, the conversation."""

from collections.abc import Sequence

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from approvals import queries, subjects
from approvals.access import person, request_seen_by
from approvals.forms.comments import CommentForm, Place, places_of
from approvals.forms.signing import ReasonForm, ServiceForm, SignForm
from approvals.models import ApprovalRequest, User
from approvals.review import TONES, ShownSection, review, risk_facts
from approvals.roles import AUDITORS, has_role
from approvals.services import comments, requests, signing, sso
from config.kit.refusals import BadInput, MoveRefused
from config.kit.web import page, paginate


@login_required
@require_safe
def approval_list(request: HttpRequest) -> HttpResponse:
    """Show what awaits this person, what runs of theirs, and what is decided."""
    user = person(request)
    waiting = list(queries.awaiting_with_due(user)[:100])
    for each in waiting:
        each.risks = risk_facts(each)  # type: ignore[attr-defined]
    seen = queries.visible_to(user).select_related("opened_by")
    running = list(seen.filter(state=ApprovalRequest.State.OPEN).exclude(pk__in=[each.pk for each in waiting])[:50])
    decided = paginate(request, seen.exclude(state=ApprovalRequest.State.OPEN).order_by("-decided_at"), 25)
    context = {
        "waiting": waiting,
        "running": running,
        "decided": decided,
        "tones": TONES,
        "everything": queries.running(user)[:50],
    }
    return page(request, "approvals/request_list.html", context)


@login_required
@require_safe
def approval(request: HttpRequest, request_id: int) -> HttpResponse:
    """Show one request: what is asked, the content and what changed, who signed, and the card to sign on."""
    user = person(request)
    return screen(request, request_seen_by(user, request_id), user)


def screen(
    request: HttpRequest, asked: ApprovalRequest, user: User, *, status: int = 200, **forms: ServiceForm | None
) -> HttpResponse:
    """Render the review screen, with the forms as they stand after a refusal."""
    sign = forms.get("sign_form") or (sign_form(asked, user) if asked.awaits_me else None)  # type: ignore[attr-defined]
    withdraw = forms.get("withdraw_form")
    # Whoever is asked to sign cannot be the owner, so that question need not be put.
    if withdraw is None and asked.is_open and not asked.awaits_me and requests.may_withdraw(asked, user):  # type: ignore[attr-defined]
        withdraw = ReasonForm(prefix="withdraw")
    shown = review(
        asked,
        opened=request.GET.get("section", ""),
        everything=request.GET.get("conversation") == "all",
        user=user,
        since_approved=request.GET.get("since") == "approved",
    )
    remark = forms.get("comment_form")
    if remark is None and not has_role(user, AUDITORS):
        remark = _comment_form(request, asked, shown=shown.sections)
    context = {
        "asked": asked,
        "noun": subjects.get(asked.kind).label.lower(),
        "review": shown,
        "touched": subjects.touched_for(asked.change, user) if asked.change else [],
        "here": requests.address(asked) if "state" in request.GET else request.get_full_path(),
        "may_say": remark is not None,
        "sign_form": sign,
        "withdraw_form": withdraw,
        "comment_form": remark,
        "forms": [form for form in (sign, withdraw, remark) if form],
        "mine": next((row for row in asked.signatures.all() if user.pk in {row.signer_id, row.for_whom_id}), None),
        "earlier": queries.earlier(asked.kind, asked.subject_id, asked.pk)[:8] if asked.has_earlier else [],  # type: ignore[attr-defined]
        "risks": risk_facts(asked),
        "people": queries.people_who_act()[:200] if isinstance(sign, SignForm) and sign.conditions else [],
        "queue": _queue(user, asked) if sign else None,
        "has_errors": status != 200,
        "issuer": settings.OIDC_NAME if asked.has_sso else "",  # type: ignore[attr-defined]
    }
    return page(request, "approvals/request_review.html", context, status)


def _queue(user: User, asked: ApprovalRequest) -> dict[str, int]:
    """Return where in the queue of what awaits this person the request stands, and its neighbours."""
    queue, place = queries.neighbours(user, asked.pk)
    if place < 0 or len(queue) < 2:
        return {}
    found = {"place": place + 1, "count": len(queue), "next": queue[(place + 1) % len(queue)]}
    return found | ({"previous": queue[place - 1]} if place else {})


def sign_form(asked: ApprovalRequest, user: User, data: object = None, *, elsewhere: bool = False) -> SignForm:
    """Return the sign-off card, `elsewhere` without a credential: that is given to the issuer."""
    return SignForm(
        data,
        initial={"digest": asked.digest},
        principals=queries.stood_in_for(user, asked) if asked.stands_in else [],  # type: ignore[attr-defined]
        own=asked.asks_me,  # type: ignore[attr-defined]
        needs_code=asked.needs_code,  # type: ignore[attr-defined]
        takes_conditions=subjects.get(asked.kind).commit is not None,
        takes_password=not asked.has_sso or user.has_usable_password(),  # type: ignore[attr-defined]
        elsewhere=elsewhere,
    )


@login_required
@require_POST
@sensitive_post_parameters("password", "code", "passkey")
def approval_sign(request: HttpRequest, request_id: int) -> HttpResponse:
    """Sign; a refusal comes back on the screen with everything typed but the password."""
    user = person(request)
    asked = request_seen_by(user, request_id)
    if "sso" in request.POST:
        return _sent_to_issuer(request, asked, user)
    form = sign_form(asked, user, request.POST)
    if not form.is_valid():
        return screen(request, asked, user, status=422, sign_form=form)
    given = form.cleaned_data
    credential = signing.Credential(
        password=given.get("password", ""), code=given.get("code", ""), passkey=given["passkey"], request=request
    )
    return signed_or_shown(request, asked, user, form, credential)


def signed_or_shown(
    request: HttpRequest, asked: ApprovalRequest, user: User, form: SignForm, credential: signing.Credential
) -> HttpResponse:
    """Sign and go on; or show the screen with what was refused and everything typed but the password."""
    status = 422
    if form.is_valid():
        try:
            following = _queue(user, asked).get("next") if form.data.get("next") else None
            signing.sign(asked.pk, by=user, credential=credential, **form.said())
            if following:
                messages.success(request, f"Signed: {asked.title}")
            return redirect("approval", request_id=following or asked.pk)
        except (BadInput, MoveRefused) as refusal:
            status = form.refuse(refusal)
    return screen(request, request_seen_by(user, asked.pk), user, status=status, sign_form=form)


def _sent_to_issuer(request: HttpRequest, asked: ApprovalRequest, user: User) -> HttpResponse:
    """Keep the verdict and send the person to prove themselves; what could not be signed anyway is refused first."""
    form = sign_form(asked, user, request.POST, elsewhere=True)
    status = 422
    if form.is_valid():
        try:
            stage = signing.check(asked.pk, by=user, **form.said())
            back = request.build_absolute_uri(reverse("approval_confirmed"))
            digest, typed = form.cleaned_data["digest"], request.POST.dict()
            return redirect(
                sso.begin(
                    request.session,
                    by=user,
                    request=asked,
                    stage=stage,
                    digest=digest,
                    typed=typed,
                    redirect_uri=back,
                )
            )
        except (BadInput, MoveRefused) as refusal:
            status = form.refuse(refusal)
    return screen(request, asked, user, status=status, sign_form=form)


@login_required
@require_POST
def approval_withdraw(request: HttpRequest, request_id: int) -> HttpResponse:
    """Take the request back, with a reason."""
    user = person(request)
    asked = request_seen_by(user, request_id)
    form = ReasonForm(request.POST, prefix="withdraw")
    if form.is_valid():
        requests.withdraw(asked, by=user, reason=form.cleaned_data["reason"])
        return redirect("approval", request_id=request_id)
    if not requests.may_withdraw(asked, user):
        raise MoveRefused([requests.NOT_YOURS])
    return screen(request, asked, user, status=422, withdraw_form=form)


def _comment_form(
    request: HttpRequest, asked: ApprovalRequest, data: object = None, *, shown: Sequence[ShownSection] = ()
) -> CommentForm:
    """Return the form with the sections that can be talked about; with one and its places when `?about=` names it."""
    kind = subjects.get(asked.kind)
    chosen = request.GET.get("about") or request.POST.get("comment-about", "").partition("/")[0]
    places: list[Place] = [("", "The whole")]
    if chosen and (named := kind.places(asked.subject_id, chosen)):
        places += places_of(chosen, named)
    else:
        places += [(each.section.key, each.section.title) for each in shown]
    return CommentForm(data, prefix="comment", places=places, initial={"about": chosen})


@login_required
@require_POST
def approval_comment(request: HttpRequest, request_id: int) -> HttpResponse:
    """Add to the conversation."""
    user = person(request)
    asked = request_seen_by(user, request_id)
    form = _comment_form(request, asked, request.POST)
    if form.is_valid():
        try:
            place = form.place
            row = comments.add(
                request=asked, by=user, body=form.cleaned_data["body"], section=place["section"], anchor=place["anchor"]
            )
            return redirect(f"{requests.address(asked)}#comment-{row.pk}")
        except BadInput as refusal:
            form.refuse(refusal)
    return screen(request, asked, user, status=422, comment_form=form)
