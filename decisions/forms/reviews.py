"""What people add to a review's figures: judgements of assumptions, actual scores, findings, lessons, a verdict."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms

from config.kit.numbers import ExactDecimalField
from config.kit.text import CleanCharField
from decisions.domain.dossier import SECTIONS, Dossier
from decisions.domain.variance import AssumptionVariance
from decisions.models import Closing, Review
from decisions.queries.reading import estimate
from decisions.services.lessons import Raised
from decisions.services.reviews import Findings, Judged
from decisions.services.variances import Gathered

HELD = [("held", "It held"), ("broke", "It broke"), ("unknown", "Cannot be told")]
_TRUTH = {"held": True, "broke": False, "unknown": None}
LESSONS = 3


class ReviewForm(forms.Form):
    """One form for the whole review; assumptions and criteria of the version in force give it its fields."""

    findings = CleanCharField(
        label="Findings",
        help_text="What came differently than expected, and why. Markdown.",
        rows=5,
        error_messages={"required": "Write what the review found."},
    )
    verdict = forms.ChoiceField(
        label="What becomes of the decision",
        choices=Review.Verdict.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Say what becomes of the decision."},
    )
    outcome = forms.ChoiceField(
        label="What came of it", choices=[("", "Not closed"), *Closing.Outcome.choices], required=False
    )
    reason = CleanCharField(label="Why you judge what came of it so", rows=2, required=False)
    process = forms.ChoiceField(
        label="How it was taken", choices=[("", "Not closed"), *Closing.Process.choices], required=False
    )
    process_reason = CleanCharField(label="Why you judge the way it was taken so", rows=2, required=False)

    def __init__(self, *args: Any, gathered: Gathered, **kwargs: Any) -> None:
        self.gathered = gathered
        super().__init__(*args, **kwargs)
        for assumption in gathered.assumptions:
            self._ask_of(assumption)
        for criterion in gathered.dossier.criteria.criteria:
            self.fields[f"score-{criterion.id}"] = ExactDecimalField(
                label=criterion.name or criterion.id,
                required=False,
                help_text=_expected(gathered.dossier, criterion.id),
            )
        for number in range(1, LESSONS + 1):
            self.fields[f"lesson-{number}"] = CleanCharField(label=f"Lesson {number}", rows=1, required=False)
            self.fields[f"about-{number}"] = forms.ChoiceField(
                label=f"Lesson {number} is about", choices=SECTIONS, required=False
            )

    def _ask_of(self, assumption: AssumptionVariance) -> None:
        told = {None: None, True: "broke", False: "held"}[assumption.broke]
        self.fields[f"held-{assumption.key}"] = forms.ChoiceField(
            label="Did it hold?",
            choices=HELD,
            initial=told,
            widget=forms.RadioSelect,
            error_messages={"required": "Say whether it held, broke, or cannot be told."},
        )
        self.fields[f"note-{assumption.key}"] = CleanCharField(
            label="Why", required=False, help_text="Needed when you judge otherwise than its conditions say."
        )

    def clean(self) -> dict[str, Any]:
        """Ask for both judgements when the verdict is to close."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("verdict") == Review.Verdict.CLOSE:
            sentences = {
                "outcome": "Say what came of it.",
                "reason": "Say why you judge what came of it so.",
                "process": "Say how well it was taken.",
                "process_reason": "Say why you judge the way it was taken so.",
            }
            for name, sentence in sentences.items():
                if name not in self.errors and not data.get(name):
                    self.add_error(name, sentence)
        return data

    def assumptions(self) -> Iterator[tuple[AssumptionVariance, Any, Any]]:
        """Yield every assumption with its two fields."""
        for assumption in self.gathered.assumptions:
            yield assumption, self[f"held-{assumption.key}"], self[f"note-{assumption.key}"]

    def scores(self) -> Iterator[Any]:
        """Yield the field of the actual score on every criterion."""
        return (self[f"score-{criterion.id}"] for criterion in self.gathered.dossier.criteria.criteria)

    def lesson_rows(self) -> Iterator[tuple[Any, Any]]:
        """Yield the fields of each lesson."""
        for number in range(1, LESSONS + 1):
            yield self[f"lesson-{number}"], self[f"about-{number}"]

    @property
    def has_more_lessons(self) -> bool:
        """Say whether a lesson after the first was typed."""
        return any(self[f"lesson-{number}"].value() for number in range(2, LESSONS + 1))

    def found(self) -> Findings:
        """Return what was typed; valid forms only."""
        data = self.cleaned_data
        closing = ("outcome", "reason", "process", "process_reason")
        return Findings(
            findings=data["findings"],
            verdict=data["verdict"],
            judged=dict(self._judged(data)),
            scores={
                name.removeprefix("score-"): value
                for name, value in data.items()
                if name.startswith("score-") and value is not None
            },
            lessons=tuple(
                Raised(section=data[f"about-{number}"] or SECTIONS[0][0], text=data[f"lesson-{number}"])
                for number in range(1, LESSONS + 1)
                if data[f"lesson-{number}"]
            ),
            closing={name: data[name] for name in closing} if data["verdict"] == Review.Verdict.CLOSE else {},
        )

    def _judged(self, data: Mapping[str, Any]) -> Iterator[tuple[str, Judged]]:
        for assumption in self.gathered.assumptions:
            held = _TRUTH[data[f"held-{assumption.key}"]]
            yield assumption.key, Judged(held, data[f"note-{assumption.key}"])


def _expected(dossier: Dossier, criterion: str) -> str:
    """Say what the chosen option was expected to score on a criterion."""
    chosen = dossier.recommendation.option
    for score in dossier.criteria.scores:
        if (score.criterion, score.option) == (criterion, chosen):
            return f"Expected {estimate(score.estimate)}." if score.estimate.likely is not None else ""
    return ""
