"""Section 8: risks with their mitigations, and one downside scenario with its pre-approved response."""

from decisions.domain.dossier import EscalationStep, Risk, Scenario
from decisions.forms import fields
from decisions.forms.fields import OfferedField, OfferedManyField
from decisions.forms.items import ItemForm, RowForm, rows_of


class RisksForm(ItemForm):
    """The text of the section."""

    text = fields.prose("How the risks hang together", rows=3)


class RiskForm(RowForm):
    """A risk of one option."""

    item_type = Risk
    letter = "r"
    noun = "risk"

    option = OfferedField("options", label="Option")
    text = fields.prose("Risk", rows=2)
    mitigation = fields.prose("Mitigation", rows=2)


class ScenarioForm(ItemForm):
    """A downside foreseen, with the response that is approved together with the decision."""

    item: Scenario

    text = fields.prose("What happens", "The downside, in a sentence or two.", rows=2)
    assumptions = OfferedManyField("assumptions", label="Assumptions whose break leads here")
    fallback = fields.prose("Fallback action", "What is done then, at once; approved in advance.", rows=2)
    fallback_owner = fields.person("Owner of the fallback")
    stop_condition = fields.prose("Stop condition", "When the decision is stopped altogether.", rows=2)
    handoff = fields.prose("Handoff", "Who takes over what.", rows=2)


class EscalationStepForm(RowForm):
    """Whom to go to, and how long to wait."""

    item_type = EscalationStep
    noun = "step"

    person = fields.person("Person")
    hours = fields.whole("Hours to wait", of=(EscalationStep, "hours"))


RiskRows = rows_of(RiskForm, at_most=24)
EscalationRows = rows_of(EscalationStepForm, at_most=8)
