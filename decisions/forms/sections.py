"""The editor of each section, and of each item that is edited on a page of its own."""

import dataclasses
from collections.abc import Iterator
from typing import Any, ClassVar

from decisions.domain.dossier import Dossier
from decisions.forms import assumptions, background, conditions, criteria, frame, metrics, options, risks, schedule
from decisions.forms.editor import EVIDENCE, Editor, ListSpec, Part, SectionEditor
from decisions.forms.items import new_id
from decisions.forms.offers import Offers
from decisions.forms.tables import CostsEditor, ImpactsEditor


class FrameEditor(Editor):
    """The frame has no provenance: it claims nothing."""

    main = frame.FrameForm


class BackgroundEditor(SectionEditor):
    """Section 1."""

    main = background.BackgroundForm


class MetricsEditor(SectionEditor):
    """Section 2."""

    main = metrics.MetricsForm
    lists = (
        ListSpec(
            "success_metrics",
            metrics.SuccessMetricRows,
            "Success metrics",
            "Add a success metric",
            "Choosing a metric pins the definition that is approved now. One that is not offered is first defined and "
            "approved under Metrics.",
        ),
        ListSpec("guardrails", metrics.GuardrailRows, "Guardrails", "Add a guardrail", shape="table"),
    )


class ProseEditor(SectionEditor):
    """Sections 3 and 4."""

    main = background.ProseForm


class CardsEditor(SectionEditor):
    """A section with a list whose items have a page each; here they are shown as links."""

    cards: ClassVar[str]
    cards_title: ClassVar[str]
    add_card: ClassVar[str]

    def parts(self) -> Iterator[Part]:
        """Yield the cards after the section's own parts, before its provenance."""
        own = list(super().parts())
        yield from own[:-2]
        yield Part("cards", self.cards_title, self.add_card, rows=getattr(self.item, self.cards), name=self.cards)
        yield from own[-2:]


class OptionsEditor(CardsEditor):
    """Section 5."""

    main = options.OptionsForm
    cards, cards_title, add_card = "options", "Options", "Add an option"


class RisksEditor(CardsEditor):
    """Section 8."""

    main = risks.RisksForm
    lists = (ListSpec("risks", risks.RiskRows, "Risks and mitigations", "Add a risk"),)
    cards, cards_title, add_card = "scenarios", "Downside scenarios", "Add a scenario"


class CriteriaEditor(SectionEditor):
    """Section 9 without scores and assumptions, which have pages of their own."""

    main = criteria.CriteriaForm
    lists = (
        ListSpec(
            "criteria",
            criteria.CriterionRows,
            "Criteria",
            "Add a criterion",
            "Weights are any positive numbers; their shares follow. Scores are values from 0 to 100, or in a unit of "
            "their own: from worst to best (empty: those of the options), or along points: 0 = 0; 10 = 60; 40 = 100.",
        ),
    )

    def content(self) -> Any:
        """Return the section without scores on criteria that were removed."""
        section = super().content()
        known = {criterion.id for criterion in section.criteria}
        return dataclasses.replace(
            section,
            scores=tuple(score for score in section.scores if score.criterion in known),
            swings=tuple(swing for swing in section.swings if swing.criterion in known),
        )


class RecommendationEditor(SectionEditor):
    """Section 10."""

    main = schedule.RecommendationForm


class ScheduleEditor(SectionEditor):
    """Section 11."""

    main = schedule.ScheduleForm
    lists = (ListSpec("commitments", schedule.CommitmentRows, "Commitments", "Add a commitment", shape="table"),)


class ItemEditor(Editor):
    """An editor of one item of a section's list; hands back the whole section."""

    section: ClassVar[str]
    collection: ClassVar[str]
    noun: ClassVar[str]
    letter: ClassVar[str]

    def __init__(self, dossier: Dossier, identifier: str, offers: Offers, **kwargs: Any) -> None:
        self.whole = getattr(dossier, self.section)
        item = next(item for item in getattr(self.whole, self.collection) if item.id == identifier)
        super().__init__(dossier, item, offers, **kwargs)

    def content(self) -> Any:
        """Return the section with this item as typed."""
        typed = super().content()
        items = tuple(typed if item.id == typed.id else item for item in getattr(self.whole, self.collection))
        return dataclasses.replace(self.whole, **{self.collection: items})

    @classmethod
    def holds(cls, dossier: Dossier, identifier: str) -> bool:
        """Say whether there is such an item."""
        items = getattr(getattr(dossier, cls.section), cls.collection)
        return any(item.id == identifier for item in items)

    @classmethod
    def with_new(cls, section: Any) -> tuple[Any, str]:
        """Return the section with one more empty item, and the item's identifier."""
        items = getattr(section, cls.collection)
        identifier = new_id(cls.letter, [item.id for item in items])
        kind = cls.main.__annotations__["item"]
        return dataclasses.replace(section, **{cls.collection: (*items, kind(id=identifier))}), identifier

    @classmethod
    def without(cls, section: Any, identifier: str) -> Any:
        """Return the section without one item."""
        items = tuple(item for item in getattr(section, cls.collection) if item.id != identifier)
        return dataclasses.replace(section, **{cls.collection: items})


class OptionEditor(ItemEditor):
    """One option."""

    section, collection, noun, letter = "options", "options", "option", "o"
    main = options.OptionForm
    lists = (EVIDENCE,)

    def is_valid(self) -> bool:
        """Refuse also what only the other options show: a name taken, a second option that changes nothing."""
        valid = super().is_valid()
        others = [option for option in self.whole.options if option.id != self.item.id]
        for field, sentence in options.clashes(self.form.cleaned_data if self.form else {}, others):
            self.form.add_error(field, sentence)  # type: ignore[union-attr]
            valid = False
        return valid


class ScenarioEditor(ItemEditor):
    """One scenario."""

    section, collection, noun, letter = "risks", "scenarios", "scenario", "w"
    main = risks.ScenarioForm
    lists = (
        ListSpec(
            "escalation",
            risks.EscalationRows,
            "Escalation path",
            "Add a step",
            "Whom it goes to when nobody answers, one after the other.",
            "table",
        ),
    )


class AssumptionEditor(ItemEditor):
    """One assumption."""

    section, collection, noun, letter = "criteria", "assumptions", "assumption", "a"
    main = assumptions.AssumptionForm
    lists = (
        ListSpec(
            "conditions",
            conditions.BreakConditionRows,
            "Break conditions",
            "Add a condition",
            "The assumption is broken as soon as one of them is. Each is replayed over its metric's past as you write.",
            "condition",
        ),
        EVIDENCE,
    )


SECTION_EDITORS: dict[str, type[Editor]] = {
    "frame": FrameEditor,
    "background": BackgroundEditor,
    "metrics": MetricsEditor,
    "constraints": ProseEditor,
    "bottlenecks": ProseEditor,
    "options": OptionsEditor,
    "impacts": ImpactsEditor,
    "costs": CostsEditor,
    "risks": RisksEditor,
    "criteria": CriteriaEditor,
    "recommendation": RecommendationEditor,
    "schedule": ScheduleEditor,
}
ITEM_EDITORS: dict[str, type[ItemEditor]] = {
    "options": OptionEditor,
    "risks": ScenarioEditor,
    "criteria": AssumptionEditor,
}


def section_editor(key: str, dossier: Dossier, offers: Offers, **kwargs: Any) -> Editor:
    """Return the editor of a whole section or of the frame; KeyError when there is none."""
    return SECTION_EDITORS[key](dossier, getattr(dossier, key), offers, **kwargs)
