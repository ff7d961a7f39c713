"""What is asked before a decision moves on: reasons, classes, judgements, a successor."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from approvals.models import ChangeRequest, User
from approvals.roles import OWNERS
from config.kit.text import CleanCharField
from decisions.domain.dossier import SECTIONS
from decisions.domain.moves import LIVE
from decisions.models import Closing, Decision, Reevaluation

SUCCESSORS = 200
PEOPLE = 200
"""More people than this are named by typing, not by choosing."""


def reason(label: str = "Reason", help_text: str = "It stays with the record.") -> forms.Field:
    """Return a reason that must be given."""
    return CleanCharField(label=label, help_text=help_text, rows=3, error_messages={"required": "Give a reason."})


class MoveForm(forms.Form):
    """The base; every move knows who makes it and of which decision."""

    def __init__(self, *args: Any, decision: Decision, user: User, **kwargs: Any) -> None:
        self.decision, self.user = decision, user
        super().__init__(*args, **kwargs)


class NothingForm(MoveForm):
    """A move that asks for nothing but to be meant."""


class ReasonForm(MoveForm):
    """A move that wants a reason."""

    reason = reason()


class AmendForm(MoveForm):
    """Why something approved shall change, and how far the change goes."""

    reason = reason("Why it must change")
    change_class = forms.ChoiceField(
        label="Class",
        choices=ChangeRequest.Class.choices,
        initial="material",
        help_text="Editorial is for wording only. Should it turn out to be more, drop the amendment and begin a "
        "material one: what was written stays under each section’s history.",
    )


class SuccessorForm(MoveForm):
    """Which decision takes this one's place, and why."""

    successor = forms.ModelChoiceField(
        Decision.objects.none(),
        label="Successor",
        help_text="A decision in force.",
        to_field_name="reference",
        empty_label="Choose…",
    )
    reason = reason()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["successor"].queryset = successors(self.decision, self.user)  # type: ignore[attr-defined]


def successors(decision: Decision, user: User) -> Any:
    """Return the decisions that may take another's place; the newest two hundred are enough for a select."""
    live = Decision.objects.visible_to(user).filter(state__in=[state.value for state in LIVE])
    newest = live.exclude(pk=decision.pk).order_by("-pk").values("pk")[:SUCCESSORS]
    return Decision.objects.filter(pk__in=list(newest.values_list("pk", flat=True)))


class CloseForm(MoveForm):
    """What came of the decision, judged apart from how it was taken."""

    field_order = ["outcome", "reason", "process", "process_reason", "lessons", "lesson_section"]

    outcome = forms.ChoiceField(label="What came of it", choices=Closing.Outcome.choices, widget=forms.RadioSelect)
    process = forms.ChoiceField(
        label="How it was taken",
        help_text="With what could be known then, whatever came of it: a good decision may end badly.",
        choices=Closing.Process.choices,
        widget=forms.RadioSelect,
    )
    process_reason = reason("Why you judge the way it was taken so")
    reason = reason("Why you judge what came of it so")
    lessons = CleanCharField(
        label="Lesson", help_text="For the next cycle, and perhaps for the template.", rows=3, required=False
    )
    lesson_section = forms.ChoiceField(
        label="Section of the template that the lesson is about", choices=SECTIONS, initial="background", required=False
    )

    def clean_lesson_section(self) -> str:
        """Fall back on the first section."""
        return self.cleaned_data["lesson_section"] or SECTIONS[0][0]


class QuestionForm(MoveForm):
    """What makes somebody doubt the decision."""

    text = reason("What makes you question it", "The owner answers; a new approval may follow.")
    severity = forms.ChoiceField(label="Severity", choices=Reevaluation.Severity.choices, initial="major")


class AnswerForm(MoveForm):
    """The answer to a re-evaluation."""

    outcome = forms.ChoiceField(label="Outcome", choices=Reevaluation.Outcome.choices, widget=forms.RadioSelect)
    reason = reason("Why")
    evidence = CleanCharField(label="Evidence", help_text="What you looked at.", rows=2, required=False)
    successor = forms.ModelChoiceField(
        Decision.objects.none(),
        label="Successor",
        help_text="Only when another decision takes its place.",
        to_field_name="reference",
        empty_label="No successor",
        required=False,
    )
    change_class = forms.ChoiceField(
        label="Class of the amendment",
        help_text="Only when you amend.",
        choices=ChangeRequest.Class.choices,
        initial="material",
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["successor"].queryset = successors(self.decision, self.user)  # type: ignore[attr-defined]


class ReopenForm(MoveForm):
    """Why an answer shall be looked at again."""

    reason = reason("Why look at it again")


def choose_from(field: forms.Field, people: QuerySet[User]) -> None:
    """Offer people in a select, or where there are many, by their user names."""
    field.queryset = people.order_by("first_name", "username")  # type: ignore[attr-defined]
    if people.count() > PEOPLE:
        field.widget = forms.TextInput(attrs={"autocomplete": "off"})
        field.help_text = "Their user name."


class TransferForm(MoveForm):
    """Who owns the decision from now on, and why."""

    to = forms.ModelChoiceField(User.objects.none(), label="New owner", to_field_name="username", empty_label="Choose…")
    reason = reason()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owners = User.objects.filter(is_active=True, groups__name=OWNERS).exclude(pk=self.decision.owner_id)
        choose_from(self.fields["to"], owners)


class InviteForm(MoveForm):
    """Somebody to be let in, and how far."""

    GRANTS = [
        ("view_decision", "May read it"),
        ("contribute_decision", "May write in it"),
        ("manage_decision", "May manage it"),
    ]

    person = forms.ModelChoiceField(
        User.objects.none(), label="Person", to_field_name="username", empty_label="Choose…"
    )
    grant = forms.ChoiceField(label="May", choices=GRANTS, initial="contribute_decision")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(is_active=True).exclude(pk=self.decision.owner_id)
        choose_from(self.fields["person"], people)


class SettleForm(MoveForm):
    """What became of a commitment."""

    STATES = [("done", "Done"), ("dropped", "Dropped")]

    record = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**63 - 1)
    state = forms.ChoiceField(choices=STATES)
    note = CleanCharField(label="Note", required=False, max_length=2000)
