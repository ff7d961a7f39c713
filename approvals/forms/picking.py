"""Pick rows of a table, by number."""

from typing import Any

from django import forms

LONGEST_KEY = 18  # digits


class PickedField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Several rows of a table, picked by number."""

    def clean(self, value: Any) -> Any:
        """Refuse a number that no database holds: asking for a list of them fails instead of finding nothing."""
        for key in value or []:
            if len(str(key)) > LONGEST_KEY:
                raise forms.ValidationError(
                    self.error_messages["invalid_choice"], code="invalid_choice", params={"value": str(key)[:80]}
                )
        return super().clean(value)
