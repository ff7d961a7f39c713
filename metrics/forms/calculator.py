"""What the calculator asks for: a form for each question about shares or means, sent with the address."""

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms

from config.kit.numbers import ExactDecimalField
from metrics.domain.sizing import MOST_CASES, MOST_LOOKS

QUESTIONS = {
    "interval": "How sure is a figure?",
    "change": "Is a change more than chance?",
    "size": "How many cases are needed?",
    "effect": "What can so many cases show?",
}
SUBJECTS = {"share": "A share, in per cent", "mean": "A mean"}
MOST_COMPARISONS = 1000
GROUPS: dict[str, tuple[tuple[str, ...], ...]] = {
    "interval": (("first", "first_deviation", "first_cases"), ("level",)),
    "change": (
        ("first", "first_deviation", "first_cases"),
        ("second", "second_deviation", "second_cases"),
        ("level", "comparisons", "looks"),
    ),
    "size": (("base", "effect", "deviation"), ("alpha", "power"), ("sides", "ratio")),
    "effect": (("base", "deviation", "cases"), ("alpha", "power"), ("sides", "ratio")),
}
DEFAULTS = {"level": "95", "alpha": "5", "power": "80", "sides": "two", "ratio": "1", "comparisons": "1", "looks": "1"}


class WholeField(forms.IntegerField):
    """A whole number in a text input, which keeps what was typed when it is none."""

    widget = forms.TextInput

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Ask phones for digits."""
        return {"inputmode": "numeric", "autocomplete": "off"}


def cases_field(label: str, least: int = 1, **more: Any) -> WholeField:
    """Return a field for a number of cases."""
    return WholeField(label=label, min_value=least, max_value=MOST_CASES, **more)


class CalculatorForm(forms.Form):
    """The figures of one question; which fields it has follows from what is asked, and of what."""

    first = ExactDecimalField(label="Figure")
    first_deviation = ExactDecimalField(label="Standard deviation", min_value=0)
    first_cases = cases_field("Cases")
    second = ExactDecimalField(label="Second figure")
    second_deviation = ExactDecimalField(label="Its standard deviation", min_value=0)
    second_cases = cases_field("Its cases")
    level = ExactDecimalField(label="Confidence (%)", min_value=50, help_text="95 is usual.")
    comparisons = WholeField(
        label="Comparisons", min_value=1, max_value=MOST_COMPARISONS, help_text="How many are made at once."
    )
    looks = WholeField(
        label="Looks", min_value=1, max_value=MOST_LOOKS, help_text="How often the figures were looked at so far."
    )
    base = ExactDecimalField(label="Now (%)", help_text="The share without the change.")
    effect = ExactDecimalField(label="Difference to see", help_text="In percentage points; −3 for a fall.")
    deviation = ExactDecimalField(label="Standard deviation", help_text="Between single cases.")
    cases = cases_field("Cases in the first group", 2)
    alpha = ExactDecimalField(label="False alarms (%)", help_text="Alpha; 5 is usual.")
    power = ExactDecimalField(label="Power (%)", help_text="The chance to see it when it is there; 80 is usual.")
    sides = forms.ChoiceField(
        label="Counts", choices=[("two", "a difference either way"), ("one", "a difference in one direction")]
    )
    ratio = ExactDecimalField(label="Second group", help_text="How many times as large as the first.")

    def __init__(self, *args: Any, ask: str, of: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ask, self.of = ask, of
        wanted = [name for row in GROUPS[ask] for name in row if self._is_asked(name)]
        self.fields = {name: self.fields[name] for name in wanted}
        self._word()

    def _is_asked(self, name: str) -> bool:
        return self.of == "mean" if name.endswith("deviation") else self.of == "share" or name != "base"

    def _word(self) -> None:
        """Say what the figures are of."""
        what = "Share (%)" if self.of == "share" else "Mean"
        words = {"first": f"{'First: ' if self.ask == 'change' else ''}{what}", "second": f"Second: {what}"}
        for name, label in words.items():
            if name in self.fields:
                self.fields[name].label = label
        if self.of == "mean" and "effect" in self.fields:
            self.fields["effect"].help_text = "In the unit of the mean."

    def rows(self) -> Iterator[Sequence[forms.BoundField]]:
        """Yield the fields, those that belong together side by side."""
        for row in GROUPS[self.ask]:
            yield [self[name] for name in row if name in self.fields]

    def clean(self) -> dict[str, Any]:
        """Hold the figures against what they can be."""
        given: dict[str, Any] = self.cleaned_data
        for name in ("first", "second", "base"):
            if self.of == "share" and name in given and not 0 <= given[name] <= 100:
                self.add_error(name, "A share lies between 0 and 100 %.")
        for name in ("first_cases", "second_cases"):
            if self.of == "mean" and name in given and given[name] < 2:
                self.add_error(name, "A mean needs at least two cases.")
        self._demands(given)
        effect, base = given.get("effect"), given.get("base")
        if effect is not None and not effect:
            self.add_error("effect", "Give a difference other than 0.")
        elif effect is not None and base is not None and not 0 <= base + effect <= 100:
            self.add_error("effect", f"From {base} % this leads outside 0 to 100 %.")
        return given

    def _demands(self, given: dict[str, Any]) -> None:
        if "deviation" in given and given["deviation"] <= 0:
            self.add_error("deviation", "Give a standard deviation above 0.")
        if "level" in given and given["level"] > 99.9999:
            self.add_error("level", "Confidence stays below 100 %: enter 99.9999 or less.")
        if "ratio" in given and not 0.001 <= given["ratio"] <= 1000:
            self.add_error("ratio", "Enter a ratio between 0.001 and 1000.")
        alpha, power = given.get("alpha"), given.get("power")
        if alpha is not None and not 0.0001 <= alpha <= 40:
            self.add_error("alpha", "Enter between 0.0001 and 40 %.")
        elif power is not None and alpha is not None and not alpha < power:
            self.add_error("power", "Power lies above the share of false alarms.")
        if power is not None and power > 99.9999:
            self.add_error("power", "Nothing is seen for sure: enter 99.9999 or less.")
