"""A person's own settings."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from approvals.access import person
from approvals.forms.preferences import MailForm, PreferencesForm
from approvals.services import feeds
from approvals.services.preferences import save_mail_wishes, save_preferences
from config.kit.web import page


@login_required
@require_http_methods(["GET", "POST"])
def person_settings(request: HttpRequest) -> HttpResponse:
    """Show the person's preferences, or store them."""
    user = person(request)
    form = PreferencesForm(request.POST if request.method == "POST" else None, initial=_initial(user, PreferencesForm))
    if form.is_valid():
        save_preferences(by=user, **form.cleaned_data)
        messages.success(request, "Your settings are saved.")
        return redirect("person_settings")
    return _screen(request, form=form, mail_form=MailForm(initial=_initial(user, MailForm)))


@login_required
@require_POST
def mail_settings(request: HttpRequest) -> HttpResponse:
    """Store how the person wants to be mailed."""
    user = person(request)
    form = MailForm(request.POST)
    if form.is_valid():
        save_mail_wishes(by=user, **form.cleaned_data)
        messages.success(request, "Your settings are saved.")
        return redirect("person_settings")
    return _screen(request, form=PreferencesForm(initial=_initial(user, PreferencesForm)), mail_form=form)


@login_required
@require_POST
def calendar_settings(request: HttpRequest) -> HttpResponse:
    """Open, replace or close the private address of the person's calendar."""
    user = person(request)
    if request.POST.get("close"):
        feeds.revoke(user)
    else:
        feeds.renew(user)
    return redirect(f"{reverse('person_settings')}#calendar")


def _initial(user: Any, form: type[Any]) -> dict[str, Any]:
    return {name: getattr(user, name) for name in form.base_fields}


def _screen(request: HttpRequest, *, form: PreferencesForm, mail_form: MailForm) -> HttpResponse:
    user = person(request)
    token = feeds.token_of(user)
    context = {
        "form": form,
        "mail_form": mail_form,
        "forms": [form, mail_form],
        "has_errors": bool(form.errors or mail_form.errors),
        "address": request.build_absolute_uri(reverse("calendar_feed", args=[token])) if token else "",
        "email": user.email,
    }
    return page(request, "approvals/preferences.html", context, status=422 if context["has_errors"] else 200)
