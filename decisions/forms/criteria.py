"""Section 9: what the options are scored on."""

from decisions.domain.dossier import Criterion
from decisions.forms import fields
from decisions.forms.items import ItemForm, RowForm, rows_of

DIRECTIONS = [("max", "More is better"), ("min", "Less is better")]
SCALES = [("direct", "Direct, 0 to 100"), ("linear", "Linear, worst to best")]


class CriteriaForm(ItemForm):
    """The text of the section."""

    text = fields.prose(
        "How the criteria were chosen", "Weights count against one another; they need not add up to 100.", rows=3
    )


class CriterionForm(RowForm):
    """One criterion with its weight, its scale and its threshold."""

    item_type = Criterion
    letter = "c"
    noun = "criterion"

    name = fields.line("Criterion")
    weight = fields.number("Weight", of=(Criterion, "weight"))
    meaning = fields.line("What it means")
    direction = fields.choice("Direction", DIRECTIONS)
    scale = fields.choice("Scale", SCALES)
    worst = fields.number("Worst", "For a linear scale.")
    best = fields.number("Best", "For a linear scale.")
    threshold = fields.number("Threshold")
    veto = fields.tick("An option that misses the threshold is excluded")


CriterionRows = rows_of(CriterionForm, at_most=12)
