"""Assumptions (kept in section 9): one assumption; `conditions` has what would break it."""

from decisions.domain.dossier import Assumption
from decisions.forms import fields
from decisions.forms.items import ItemForm


class AssumptionForm(ItemForm):
    """What must stay true, who watches it, and how anyone would notice that it no longer is."""

    item: Assumption

    statement = fields.prose("Assumption", "One testable claim: what must stay true.", rows=2)
    owner = fields.person("Owner", "Watches it.")
    probability = fields.number(
        "Probability in percent", "That it holds until the next review.", (Assumption, "probability")
    )
    refresh_on = fields.day("Refresh the evidence by")
    manual_check = fields.prose("Manual check", "Where no metric can tell: what somebody looks at.", rows=2)
    manual_check_on = fields.day("Manual check on")
