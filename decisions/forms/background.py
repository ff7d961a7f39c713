"""Section 1, and the sections that are only text (3, 4)."""

from decisions.domain.dossier import Background, Prose, TradeOff
from decisions.forms import fields
from decisions.forms.items import ItemForm


class BackgroundForm(ItemForm):
    """Background, objective, scope, horizon and the trade-off."""

    item: Background

    text = fields.prose("Background", "What has happened, and why it must be decided now.", rows=4)
    objective = fields.prose("Objective", "What shall be true at the end of the horizon.")
    success_criteria = fields.prose("Success criteria", "How anyone would see that the objective is reached.")
    scope_in = fields.prose("In scope", rows=2)
    scope_out = fields.prose("Out of scope", rows=2)
    horizon_months = fields.whole("Horizon in months", "The same for every option.", (Background, "horizon_months"))
    trade_off__first_pole = fields.line("Trade-off: first pole", "For example: governance.")
    trade_off__second_pole = fields.line("Trade-off: second pole", "For example: frontline autonomy.")
    trade_off__stance = fields.number(
        "Agreed stance, 0 to 100",
        "0 is wholly the first pole, 100 wholly the second; agreed before anything is scored.",
        (TradeOff, "stance"),
    )
    trade_off__reason = fields.prose("Why this stance", rows=2)


class ProseForm(ItemForm):
    """A section that is only text."""

    item: Prose

    text = fields.prose("Text", rows=8)
