"""Pages of policies: everybody may read them, administrators write them."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from approvals import access
from approvals.forms.policies import FactsForm, PolicyForm, StageFormSet, kind_choices
from approvals.models import Policy
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
    """Write a policy's first version."""
    access.require(access.person(request), ADMINISTRATORS)
    return _edit(request, None)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def policy_edit(request: HttpRequest, key: str) -> HttpResponse:
    """Write a policy's next version."""
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
        if all([form.is_valid(), stages.is_valid()]) and _saved(request, policy, form, stages):
            return redirect("policy_list")
        status = 422
    earlier = Policy.objects.filter(key=policy.key).select_related("created_by") if policy else []
    context = {"form": form, "formset": stages, "policy": policy, "earlier": earlier}
    return page(request, "approvals/policy_form.html", context, status)


def _forms(request: HttpRequest, policy: Policy | None) -> tuple[PolicyForm, Any]:
    if request.method == "POST":
        return PolicyForm(request.POST), StageFormSet(request.POST, prefix="stages")
    if policy is None:
        return PolicyForm(), StageFormSet(prefix="stages")
    fields = StageFormSet.form.base_fields
    stages = policy.stages.prefetch_related("groups", "people")
    initial = [
        {name: getattr(stage, name) for name in fields if name not in {"groups", "people"}}
        | {"groups": list(stage.groups.all()), "people": list(stage.people.all())}
        for stage in stages
    ]
    return PolicyForm(initial=PolicyForm.initial_of(policy)), StageFormSet(initial=initial, prefix="stages")


def _saved(request: HttpRequest, policy: Policy | None, form: PolicyForm, stages: Any) -> bool:
    """Store what the forms say; False when the service refuses, with its sentences in the form."""
    given = [each.cleaned_data for each in stages if each.cleaned_data and not each.cleaned_data.get("DELETE")]
    user = access.person(request)
    try:
        if policy is None:
            policy_versions.create(by=user, constraints=form.cleaned_data, stages=given)
        else:
            version = form.cleaned_data.get("version") or 0
            policy_versions.revise(
                policy, by=user, expected_version=version, constraints=form.cleaned_data, stages=given
            )
    except BadInput as refusal:
        form.refuse(refusal)
        return False
    return True
