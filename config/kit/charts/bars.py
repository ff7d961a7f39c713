"""Bars and ranges by name: one row a thing, names on the left, numbers on the right."""

from collections.abc import Iterator, Sequence

from django.utils.safestring import SafeString

from config.kit.charts import ink
from config.kit.charts.ink import at, finite, fit, label, rule, text_width
from config.kit.charts.scale import Scale, domain, nice_ticks, number_text, tick_texts

ROW = 28.0
TOP = 8.0


def bar_chart(
    rows: Sequence[tuple[str, float]],
    *,
    title: str,
    description: str,
    unit: str = "",
    highlight: str = "",
    narrow: bool = False,
) -> SafeString:
    """Draw (name, value) as bars from zero; the row named `highlight` stands out."""
    width = 360.0 if narrow else 720.0
    known = [(name, finite(value)) for name, value in rows]
    texts = ["—" if value is None else _with_unit(value, unit) for _, value in known]
    left = _names(known, width)
    right = width - max(map(text_width, texts), default=0) - 10
    values = [value for _, value in known if value is not None]
    low, high = min([0.0, *values]), max([0.0, *values])
    x = Scale(low, high if high > low else low + 1, left, max(right, left + 40))
    parts: list[str] = []
    for index, ((name, value), text) in enumerate(zip(known, texts, strict=True)):
        y = TOP + index * ROW
        strong = name == highlight
        parts.append(_name(name, left, y, strong))
        if value is not None:
            begin, end = sorted((x(0.0), x(value)))
            kind, fill = ("bar", ink.ACCENT) if strong or not highlight else ("muted", ink.EDGE)
            size = f'width="{at(max(end - begin, 1))}" height="{at(ROW - 12)}"'
            parts.append(f'<rect class="{kind}" x="{at(begin)}" y="{at(y + 4)}" {size} rx="2" fill="{fill}"/>')
        # A negative bar ends left of zero; its number still stands in the column on the right.
        place = x(max(value or 0.0, 0.0)) + 6
        parts.append(label(place, y + ROW / 2 + 3, text, tone="strong" if strong else "", bold=strong))
    height = TOP + max(1, len(known)) * ROW
    if low < 0:
        parts.append(rule(x(0.0), TOP, x(0.0), height - 4, "axis"))
    if not known:
        parts.append(label(width / 2, height - 12, "Nothing to show yet", anchor="middle"))
    return ink.document(parts, width=width, height=height, title=title, description=description)


def dot_plot(
    rows: Sequence[tuple[str, float, float, float]],
    *,
    title: str,
    description: str,
    unit: str = "",
    narrow: bool = False,
) -> SafeString:
    """Draw (name, low, likely, high) as a line with a dot, over one axis."""
    width = 360.0 if narrow else 720.0
    known = [(name, tuple(map(finite, ends))) for name, *ends in rows]
    values = [end for _, ends in known for end in ends if end is not None]
    left = _names(known, width)
    x = Scale(*domain(values), left + 6, width - 18)
    height = TOP + max(1, len(known)) * ROW + 24
    parts = list(_axis(x, height, unit, 4 if narrow else 6))
    for index, (name, (low, likely, high)) in enumerate(known):
        y = TOP + index * ROW + ROW / 2
        parts.append(_name(name, left, y - ROW / 2, False))
        if low is not None and high is not None:
            begin, end = x(low), x(high)
            parts.append(
                f'<line class="range" x1="{at(begin)}" y1="{at(y)}" x2="{at(end)}" y2="{at(y)}" stroke="{ink.ACCENT}"'
                ' stroke-width="3" stroke-opacity="0.45" stroke-linecap="round"/>'
            )
        if likely is not None:
            tip = ink.clean(f"{name}: {_with_unit(likely, unit)}")
            place = f'cx="{at(x(likely))}" cy="{at(y)}"'
            parts.append(f'<circle class="dot" {place} r="5" fill="{ink.ACCENT}"><title>{tip}</title></circle>')
    if not known:
        parts.append(label(width / 2, TOP + ROW / 2, "Nothing to show yet", anchor="middle"))
    return ink.document(parts, width=width, height=height, title=title, description=description)


def _axis(x: Scale, height: float, unit: str, most: int) -> Iterator[str]:
    ticks = nice_ticks(x.low, x.high, most)
    end = -1e9
    for tick, text in zip(ticks, tick_texts(ticks, unit), strict=True):
        place, half = x(tick), text_width(text) / 2
        yield rule(place, TOP, place, height - 20, "grid")
        if place - half > end and place + half <= x.end + 18:
            yield label(place, height - 6, text, anchor="middle")
            end = place + half + 8


def _names(rows: Sequence[tuple[str, object]], width: float) -> float:
    """Return where the bars begin: right of the longest name, but never past two fifths of the paper."""
    return min(max((text_width(name) for name, _ in rows), default=0) + 12, width * 0.4)


def _name(name: str, left: float, y: float, strong: bool) -> str:
    short = fit(name, left - 12)
    return label(0, y + ROW / 2 + 3, short, tone="strong" if strong else "", full=name, bold=strong, fill=ink.INK)


def _with_unit(value: float, unit: str) -> str:
    text = number_text(value)
    return text + unit if unit == "%" else f"{text} {unit}".rstrip()
