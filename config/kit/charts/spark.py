"""The sparkline: a series at the size of a word."""

from collections.abc import Sequence

from django.utils.safestring import SafeString

from config.kit.charts import ink
from config.kit.charts.ink import at, finite
from config.kit.charts.scale import Scale, domain
from config.kit.charts.thin import thin

WIDTH, HEIGHT = 96.0, 24.0


def sparkline(values: Sequence[float | None], *, title: str) -> SafeString:
    """Draw the series without axes; gaps stay gaps, the last value carries a dot."""
    known = [finite(value) for value in values]
    y = Scale(*domain(value for value in known if value is not None), HEIGHT - 3, 3)
    step = (WIDTH - 8) / max(1, len(known) - 1)
    places = [(4 + index * step, None if value is None else y(value)) for index, value in enumerate(known)]
    drawn = thin(places, 48)
    parts: list[str] = []
    pen_down = False
    data = ""
    for x, height in drawn:
        if height is None:
            pen_down = False
            continue
        data += f"{'L' if pen_down else 'M'}{at(x)} {at(height)}" + ("" if pen_down else "h0")
        pen_down = True
    if data:
        parts.append(
            f'<path class="line" d="{data}" fill="none" stroke="{ink.ACCENT}" stroke-width="1.5"'
            ' stroke-linejoin="round" stroke-linecap="round"/>'
        )
        x, height = next((x, height) for x, height in reversed(drawn) if height is not None)
        parts.append(f'<circle class="dot" cx="{at(x)}" cy="{at(height)}" r="2.5" fill="{ink.ACCENT}"/>')
    return ink.document(parts, width=WIDTH, height=HEIGHT, title=title, description="", kind="chart spark")
