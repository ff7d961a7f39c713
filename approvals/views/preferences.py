"""A person's own settings."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from approvals.forms.preferences import PreferencesForm
from approvals.services.preferences import save_preferences
from config.kit.web import page


@login_required
@require_http_methods(["GET", "POST"])
def person_settings(request: HttpRequest) -> HttpResponse:
    """Show the person's preferences, or store them."""
    person = request.user
    initial = {name: getattr(person, name) for name in PreferencesForm.base_fields}
    form = PreferencesForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        save_preferences(by=person, **form.cleaned_data)  # type: ignore[arg-type]
        messages.success(request, "Your settings are saved.")
        return redirect("person_settings")
    return page(request, "approvals/preferences.html", {"form": form}, status=422 if form.is_bound else 200)
