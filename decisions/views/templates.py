"""Templates: everybody reads them, administrators propose versions, approvers put them in effect."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from config.kit.forms import add_errors
from config.kit.refusals import BadInput, StaleWrite
from config.kit.web import page
from decisions.domain.template import TITLES, template_from
from decisions.forms.templates import DeclineForm, HeadForm, NewTemplateForm, PartForm
from decisions.models import DecisionTemplate
from decisions.queries import templates as queries
from decisions.queries.desk import NUMBERS
from decisions.services import proposing
from decisions.services import templates as installed
from decisions.views.request import SignedIn

State = DecisionTemplate.State


@login_required
@require_safe
def template_list(request: SignedIn) -> HttpResponse:
    """Show every template, and the lessons that wait to shape one."""
    installed.current()
    context = {"templates": queries.templates(), "may_write": proposing.may_write(request.user)}
    return page(request, "decisions/template_list.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def template_new(request: SignedIn) -> HttpResponse:
    """Propose the first version of another template."""
    proposing.require_writer(request.user)
    installed.current()
    form = NewTemplateForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            row = proposing.create(by=request.user, **form.cleaned_data)
        except BadInput as bad:
            add_errors(form, bad.errors)
        else:
            return redirect("template_edit", row.key)
    return page(request, "decisions/template_new.html", {"form": form}, 422 if form.is_bound else 200)


@login_required
@require_safe
def template(request: SignedIn, key: str) -> HttpResponse:
    """Show a template: the version in effect or the one asked for, its versions, and what shaped it."""
    view = queries.open_template(key, request.GET.get("version", ""))
    context = {
        "view": view,
        "row": view.shown,
        "lessons": queries.shaped_by(view.shown),
        "request_": proposing.request_of(view.proposed) if view.proposed else None,
        "may_write": proposing.may_write(request.user),
        "form": DeclineForm(),
    }
    return page(request, "decisions/template.html", context)


@login_required
@require_safe
def template_diff(request: SignedIn, key: str) -> HttpResponse:
    """Compare a version (`to`, else the proposed or newest one) with another (`from`, else the one before it)."""
    view = queries.open_template(key)
    new = _numbered(view, request.GET.get("to", "")) or view.proposed or view.versions[0]
    earlier = [row for row in view.versions if row.number < new.number and row.approved_at]
    old = _numbered(view, request.GET.get("from", "")) or next(iter(earlier), None)
    # Sections are shown as on the review screen, which names what it compares with.
    base = {"label": f"Version {old.number}" if old else ""}
    context = {
        "view": view,
        "old": old,
        "new": new,
        "sections": queries.differences(old, new),
        "review": {"base": base},
        "new_label": f"Version {new.number}",
    }
    return page(request, "decisions/template_diff.html", context)


def _numbered(view: queries.TemplateView, number: str) -> DecisionTemplate | None:
    return next((row for row in view.versions if str(row.number) == number), None)


@login_required
@require_http_methods(["GET", "POST"])
def template_edit(request: SignedIn, key: str) -> HttpResponse:
    """Begin or go on with the proposed version: its name, its reason, and a list of its sections."""
    row = _open(request, key)
    if row is None:
        return page(request, "decisions/template_begin.html", {"view": queries.open_template(key)})
    initial = {"name": row.name, "note": row.note, "offered": row.offered, "version": row.version}
    form = HeadForm(request.POST or None, initial=initial)
    if form.is_bound and form.is_valid():
        data = dict(form.cleaned_data)
        try:
            proposing.save_head(row, expected_version=data.pop("version"), by=request.user, **data)
        except StaleWrite as stale:
            form.add_error(None, str(stale))
            return _edit_page(request, row, form, 409)
        messages.success(request, "Saved.")
        return redirect("template_edit", key)
    return _edit_page(request, row, form, 422 if form.is_bound else 200)


def _open(request: SignedIn, key: str) -> DecisionTemplate | None:
    """Return the proposed version; a POST without one begins it, anything else is None. Http404 for no template."""
    proposing.require_writer(request.user)
    installed.current()
    if not DecisionTemplate.objects.filter(key=key).exists():
        raise Http404("There is no such template.")
    return proposing.proposed(key)


def _edit_page(request: SignedIn, row: DecisionTemplate, form: HeadForm, status: int) -> HttpResponse:
    base = DecisionTemplate.objects.current().filter(key=row.key).first()
    before = template_from(base.sections) if base else None
    parts = [(part, before is None or part != before.part(part.key)) for part in template_from(row.sections).parts]
    context = {"row": row, "form": form, "parts": parts, "base": base, "ending": DeclineForm()}
    return page(request, "decisions/template_edit.html", context, status)


@login_required
@require_http_methods(["GET", "POST"])
def template_part(request: SignedIn, key: str, section: str) -> HttpResponse:
    """Write what the proposed version says of one section."""
    row = _open(request, key)
    if row is None or section not in TITLES:
        raise Http404("There is no such section of a proposed version.")
    part = template_from(row.sections).part(section)
    form = PartForm(request.POST or None, part=part, version=row.version)
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            proposing.save_part(row, form.written(), expected_version=form.cleaned_data["version"], by=request.user)
        except StaleWrite as stale:
            form.add_error(None, str(stale))
            status = 409
        else:
            messages.success(request, f"“{TITLES[section]}” is saved.")
            return redirect(_following(key, section) if request.POST.get("go") == "next" else request.path)
    context = {"row": row, "part": part, "form": form, "number": NUMBERS[section], "stored": part}
    return page(request, "decisions/template_part.html", context, status)


def _following(key: str, section: str) -> str:
    """Return the page of the next section, or of the whole after the last."""
    keys = list(TITLES)
    place = keys.index(section) + 1
    return (
        reverse("template_edit", args=[key])
        if place == len(keys)
        else reverse("template_part", args=[key, keys[place]])
    )


@login_required
@require_POST
def template_move(request: SignedIn, key: str, move: str) -> HttpResponse:
    """Begin, submit, withdraw or drop the proposed version."""
    row = _open(request, key)
    if move == "begin":
        proposing.begin(key, by=request.user)
        return redirect("template_edit", key)
    if row is None or move not in {"submit", "withdraw", "drop"}:
        raise Http404("There is nothing proposed.")
    if move == "submit":
        return redirect("approval", proposing.submit(row, by=request.user).pk)
    form = DeclineForm(request.POST)
    if not form.is_valid():
        raise BadInput({"reason": ["Give a reason."]})
    reason = form.cleaned_data["reason"]
    if move == "withdraw":
        proposing.withdraw(row, by=request.user, reason=reason)
        return redirect("template_edit", key)
    proposing.drop(row, by=request.user, reason=reason)
    messages.success(request, f"Version {row.number} is dropped; its lessons wait again.")
    return redirect("template_list")
