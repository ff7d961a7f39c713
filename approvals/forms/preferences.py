"""The form for a person's own preferences."""

import zoneinfo

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
