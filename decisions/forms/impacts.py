"""Sections 6 and 7: what each option is expected to do, and what it costs, as tables."""

from decisions.domain.dossier import Cost, Impact, SideEffect
from decisions.forms import fields
from decisions.forms.estimates import OrderedMixin
from decisions.forms.fields import OfferedField
from decisions.forms.items import ItemForm, RowForm, rows_of

CURRENCIES = [(code, code) for code in ("EUR", "USD", "GBP", "JPY", "THB", "CHF")]


class ImpactsForm(ItemForm):
    """The text of the section."""

    text = fields.prose("How the estimates were made", rows=3)


class ImpactForm(OrderedMixin, ItemForm):
    """One cell: an option's effect on a success metric."""

    item: Impact

    estimate__low = fields.number("Low")
    estimate__likely = fields.number("Likely")
    estimate__high = fields.number("High")
    note = fields.line("Note")


class SideEffectForm(RowForm):
    """What else an option does."""

    item_type = SideEffect
    noun = "side effect"

    option = OfferedField("options", label="Option")
    text = fields.prose("Side effect", rows=2)


class CostsForm(ItemForm):
    """The text of the section, and the currency of its figures."""

    text = fields.prose("How the figures were made", rows=3)
    currency = fields.choice("Currency", CURRENCIES)

    def prepare(self, offers: object) -> None:
        """Keep a stored currency that is not in the short list."""
        stored = self.initial.get("currency", "")
        if stored and stored not in dict(CURRENCIES):
            self.fields["currency"] = fields.choice("Currency", [*CURRENCIES, (stored, stored)])


class CostForm(OrderedMixin, ItemForm):
    """One row: an option's cost and effort."""

    item: Cost
    estimates = ("cost", "effort_days")

    cost__low = fields.number("Cost, low")
    cost__likely = fields.number("Cost, likely")
    cost__high = fields.number("Cost, high")
    effort_days__low = fields.number("Person-days, low")
    effort_days__likely = fields.number("Person-days, likely")
    effort_days__high = fields.number("Person-days, high")
    note = fields.line("Note")


SideEffectRows = rows_of(SideEffectForm, at_most=24)
