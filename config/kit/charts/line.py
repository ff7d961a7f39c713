"""The line chart: values over days, with levels, a band, marks and shaded periods."""

from collections.abc import Sequence

from django.utils.safestring import SafeString

from config.kit.charts import ink
from config.kit.charts.plot import Plot, Points, Shaded
from config.kit.charts.scale import number_text
from config.kit.charts.shapes import Band, Figure, Level, Mark
from config.kit.days import day_text

TABLE_ROWS = 60


def line_chart(
    points: Points,
    *,
    title: str,
    description: str,
    unit: str = "",
    levels: Sequence[Level] = (),
    marks: Sequence[Mark] = (),
    band: Band | None = None,
    shaded: Shaded = (),
    narrow: bool = False,
) -> SafeString:
    """Draw values over days (None is a gap); narrow is for phones: 360 units wide instead of 720."""
    plot = Plot(points, unit, levels, marks, band, shaded, narrow)
    return ink.document(list(plot.parts()), width=plot.width, height=plot.height, title=title, description=description)


def line_figure(
    points: Points,
    *,
    title: str,
    description: str,
    unit: str = "",
    levels: Sequence[Level] = (),
    marks: Sequence[Mark] = (),
    band: Band | None = None,
    shaded: Shaded = (),
    value_name: str = "Value",
) -> Figure:
    """Return the chart in both widths with the newest values as a table."""
    both = {"title": title, "description": description, "unit": unit}
    wide, narrow = (
        line_chart(points, levels=levels, marks=marks, band=band, shaded=shaded, narrow=slim, **both)
        for slim in (False, True)
    )
    rows = [
        (day_text(day), "no value" if value is None else number_text(value))
        for day, value in list(points)[: -TABLE_ROWS - 1 : -1]
    ]
    name = f"{value_name} ({unit})" if unit else value_name
    return Figure(title, wide, narrow, ("Period from", name), rows)
