"""Sections 6 and 7 as tables: a row or cell for every option that the dossier names, never for one that was posted."""

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from decisions.domain.dossier import Cost, Dossier, Impact, Option, SuccessMetric
from decisions.forms import impacts
from decisions.forms.editor import ListSpec, Part, SectionEditor
from decisions.forms.items import ItemForm
from decisions.forms.offers import Offers

CELLS_AT_ONCE = 24
"""More impact cells than this are shown one option at a time."""


@dataclass
class Line:
    """One row of a table of forms; `group` heads the rows that belong together."""

    label: str
    form: ItemForm
    group: str = ""
    unit: str = ""


def label(option: Option) -> str:
    """Return what people call an option."""
    return option.name or f"Option {option.id}"


class TableEditor(SectionEditor):
    """A section whose main part is one form per row."""

    table_title = ""
    table_help = ""
    columns: tuple[str, ...] = ()

    def __init__(self, dossier: Dossier, item: Any, offers: Offers, **kwargs: Any) -> None:
        super().__init__(dossier, item, offers, **kwargs)
        self.table = list(self.rows())

    def rows(self) -> Iterator[Line]:
        """Yield the rows."""
        raise NotImplementedError

    def pieces(self) -> Iterator[Any]:
        """Yield the cells' forms too."""
        yield from super().pieces()
        yield from (line.form for line in self.table)

    def parts(self) -> Iterator[Part]:
        """Yield the table after the main form."""
        first, *rest = super().parts()
        yield first
        yield Part("table", self.table_title, self.table_help, rows=self.table, spec=self.columns, name="table")
        yield from rest


class ImpactsEditor(TableEditor):
    """Section 6; when the table grows large, `only` names the one option shown."""

    main = impacts.ImpactsForm
    lists = (ListSpec("side_effects", impacts.SideEffectRows, "Side effects", "Add a side effect"),)
    table_title = "Expected impact"
    table_help = "The change against the baseline over the horizon, in the metric's unit: 4 is four more, -4 four less."
    columns = ("Low", "Likely", "High", "Note")

    def __init__(self, dossier: Dossier, item: Any, offers: Offers, *, only: str = "", **kwargs: Any) -> None:
        every, goals = dossier.options.options, dossier.metrics.success_metrics
        self.split = len(every) * len(goals) > CELLS_AT_ONCE
        chosen = [option for option in every if option.id == only] or every[:1]
        self.shown: Sequence[Option] = chosen if self.split else every
        super().__init__(dossier, item, offers, **kwargs)

    def rows(self) -> Iterator[Line]:
        """Yield one row per option shown and success metric."""
        stored = {(cell.option, cell.success_metric): cell for cell in self.item.impacts}
        for option in self.shown:
            for goal in self.dossier.metrics.success_metrics:
                cell = stored.get((option.id, goal.id)) or Impact(option=option.id, success_metric=goal.id)
                form = impacts.ImpactForm(
                    self.data, offers=self.offers, item=cell, prefix=f"impact-{option.id}-{goal.id}"
                )
                yield self._line(goal, form, option)

    def _line(self, goal: SuccessMetric, form: ItemForm, option: Option) -> Line:
        offer = self.offers.metrics.get(goal.metric)
        name, unit = (offer.name, offer.unit) if offer else (goal.metric or "Metric not chosen yet", "")
        return Line(name, form, label(option), unit)

    def content(self) -> Any:
        """Return the section; cells of options not shown stay, cells of what no longer exists go."""
        typed = [line.form.content() for line in self.table]
        options = {option.id for option in self.dossier.options.options}
        goals = {goal.id for goal in self.dossier.metrics.success_metrics}
        shown = {option.id for option in self.shown}
        kept = [cell for cell in self.item.impacts if cell.option in options - shown and cell.success_metric in goals]
        filled = [c for c in typed if c != Impact(option=c.option, success_metric=c.success_metric)]
        return dataclasses.replace(super().content(), impacts=(*kept, *filled))


class CostsEditor(TableEditor):
    """Section 7."""

    main = impacts.CostsForm
    table_title = "Cost and effort"
    table_help = "Over the horizon; the same currency for all."
    columns = ("Cost: low", "likely", "high", "Person-days: low", "likely", "high", "Note")

    def rows(self) -> Iterator[Line]:
        """Yield one row per option."""
        stored = {cost.option: cost for cost in self.item.costs}
        for option in self.dossier.options.options:
            cost = stored.get(option.id) or Cost(option=option.id)
            form = impacts.CostForm(self.data, offers=self.offers, item=cost, prefix=f"cost-{option.id}")
            yield Line(label(option), form)

    def content(self) -> Any:
        """Return the section without rows that say nothing."""
        typed = [line.form.content() for line in self.table]
        filled = tuple(cost for cost in typed if cost != Cost(option=cost.option))
        return dataclasses.replace(super().content(), costs=filled)
