"""Server-drawn SVG charts: small, accessible, the same bytes for the same data, for the screen and for print."""

from config.kit.charts.bars import bar_chart, dot_plot
from config.kit.charts.curve import curve_chart
from config.kit.charts.graph import state_graph
from config.kit.charts.line import line_chart, line_figure
from config.kit.charts.panels import Panel, panel_figure
from config.kit.charts.shapes import Band, Figure, Level, Mark
from config.kit.charts.spark import sparkline
from config.kit.charts.strips import Strip, strip_figure, weight_strips

__all__ = [
    "Band",
    "Figure",
    "Level",
    "Mark",
    "Panel",
    "Strip",
    "bar_chart",
    "curve_chart",
    "dot_plot",
    "line_chart",
    "line_figure",
    "panel_figure",
    "sparkline",
    "state_graph",
    "strip_figure",
    "weight_strips",
]
