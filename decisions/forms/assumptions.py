"""Assumptions (kept in section 9): one assumption, and the conditions that would break it."""

from decisions.domain.dossier import Assumption, BreakCondition
from decisions.forms import fields
from decisions.forms.items import ItemForm, RowForm, rows_of

KINDS = [("above", "above the bound"), ("below", "below the bound"), ("outside", "outside low … high")]
GAPS = [("break", "breaks the run"), ("skip", "is skipped")]
NO_DATA = [("hold", "keep the last state"), ("breach", "count as broken"), ("ok", "count as fine")]
SEVERITIES = [("minor", "Minor"), ("major", "Major"), ("critical", "Critical")]


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


class BreakConditionForm(RowForm):
    """One condition over one metric."""

    item_type = BreakCondition
    letter = "c"
    noun = "condition"

    metric = fields.metric("Metric")
    kind = fields.choice("Breaks when the value is", KINDS)
    bound = fields.number("Bound")
    low = fields.number("Low", "For outside.")
    high = fields.number("High", "For outside.")
    inclusive = fields.tick("The bound itself breaks it")
    sustained = fields.whole("Periods in a row", of=(BreakCondition, "sustained"))
    clear__bound = fields.number("Over again at", "Empty: as soon as it no longer breaks.")
    clear__sustained = fields.whole("… for periods in a row", of=(BreakCondition, "sustained"))
    gap = fields.choice("A period without a value", GAPS)
    no_data = fields.choice("When values stay away", NO_DATA)
    severity = fields.choice("Severity", SEVERITIES)


BreakConditionRows = rows_of(BreakConditionForm, at_most=6)
