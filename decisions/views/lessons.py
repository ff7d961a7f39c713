"""Lessons: everybody reads those of decisions they may see, administrators accept them into a template or decline."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from config.kit.web import page
from decisions.forms.templates import AcceptForm, DeclineForm
from decisions.models import Decision, DecisionTemplate, Lesson
from decisions.queries import templates as queries
from decisions.services import lessons, proposing
from decisions.views.request import SignedIn

TONES = {"open": "info", "accepted": "ok", "declined": ""}
FORMS_AT_MOST = 12
"""Lessons that can be answered on one page; the others follow as these are settled."""


@login_required
@require_safe
def lesson_list(request: SignedIn) -> HttpResponse:
    """Show the newest lessons, those that wait first."""
    return _page(request, {})


@login_required
@require_POST
def lesson(request: SignedIn, identifier: int) -> HttpResponse:
    """Accept or decline one lesson."""
    seen = Lesson.objects.filter(decision__in=Decision.objects.visible_to(request.user))
    found = seen.filter(pk=min(identifier, 2**63 - 1)).first()
    if found is None:
        raise Http404("There is no such lesson.")
    proposing.require_writer(request.user)
    accepting = request.POST.get("answer") == "accept"
    form = (AcceptForm if accepting else DeclineForm)(request.POST, prefix=f"l{found.pk}")
    if not form.is_valid():
        return _page(request, {found.pk: form}, 422)
    if accepting:
        chosen, guidance = form.cleaned_data["template"], form.cleaned_data["guidance"]
        row = lessons.accept(found, by=request.user, key=chosen.key, guidance=guidance)
        messages.success(request, f"Proposed in version {row.number} of “{row.name}”. Submit it for approval next.")
        return redirect("template_edit", row.key)
    lessons.decline(found, by=request.user, reason=form.cleaned_data["reason"])
    messages.success(request, "The lesson is declined.")
    return redirect("lesson_list")


def _page(request: SignedIn, typed: dict[int, Any], status: int = 200) -> HttpResponse:
    rows = queries.lessons(request.user)
    waiting = [row.pk for row in rows if row.state == Lesson.State.OPEN][:FORMS_AT_MOST]
    templates = DecisionTemplate.objects.current()
    keys = list(templates.values_list("key", flat=True)) if waiting else []
    begun = lessons.begun_on(rows)
    for row in rows:
        row.begun = begun.get(row.pk)  # type: ignore[attr-defined]
        if row.pk in waiting and proposing.may_write(request.user):
            _offer(row, typed.get(row.pk), keys)
    context = {"lessons": rows, "tones": TONES, "forms": list(typed.values())}
    return page(request, "decisions/lesson_list.html", context, status)


def _offer(row: Any, typed: Any, keys: list[str]) -> None:
    """Put the two forms on a lesson, the one that was typed into with what was typed."""
    prefix = f"l{row.pk}"
    key = row.decision.template.key
    initial = {"template": key if key in keys else None, "guidance": row.text}
    row.accept = typed if isinstance(typed, AcceptForm) else AcceptForm(prefix=prefix, initial=initial)
    row.decline = typed if isinstance(typed, DeclineForm) else DeclineForm(prefix=prefix)
