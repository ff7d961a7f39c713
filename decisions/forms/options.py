"""Section 5: one option, and the text above the options."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from decisions.domain.dossier import Option
from decisions.forms import fields
from decisions.forms.items import ItemForm


class OptionsForm(ItemForm):
    """The text of the section."""

    text = fields.prose("What the options have in common", rows=3)


class OptionForm(ItemForm):
    """One way to go, to the depth that every option needs."""

    item: Option

    name = fields.line("Name", **fields.WIDE)
    summary = fields.prose("Summary", "What would be done.", rows=3)
    changes_nothing = fields.tick("This option changes nothing: what happens anyway")
    resources = fields.prose("Resources", "People, teams, tools, for how long.", rows=2)
    complexity = fields.whole("Complexity, 1 to 5", "1 is simple, 5 is hard.", (Option, "complexity"))
    complexity_reason = fields.prose("Why this complexity", rows=2)
    position = fields.number(
        "Position on the trade-off, 0 to 100", "0 is wholly the first pole, 100 the second.", (Option, "position")
    )
    position_reason = fields.prose("Why this position", rows=2)
    signal__text = fields.line("Quantitative signal", "The number that would show it is working.", **fields.WIDE)
    signal__metric = fields.metric("Metric of the signal, where there is one")
    signal__bound = fields.number("Bound of the signal")
    risk_indicator__text = fields.line("Risk indicator", "The number that would show it is going wrong.", **fields.WIDE)
    risk_indicator__metric = fields.metric("Metric of the indicator, where there is one")
    risk_indicator__bound = fields.number("Bound of the indicator")


def clashes(typed: Mapping[str, Any], others: Sequence[Option]) -> Iterator[tuple[str, str]]:
    """Yield (field, sentence) for what cannot be typed beside the other options."""
    name = (typed.get("name") or "").strip().casefold()
    if name and any(option.name.strip().casefold() == name for option in others):
        yield "name", "Another option has this name; names must differ."
    marked = next((option for option in others if option.changes_nothing), None)
    if typed.get("changes_nothing") and marked:
        yield "changes_nothing", f"“{marked.name or marked.id}” is the option that changes nothing already."
