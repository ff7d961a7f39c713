"""What people fill in about the framing: who must agree, and why it is opened again."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from approvals.models import User
from config.kit.text import CleanCharField
from decisions.forms.moves import reason
from decisions.models import Decision
from decisions.services import agreeing

TICK_AT_MOST = 24
NAMED_AT_MOST = 12


class FramersForm(forms.Form):
    """Who, beside the owner, must agree: boxes to tick, or where there are many people, their user names."""

    def __init__(self, *args: Any, decision: Decision, chosen: list[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.candidates = agreeing.candidates(decision)
        offered = list(self.candidates[: TICK_AT_MOST + 1])
        names = [person.username for person in chosen]
        label = "Who must agree, beside the owner"
        if len(offered) <= TICK_AT_MOST:
            choices = [(person.username, str(person)) for person in offered]
            widget = forms.CheckboxSelectMultiple
            self.fields["framers"] = forms.MultipleChoiceField(
                label=label, choices=choices, initial=names, required=False, widget=widget
            )
        else:
            help_text = "Their user names, with commas between."
            initial = ", ".join(names)
            self.fields["framers"] = CleanCharField(label=label, help_text=help_text, initial=initial, required=False)

    def clean_framers(self) -> list[User]:
        """Return the people named; refuse names that nobody has."""
        given = self.cleaned_data["framers"]
        names = [name.strip() for name in given.split(",")] if isinstance(given, str) else list(given)
        wanted = list(dict.fromkeys(name for name in names if name))
        if len(wanted) > NAMED_AT_MOST:
            raise ValidationError(f"Name at most {NAMED_AT_MOST} people.")
        found = {person.username: person for person in self.candidates.filter(username__in=wanted)}
        if missing := [name for name in wanted if name not in found]:
            raise ValidationError(f"Nobody who may see the decision is called {', '.join(missing)[:200]}.")
        return [found[name] for name in wanted]


class ReopenForm(forms.Form):
    """Why an agreed framing is opened again."""

    reason = reason("Why the framing must change", "Everyone agrees again, and every score is confirmed or given anew.")
