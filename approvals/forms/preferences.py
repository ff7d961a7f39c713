"""The form for a person's own preferences."""

import zoneinfo
from typing import Any

from django import forms

from approvals.models import User


def time_zones() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the zones that people live in, grouped by region, UTC first."""
    regions: dict[str, list[tuple[str, str]]] = {}
    for name in sorted(zoneinfo.available_timezones()):
        region, slash, place = name.partition("/")
        if slash and region not in {"Etc", "SystemV", "US", "Brazil", "Canada", "Chile", "Mexico", "posix", "right"}:
            regions.setdefault(region, []).append((name, place.replace("_", " ")))
    return [("Universal", [("UTC", "UTC")]), *regions.items()]


class PreferencesForm(forms.Form):
    """Time zone, theme and shortcuts."""

    time_zone = forms.ChoiceField(label="Time zone", choices=time_zones, help_text="Times are shown in it.")
    theme = forms.ChoiceField(
        label="Theme", choices=User.Theme.choices, required=False, widget=forms.RadioSelect(attrs={"class": "inline"})
    )
    shortcuts = forms.BooleanField(
        label="Keyboard shortcuts", required=False, help_text="Ctrl or ⌘ K goes to a page, / searches, ? lists them."
    )


class MailForm(forms.Form):
    """Which notices are mailed, and when."""

    email_notices = forms.ChoiceField(
        label="Notices by e-mail",
        choices=User.EmailNotices.choices,
        widget=forms.RadioSelect(attrs={"class": "inline"}),
        help_text="What is critical comes at once, unless you want none.",
    )
    digest_hour = forms.TypedChoiceField(
        label="Digest from", coerce=int, choices=[(hour, f"{hour:02}:00") for hour in range(24)]
    )
    quiet_from = forms.TimeField(
        label="Quiet from", required=False, widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"})
    )
    quiet_until = forms.TimeField(
        label="Quiet until", required=False, widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"})
    )

    def clean(self) -> dict[str, Any]:
        """Demand both ends of the quiet hours, or none."""
        cleaned: dict[str, Any] = super().clean() or {}
        for one, other in (("quiet_from", "quiet_until"), ("quiet_until", "quiet_from")):
            if cleaned.get(one) and other in cleaned and not cleaned[other]:
                self.add_error(other, "Give both ends of your quiet hours, or none.")
        return cleaned
