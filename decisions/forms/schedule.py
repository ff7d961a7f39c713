"""Sections 10 and 11: the recommendation, the commitments and the reviews."""

from decisions.domain.dossier import Commitment, Recommendation, Schedule
from decisions.forms import fields
from decisions.forms.fields import OfferedField
from decisions.forms.items import ItemForm, RowForm, rows_of


class RecommendationForm(ItemForm):
    """Which option, whose, and why."""

    item: Recommendation

    option = OfferedField("options", label="Recommended option")
    owner = fields.person("Owner of the execution")
    rationale = fields.prose("Why this one", "Say it so that somebody who was not there understands.", rows=6)


class ScheduleForm(ItemForm):
    """The text of the section, and the rhythm of the reviews."""

    item: Schedule

    text = fields.prose("How it is carried out", rows=3)
    review_every_days = fields.whole("Review every … days", of=(Schedule, "review_every_days"))
    first_review_on = fields.day("First review on")


class CommitmentForm(RowForm):
    """What somebody undertakes to do by a day."""

    item_type = Commitment
    letter = "k"
    noun = "commitment"

    text = fields.line("Commitment")
    owner = fields.person("Owner")
    due_on = fields.day("Due on")


CommitmentRows = rows_of(CommitmentForm, at_most=24)
