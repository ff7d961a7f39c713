"""Accounts, for administrators: who there is, what they may do, and forgetting a person."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST

from approvals import access
from approvals.forms.people import AccountForm, CloseForm, EraseForm, GroupsForm, TokenForm
from approvals.models import ApiToken, User
from approvals.roles import ADMINISTRATORS
from approvals.services import accounts
from approvals.services.people import create_token, erase, revoke_token
from config.kit.refusals import BadInput
from config.kit.web import page, paginate

PER_PAGE = 40


@login_required
@require_http_methods(["GET", "POST"])
def people_list(request: HttpRequest) -> HttpResponse:
    """Show the accounts; POST opens one and shows its first password once."""
    person = access.person(request)
    access.require(person, ADMINISTRATORS)
    form = AccountForm(request.POST if request.method == "POST" else None)
    opened: tuple[User, str] | None = None
    if form.is_valid():
        try:
            opened = accounts.open_account(**form.cleaned_data, by=person)
        except BadInput as refusal:
            form.refuse(refusal)
        else:
            form = AccountForm()
    words = request.GET.get("q", "")[:150]
    named = Q(username__icontains=words) | Q(first_name__icontains=words) | Q(last_name__icontains=words)
    rows = User.objects.filter(named).prefetch_related("groups").order_by("-is_active", "username")
    context = {"form": form, "opened": opened, "listing": paginate(request, rows, PER_PAGE), "q": words}
    return page(request, "approvals/people_list.html", context, 422 if form.is_bound else 200)


@login_required
@require_http_methods(["GET", "POST"])
def person_page(request: HttpRequest, user_id: int) -> HttpResponse:
    """Show one account; POST changes its groups, closes, reopens or erases it."""
    by = access.person(request)
    access.require(by, ADMINISTRATORS)
    person = get_object_or_404(User, pk=min(user_id, 2**63 - 1))
    act = request.POST.get("act", "")
    acts: dict[str, GroupsForm | CloseForm | EraseForm] = {
        "groups": GroupsForm(request.POST if act == "groups" else None, initial={"groups": person.groups.all()}),
        "close": CloseForm(request.POST if act == "close" else None),
        "erase": EraseForm(request.POST if act == "erase" else None, person=person),
    }
    if request.method == "POST" and _done(act, acts, person, by=by):
        messages.success(request, "Done; it holds from the person's next request on.")
        return redirect("person", person.pk)
    tokens = person.api_tokens.order_by("-created_at")
    context = {"person": person, "acts": acts, "forms": list(acts.values()), "tokens": tokens}
    return page(request, "approvals/person.html", context, 422 if request.method == "POST" else 200)


def _done(act: str, forms: dict[str, GroupsForm | CloseForm | EraseForm], person: User, *, by: User) -> bool:
    """Do what was asked for; False when its form, or the service, refuses."""
    if act == "reopen":
        accounts.reopen_account(person, by=by)
        return True
    form = forms.get(act)
    if form is None or not form.is_valid():
        return False
    try:
        if act == "groups":
            accounts.change_groups(person, groups=form.cleaned_data["groups"], by=by)
        elif act == "close":
            accounts.close_account(person, reason=form.cleaned_data["reason"], by=by)
        else:
            erase(person, by=by)
    except BadInput as refusal:
        form.refuse(refusal)
        return False
    return True


@login_required
@require_http_methods(["GET", "POST"])
def token_list(request: HttpRequest) -> HttpResponse:
    """Show the tokens of programs; POST makes one and shows it once."""
    person = access.person(request)
    access.require(person, ADMINISTRATORS)
    form = TokenForm(request.POST if request.method == "POST" else None)
    made = ""
    if form.is_valid():
        try:
            _, made = create_token(name=form.cleaned_data["name"], scopes=form.cleaned_data["scope"], by=person)
        except BadInput as refusal:
            form.refuse(refusal)
        else:
            form = TokenForm()
    rows = ApiToken.objects.select_related("user").order_by("-created_at")
    context = {"form": form, "made": made, "listing": paginate(request, rows, PER_PAGE)}
    return page(request, "approvals/token_list.html", context, 422 if form.is_bound else 200)


@login_required
@require_POST
def token_revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    """End a token at once."""
    person = access.person(request)
    access.require(person, ADMINISTRATORS)
    revoke_token(get_object_or_404(ApiToken, pk=min(token_id, 2**63 - 1)), by=person)
    messages.success(request, "The token opens nothing any more.")
    return redirect("token_list")
