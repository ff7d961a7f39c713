"""Pages of policies: everybody may read them, administrators propose them, and others approve."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from approvals import access, policy_subject
from approvals.forms.policies import FactsForm, PolicyForm, StageFormSet, kind_choices
from approvals.models import ApprovalRequest, Policy
from approvals.review import demand
from approvals.roles import ADMINISTRATORS, has_role
from approvals.services import policies, policy_versions
from config.kit.refusals import BadInput
from config.kit.web import page


@login_required
@require_safe
def policy_list(request: HttpRequest) -> HttpResponse:
    """Show the policies in force, and which one a subject would get, and why."""
    form = FactsForm(request.GET if "kind" in request.GET else None)
    choice = None
    if form.is_bound and form.is_valid():
        choice = policies.consider(form.cleaned_data["kind"], form.cleaned_data)
    labels = dict(kind_choices())
    rows = Policy.objects.active().prefetch_related("stages__groups", "stages__people")
    shown = [
        {
            "policy": row,
            "kind": labels.get(row.kind, row.kind),
            "demands": [(each, demand(each)) for each in row.stages.all()],
        }
        for row in rows
    ]
    may_write = has_role(access.person(request), ADMINISTRATORS)
    context = {"policies": shown, "form": form, "choice": choice, "may_write": may_write}
    return page(request, "approvals/policy_list.html", context, 422 if form.is_bound and not form.is_valid() else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def policy_new(request: HttpRequest) -> HttpResponse:
    """Propose a policy's first version."""
    access.require(access.person(request), ADMINISTRATORS)
    return _edit(request, None)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def policy_edit(request: HttpRequest, key: str) -> HttpResponse:
    """Propose a policy's next version."""
    access.require(access.person(request), ADMINISTRATORS)
    policy = Policy.objects.filter(key=key).order_by("-version").first()
    if policy is None:
        raise Http404
    return _edit(request, policy)


def _edit(request: HttpRequest, policy: Policy | None) -> HttpResponse:
    form, stages = _forms(request, policy)
    status = 200
    if request.method == "POST":
        # Both are asked, so that every error shows at once.
        if all([form.is_valid(), stages.is_valid()]) and (asked := _proposed(request, policy, form, stages)):
            messages.success(request, "Proposed. It applies once it is approved.")
            return redirect("approval", request_id=asked.pk)
        status = 422
    context = {
        "form": form,
        "formset": stages,
        "policy": policy,
        "versions": policy_subject.versions_of(policy.key) if policy else [],
        "running": policy_subject.proposed(policy.key) if policy else None,
    }
    return page(request, "approvals/policy_form.html", context, status)


def _forms(request: HttpRequest, policy: Policy | None) -> tuple[PolicyForm, Any]:
    if request.method == "POST":
        return PolicyForm(request.POST), StageFormSet(request.POST, prefix="stages")
    if policy is None:
        return PolicyForm(), StageFormSet(prefix="stages")
    fields = [*StageFormSet.form.base_fields]
    rows = policy.stages.select_related("escalate_to").prefetch_related("groups", "people")
    initial = [
        {name: getattr(row, name) for name in fields if name not in {"groups", "people"}}
        | {"groups": list(row.groups.all()), "people": list(row.people.all())}
        for row in rows
    ]
    return PolicyForm(initial=PolicyForm.initial_of(policy)), StageFormSet(initial=initial, prefix="stages")


def _proposed(request: HttpRequest, policy: Policy | None, form: PolicyForm, stages: Any) -> ApprovalRequest | None:
    """Propose what the forms say; None when the service refuses, with its sentences in the form."""
    given = [each.cleaned_data for each in stages if each.cleaned_data and not each.cleaned_data.get("DELETE")]
    words = form.cleaned_data
    try:
        change = policy_versions.propose(
            by=access.person(request),
            key=policy.key if policy else "",
            base_version=(words.get("version") or 0) if policy else 0,
            constraints=words,
            stages=given,
            reason=words["reason"],
            change_class=words["change_class"],
        )
    except BadInput as refusal:
        form.refuse(refusal)
        return None
    return change.requests.get()
