"""The form of a pull, worded for the kind of source that it asks."""

from typing import Any

from django import forms

from config.kit.text import CleanCharField
from metrics.models import Pull
from metrics.services.pulls import LONGEST_CREDENTIAL, Plan

LAID_OUT = {
    "sql": ("target", "credential", "statement", "period_column", "value_column", "segment_column", "sample_column"),
    "json": (
        *("target", "header_name", "credential", "statement"),
        *("period_column", "value_column", "segment_column", "sample_column"),
    ),
    "prometheus": ("target", "header_name", "credential", "statement", "segment_column", "look_back"),
}
"""The fields of each kind; what a kind does not know stays empty."""

CELL = "The name of a field of the row, or a JSONPath within it, as in $.when."
WORDS: dict[str, dict[str, tuple[str, str]]] = {
    "sql": {
        "target": (
            "Database",
            "postgresql://role@host:5432/database, with a role that may only read; or sqlite:///file.db for a file in "
            "the folder for sources.",
        ),
        "credential": ("Password of the role", ""),
        "statement": ("Statement", "One SELECT. It runs read-only, with a time limit, and may answer 10,000 rows."),
        "period_column": ("Column of the period", "Any day or time of it; also 2026-11, 2026-W45 or 2026-Q4."),
        "value_column": ("Column of the value", ""),
        "segment_column": ("Column of the segment", "Only where there are segments."),
        "sample_column": ("Column of the sample size", "How many cases the value was counted from, if known."),
    },
    "json": {
        "target": ("Address", "https://host/path; it is shown here, so keys belong in the header below."),
        "statement": (
            "JSONPath of the rows",
            "As in $.data[*]. Empty where the answer is one value: that counts for the last period that is over.",
        ),
        "period_column": ("Period", CELL + " Empty for one value without a date."),
        "value_column": ("Value", CELL),
        "segment_column": ("Segment", "Only where there are segments."),
        "sample_column": ("Sample size", "If known."),
    },
    "prometheus": {
        "target": ("Base address of the server", "As in https://prometheus.example.org; /api/v1/query_range is added."),
        "statement": ("Expression", "PromQL that tells a period's value at its end, as in sum(increase(tickets[7d]))."),
        "segment_column": ("Label of the segment", "Only where the answer has a series for each segment."),
        "look_back": (
            "Periods to ask for",
            "Ended periods that each run asks for; late data shows as revisions.",
        ),
    },
}


class PullForm(forms.Form):
    """Where values come from. The credential is written here and never shown again."""

    name = CleanCharField(label="Name", max_length=60, help_text="What recorded values name as their source, for good.")
    target = CleanCharField(max_length=500)
    header_name = CleanCharField(
        label="Header of the credential", max_length=60, required=False, help_text="Empty for Authorization."
    )
    credential = forms.CharField(
        required=False,
        strip=True,
        max_length=LONGEST_CREDENTIAL,
        label="Value of that header",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    forget = forms.BooleanField(label="Forget the credential that is kept", required=False)
    statement = CleanCharField(max_length=10_000, rows=5)
    period_column = CleanCharField(max_length=200)
    value_column = CleanCharField(max_length=200)
    segment_column = CleanCharField(max_length=200, required=False)
    sample_column = CleanCharField(max_length=200, required=False)
    look_back = forms.IntegerField(min_value=1, max_value=200, initial=8)
    every = forms.TypedChoiceField(label="How often", choices=Pull.Every.choices, coerce=int, initial=Pull.Every.HOUR)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, kind: str, pull: Pull | None = None, **kwargs: Any) -> None:
        if pull is not None:
            kwargs.setdefault(
                "initial",
                {name: getattr(pull, name) for name in (*LAID_OUT[kind], "every", "version") if name != "credential"},
            )
        super().__init__(*args, **kwargs)
        self.kind = kind
        used = {*LAID_OUT[kind], "every", *(("version", "forget") if pull else ("name",))}
        if pull is None or not pull.has_credential:
            used -= {"forget"}
        for name in set(self.fields) - used:
            del self.fields[name]
        for name, (label, help_text) in WORDS[kind].items():
            self.fields[name].label, self.fields[name].help_text = label, help_text
        if kind == "json":
            self.fields["statement"].required = self.fields["period_column"].required = False
            self.fields["statement"].widget = forms.TextInput()
        if pull is not None and pull.has_credential:
            self.fields["credential"].help_text = "One is kept, encrypted, and never shown. Leave empty to keep it."

        for field in self.fields.values():
            # Beside a password, browsers take any line of text for a name to sign in with.
            field.widget.attrs.setdefault("autocomplete", "off")

    @property
    def plan_fields(self) -> list[str]:
        """Return the names of what makes the plan: all but name and credential."""
        return [name for name in (*LAID_OUT[self.kind], "every") if name != "credential"]

    def plan(self) -> Plan:
        """Return what was typed, but for name and credential."""
        return Plan(kind=self.kind, **{name: self.cleaned_data[name] for name in self.plan_fields})
