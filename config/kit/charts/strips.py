"""Weight strips: for each criterion, over which weights the present leader stays ahead, and who leads beyond."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from config.kit.charts import ink
from config.kit.charts.ink import at, clean, fit, label, text_width
from config.kit.charts.scale import Scale
from config.kit.charts.shapes import Figure

ROW = 50.0
TOP = 4.0
TRACK = 10.0


@dataclass(frozen=True)
class Strip:
    """One criterion: its share of the whole weight now, and the shares at which somebody else takes the lead."""

    name: str
    now: float
    turns: Sequence[tuple[float, str]] = ()

    @property
    def nearest(self) -> list[tuple[float, str]]:
        """Return the turning point next below and the one next above what the weight is now."""
        below = max((turn for turn in self.turns if turn[0] < self.now), default=None)
        above = min((turn for turn in self.turns if turn[0] >= self.now), default=None)
        return [turn for turn in (below, above) if turn]


def weight_strips(
    strips: Sequence[Strip], *, title: str, description: str, leader: str = "", narrow: bool = False
) -> SafeString:
    """Draw a track from 0 to 100 % for each criterion; filled where `leader` stays ahead."""
    width = 360.0 if narrow else 720.0
    # A phone has no room beside the tracks: there the names stand above them.
    above = 18.0 if narrow else 0.0
    left = 2.0 if narrow else min(max((text_width(strip.name) for strip in strips), default=0) + 14, width * 0.3)
    x = Scale(0.0, 1.0, left, width - 14)
    parts: list[str] = []
    for index, strip in enumerate(strips):
        top = TOP + index * (ROW + above)
        name = fit(strip.name, width - 4 if narrow else left - 12)
        parts.append(label(0, top + (11 if narrow else 26), name, full=strip.name, fill=ink.INK, bold=narrow))
        parts += _row(strip, top + above, x)
    height = TOP + max(1, len(strips)) * (ROW + above)
    if not strips:
        parts.append(label(width / 2, height / 2, "Nothing to show yet", anchor="middle"))
    elif leader:
        parts.append(
            f'<rect class="bar" x="{at(left)}" y="{at(height + 4)}" width="10" height="10" fill="{ink.ACCENT}"/>'
        )
        parts.append(label(left + 16, height + 13, fit(f"{leader} leads", width - left - 20), full=f"{leader} leads"))
        height += 20
    return ink.document(parts, width=width, height=height, title=title, description=description)


def strip_figure(strips: Sequence[Strip], *, title: str, description: str, leader: str = "") -> Figure:
    """Return the strips in both widths with the turning points as a table."""
    wide, narrow = (
        weight_strips(strips, title=title, description=description, leader=leader, narrow=slim)
        for slim in (False, True)
    )
    rows = [
        (
            strip.name,
            _percent(strip.now),
            "; ".join(f"{_percent(share)}: {name}" for share, name in strip.turns) or "never",
        )
        for strip in strips
    ]
    return Figure(title, wide, narrow, ("Criterion", "Weight now", "The lead changes at"), rows)


def _percent(share: float) -> str:
    return f"{share:.0%}"


def _row(strip: Strip, y: float, x: Scale) -> Iterator[str]:
    track = y + 17
    now = x(min(1.0, max(0.0, strip.now)))
    yield _piece("bar", x.start, x.end, track)
    for share, leader in strip.nearest:
        turn = x(min(1.0, max(0.0, share)))
        begin, end = (turn, x.end) if share >= strip.now else (x.start, turn)
        yield _piece("muted", begin, end, track, f"{leader} leads here")
        most = (x.end - x.start) * 0.48
        words = fit(leader, most)
        place, anchor = (x.end, "end") if share >= strip.now else (x.start, "start")
        yield label(place, track + 24, words, anchor=anchor, full=leader)
    if not strip.turns:
        yield label(x.start, track + 24, "No weight changes the leader.")
    yield f'<path class="now" d="M{at(now)} {at(track - 4)}v{at(TRACK + 8)}" stroke="{ink.INK}" stroke-width="2.5"/>'
    yield from _numbers(strip, track - 7, x, now)


def _piece(kind: str, begin: float, end: float, top: float, tip: str = "") -> str:
    size = f'x="{at(begin)}" y="{at(top)}" width="{at(max(0.0, end - begin))}" height="{at(TRACK)}"'
    title = f"<title>{clean(tip)}</title>" if tip else ""
    fill = ink.ACCENT if kind == "bar" else ink.EDGE
    return f'<rect class="{kind}" {size} fill="{fill}">{title}</rect>'


def _numbers(strip: Strip, y: float, x: Scale, now: float) -> Iterator[str]:
    """Yield the weight now, and each turning point beside it where there is room."""
    text = f"now {_percent(strip.now)}"
    half = text_width(text) / 2 * 1.06
    middle = min(max(now, x.start + half), x.end - half)
    yield label(middle, y, text, anchor="middle", tone="strong", fill=ink.INK, bold=True)
    for share, _ in strip.nearest:
        words = _percent(share)
        reach = text_width(words) / 2
        ahead = share >= strip.now
        place = max(x(share), middle + half + reach + 6) if ahead else min(x(share), middle - half - reach - 6)
        if x.start - 4 <= place - reach and place + reach <= x.end + 14:
            yield label(place, y, words, anchor="middle")
