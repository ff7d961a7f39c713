"""A small chart of a function: what a quantity is worth, with the points that matter on the line."""

from collections.abc import Sequence

from django.utils.safestring import SafeString

from config.kit.charts import ink
from config.kit.charts.ink import at, clean, label, rule
from config.kit.charts.scale import Scale, nice_ticks, tick_texts

WIDTH, HEIGHT = 360.0, 150.0
LEFT, RIGHT, TOP, BOTTOM = 34.0, 12.0, 10.0, 24.0

Point = tuple[float, float]


def curve_chart(
    corners: Sequence[Point], marks: Sequence[tuple[float, float, str]] = (), *, title: str, description: str
) -> SafeString:
    """Draw straight lines between corners (x rising, y 0–100) and a dot with a tooltip for each mark (x, y, name)."""
    reach = [x for x, _ in corners] + [x for x, _, _ in marks]
    low, high = (min(reach), max(reach)) if reach else (0.0, 1.0)
    if high <= low:
        low, high = low - 1.0, high + 1.0
    x, y = Scale(low, high, LEFT, WIDTH - RIGHT), Scale(0.0, 100.0, HEIGHT - BOTTOM, TOP)
    parts = []
    for value in (0.0, 50.0, 100.0):
        parts.append(rule(LEFT, y(value), WIDTH - RIGHT, y(value), "grid"))
        parts.append(label(LEFT - 6, y(value) + 4, f"{value:.0f}", anchor="end"))
    ticks = nice_ticks(low, high, 4)
    for tick, text in zip(ticks, tick_texts(ticks), strict=True):
        anchor = "end" if x(tick) > WIDTH - 30 else "middle"
        parts.append(label(x(tick), HEIGHT - 6, text, anchor=anchor))
    if len(corners) > 1:
        # A score beyond the ends is worth what the end is.
        whole = [(low, corners[0][1]), *corners, (high, corners[-1][1])]
        path = "L".join(f"{at(x(px))} {at(y(py))}" for px, py in whole)
        parts.append(f'<path class="line" d="M{path}" fill="none" stroke="{ink.ACCENT}" stroke-width="2"/>')
    for px, py, name in marks:
        dot = f'cx="{at(x(px))}" cy="{at(y(py))}" r="4" fill="{ink.ACCENT}"'
        parts.append(f'<circle class="dot" {dot}><title>{clean(name)}</title></circle>')
    return ink.document(parts, width=WIDTH, height=HEIGHT, title=title, description=description, kind="chart curve")
