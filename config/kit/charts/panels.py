"""Two series over one axis of days, each in a panel with a scale of its own: never two scales in one plot."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from django.utils.safestring import SafeString

from config.kit.charts import ink
from config.kit.charts.ink import at, label, rule
from config.kit.charts.plot import Plot, Points, Shaded
from config.kit.charts.scale import Scale, day_ticks, number_text
from config.kit.charts.shapes import Figure, Level
from config.kit.days import day_text

TABLE_ROWS = 60
HEAD = 20.0  # for a panel's name


@dataclass(frozen=True)
class Panel:
    """One series: its name, its values over days (None is a gap), its unit and levels."""

    name: str
    points: Points
    unit: str = ""
    levels: Sequence[Level] = ()


@dataclass(frozen=True)
class _Panel(Plot):
    """A plot whose days, left and right edges are those of the whole drawing."""

    span: tuple[date, date] | None = None
    edges: tuple[float, float] | None = None
    last: bool = True

    @property
    def top(self) -> float:  # type: ignore[override]
        """Return where the plot begins: below the unit where one stands above the scale."""
        return 22.0 if self.unit_shown else 8.0

    @property
    def height(self) -> float:
        """Return the height of one panel; only the last names the days."""
        return (150.0 if self.narrow else 165.0) + (0 if self.last else -14.0)

    @property
    def bottom(self) -> float:
        """Return where the axis of days lies."""
        return self.height - (24 if self.last else 10)

    @cached_property
    def left(self) -> float:
        """Return where every panel begins."""
        return self.edges[0] if self.edges else super().left

    @cached_property
    def right(self) -> float:
        """Return where every panel ends."""
        return self.edges[1] if self.edges else super().right

    @cached_property
    def x(self) -> Scale | None:
        """Return the scale of days that all panels share."""
        if self.span is None or not self.known:
            return None
        first, last = (day.toordinal() for day in self.span)
        return Scale(first - (first == last), last + (first == last), self.left + 4, self.right - 4)

    def _days(self, x: Scale) -> Iterator[str]:
        if self.last:
            yield from super()._days(x)
            return
        first, last = (date.fromordinal(int(place)) for place in (x.low, x.high))
        for day, _ in day_ticks(first, last, x):
            place = x(day.toordinal())
            yield rule(place, self.bottom, place, self.bottom + 4, "axis")


def panel_figure(panels: Sequence[Panel], *, title: str, description: str, shaded: Shaded = ()) -> Figure:
    """Return the panels one above the other in both widths, with their values by day as one table."""
    wide, narrow = (_drawn(panels, title, description, shaded, narrow=slim) for slim in (False, True))
    header = ("Period from", *(f"{each.name} ({each.unit})" if each.unit else each.name for each in panels))
    by_day = [dict(each.points) for each in panels]
    days = sorted({day for points in by_day for day in points}, reverse=True)[:TABLE_ROWS]
    rows = [(day_text(day), *(_cell(points.get(day)) for points in by_day)) for day in days]
    return Figure(title, wide, narrow, header, rows)


def _cell(value: float | None) -> str:
    return "" if value is None else number_text(value)


def _drawn(panels: Sequence[Panel], title: str, description: str, shaded: Shaded, *, narrow: bool) -> SafeString:
    days = [day for each in panels for day, _ in each.points]
    span = (min(days), max(days)) if days else None
    plots = [
        _Panel(each.points, each.unit, each.levels, (), None, shaded, narrow, span=span, last=each is panels[-1])
        for each in panels
    ]
    edges = max(plot.left for plot in plots), min(plot.right for plot in plots)
    parts, down = [], 0.0
    for each, plot in zip(panels, plots, strict=True):
        name = ink.fit(each.name, plot.width - 4)
        parts.append(label(2, down + 13, name, fill=ink.INK, full=each.name, bold=True))
        body = "".join(replace(plot, edges=edges).parts())
        parts.append(f'<g transform="translate(0 {at(down + HEAD)})">{body}</g>')
        down += HEAD + plot.height
    return ink.document(parts, width=plots[0].width, height=down, title=title, description=description)
