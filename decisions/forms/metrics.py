"""Section 2: success metrics, pinned to a version of their definition, and guardrails."""

from typing import Any

from decisions.domain.dossier import Guardrail, SuccessMetric
from decisions.forms import fields
from decisions.forms.items import ItemForm, RowForm, rows_of
from decisions.forms.offers import Offers


class MetricsForm(ItemForm):
    """The text of the section."""

    text = fields.prose("What success means here", rows=3)


class SuccessMetricForm(RowForm):
    """A metric the decision is judged by; choosing it pins the definition that is approved now."""

    item_type = SuccessMetric
    letter = "s"
    noun = "success metric"

    metric = fields.metric("Metric")
    baseline = fields.number("Baseline")
    target = fields.number("Target")
    note = fields.line("Note")
    repin = fields.tick("Use the newer definition")

    def reads(self, name: str) -> bool:
        """`repin` is an instruction, not content."""
        return name != "repin"

    def prepare(self, offers: Offers) -> None:
        """Offer to pin the newer definition only when there is one."""
        self.offered = offers.metrics
        current = offers.metrics.get(self.item.metric)
        self.pinned = self.item.definition_version
        self.newer = current.definition_version if current and current.definition_version != self.pinned else None
        if self.newer is None or self.pinned is None:
            del self.fields["repin"]
        else:
            self.fields["repin"].label = f"Use definition {self.newer} (pinned: {self.pinned})"

    def values(self) -> dict[str, Any]:
        """Return what was typed, with the pinned version of the definition."""
        typed = super().values()
        chosen = typed["metric"]
        same = chosen == self.item.metric and self.pinned is not None
        if not same or self.cleaned_data.get("repin"):
            offer = self.offered.get(chosen)
            return typed | {"definition_version": offer.definition_version if offer else None}
        return typed | {"definition_version": self.pinned}


class GuardrailForm(RowForm):
    """A line that must not be crossed."""

    item_type = Guardrail
    letter = "g"
    noun = "guardrail"

    text = fields.line("What must not happen")
    metric = fields.metric("Metric, where there is one")
    bound = fields.number("Bound")


SuccessMetricRows = rows_of(SuccessMetricForm, at_most=8)
GuardrailRows = rows_of(GuardrailForm, at_most=12)
