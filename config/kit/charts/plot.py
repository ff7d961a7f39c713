"""Laying out a line chart: scales, grid, levels, series and marks, from back to front."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from config.kit.charts import ink
from config.kit.charts.ink import at, clean, finite, label, rule, text_width
from config.kit.charts.labels import Box, crowded_out, place_beside, spread
from config.kit.charts.scale import Scale, day_ticks, domain, nice_ticks, number_text, tick_texts
from config.kit.charts.shapes import Band, Level, Mark
from config.kit.charts.thin import thin

DASHES = {"limit": "2 3", "mean": "6 3", "reference": "6 3"}
DOTS_UP_TO = 70

Shaded = Sequence[tuple[date, date]]
Points = Sequence[tuple[date, float | None]]


@dataclass(frozen=True)
class Plot:
    """One line chart being laid out."""

    points: Points
    unit: str
    levels: Sequence[Level]
    marks: Sequence[Mark]
    band: Band | None
    shaded: Shaded
    narrow: bool

    top = 22.0

    @property
    def width(self) -> float:
        """Return the width of the paper."""
        return 360.0 if self.narrow else 720.0

    @property
    def height(self) -> float:
        """Return the height of the paper."""
        return 230.0 if self.narrow else 270.0

    @property
    def bottom(self) -> float:
        """Return where the axis of days lies."""
        return self.height - 24

    @cached_property
    def known(self) -> list[tuple[date, float | None]]:
        """Return the points with what no axis can show taken for gaps."""
        return sorted(((day, finite(value)) for day, value in self.points), key=lambda point: point[0])

    @cached_property
    def side_labels(self) -> list[tuple[float, str, str]]:
        """Return (value, text, tone) of what is named on the right, from the top down, as far as there is room."""
        named = [
            (value, level.label, level.tone) for level in self.levels if (value := finite(level.value)) is not None
        ]
        if self.band and self.band.label and self.band.points:
            _, low, high = self.band.points[-1]
            if (low_end := finite(low)) is not None and (high_end := finite(high)) is not None:
                named.append((low_end / 2 + high_end / 2, self.band.label, "band"))
        named = [each for each in named if each[1]]
        out = crowded_out([tone for _, _, tone in named], self.bottom - self.top)
        return sorted((each for index, each in enumerate(named) if index not in out), key=lambda each: -each[0])

    @cached_property
    def y(self) -> Scale:
        """Return the scale of values."""
        values = [value for _, value in self.known if value is not None]
        values += [value for level in self.levels if (value := finite(level.value)) is not None]
        values += [value for mark in self.marks if (value := finite(mark.value)) is not None]
        for _, low, high in [*self.band.points, *self.band.outer] if self.band else ():
            values += [value for end in (low, high) if (value := finite(end)) is not None]
        return Scale(*domain(values), self.bottom, self.top)

    @cached_property
    def ticks(self) -> list[tuple[float, str]]:
        """Return values to name on the left, with their names."""
        ticks = nice_ticks(self.y.low, self.y.high, 5 if self.narrow else 6)
        return list(zip(ticks, tick_texts(ticks, self.unit), strict=True))

    @cached_property
    def left(self) -> float:
        """Return where the plot begins: right of the widest name of a value."""
        return max((text_width(text) for _, text in self.ticks), default=0) + 10

    @cached_property
    def right(self) -> float:
        """Return where the plot ends: left of the widest label."""
        most = 110.0 if self.narrow else 170.0
        widest = max((text_width(text) for _, text, _ in self.side_labels), default=0)
        return self.width - (min(widest, most) + 14 if widest else 10)

    @cached_property
    def x(self) -> Scale | None:
        """Return the scale of days (ordinals), or None when there is no day to show."""
        days = [day for day, _ in self.known]
        days += [day for day, _, _ in self.band.points] if self.band else []
        days += [mark.at for mark in self.marks if not days]
        if not days:
            return None
        first, last = min(days).toordinal(), max(days).toordinal()
        if first == last:
            return Scale(first - 1, last + 1, self.left, self.right)
        return Scale(first, last, self.left + 4, self.right - 4)

    def parts(self) -> Iterator[str]:
        """Yield the pieces from back to front."""
        yield from self._shades()
        yield from self._grid()
        yield from self._band()
        yield from self._levels()
        yield from self._series()
        yield from self._marks()

    def _shades(self) -> Iterator[str]:
        if not self.x:
            return
        for begin, end in self.shaded:
            start, stop = (self.x(min(max(day.toordinal(), self.x.low), self.x.high)) for day in (begin, end))
            if start == stop and not self.x.low <= begin.toordinal() <= self.x.high:
                continue
            width = max(stop - start, 3)
            yield (
                f'<rect class="shade" x="{at(min(start, self.right - width))}" y="{at(self.top)}" width="{at(width)}"'
                f' height="{at(self.bottom - self.top)}" fill="{ink.BAD_SOFT}"/>'
            )

    @property
    def unit_shown(self) -> str:
        """What stands above the scale; percent stands at each of its figures."""
        return "" if self.unit == "%" else ink.fit(self.unit, self.width - 4)

    def _grid(self) -> Iterator[str]:
        for value, text in self.ticks if self.x or self.levels else ():
            y = self.y(value)
            yield rule(self.left, y, self.right, y, "grid")
            yield label(self.left - 6, y + 4, text, anchor="end")
        if self.unit_shown:
            yield label(2, 12, self.unit_shown, full=self.unit)
        yield rule(self.left, self.bottom, self.right, self.bottom, "axis")
        if not self.x:
            yield label((self.left + self.right) / 2, self.bottom - 8, "No values yet", anchor="middle")
            return
        yield from self._days(self.x)

    def _days(self, x: Scale) -> Iterator[str]:
        first, last = date.fromordinal(max(1, int(x.low))), date.fromordinal(min(date.max.toordinal(), int(x.high)))
        if (last - first).days == 2 and len({day for day, _ in self.known}) == 1:
            first = last = self.known[0][0]
        for day, text in day_ticks(first, last, x):
            place = x(day.toordinal())
            half = text_width(text) / 2
            yield rule(place, self.bottom, place, self.bottom + 4, "axis")
            yield label(min(max(place, half), self.width - half), self.bottom + 17, text, anchor="middle")

    def _band(self) -> Iterator[str]:
        if not (self.band and self.x):
            return
        for area, opacity in ((self.band.outer, "0.1"), (self.band.points, "0.16")):
            edges = [
                (self.x(day.toordinal()), self.y(low_end), self.y(high_end))
                for day, low, high in area
                if (low_end := finite(low)) is not None and (high_end := finite(high)) is not None
            ]
            if len(edges) > 1:
                upper = "L".join(f"{at(x)} {at(high)}" for x, _, high in edges)
                lower = "L".join(f"{at(x)} {at(low)}" for x, low, _ in reversed(edges))
                yield f'<path class="band" d="M{upper}L{lower}Z" fill="{ink.ACCENT}" fill-opacity="{opacity}"/>'
        middle = [
            (self.x(day.toordinal()), None if finite(value) is None else self.y(value))
            for day, value in self.band.middle
        ]
        if middle:
            yield (
                f'<path class="line" d="{_path(middle)}" fill="none" stroke="{ink.ACCENT}" stroke-width="1.25"'
                ' stroke-dasharray="3 3"/>'
            )

    def _levels(self) -> Iterator[str]:
        for level in self.levels:
            if (value := finite(level.value)) is not None:
                tone = level.tone if level.tone in ink.TONES else "reference"
                y, width = self.y(value), "1.5" if tone in {"break", "target"} else "1"
                dash = DASHES.get(tone, "")
                yield rule(self.left, y, self.right, y, f"level {tone}", stroke=ink.TONES[tone], dash=dash, width=width)
        wanted = [self.y(value) for value, _, _ in self.side_labels]
        for (value, text, tone), y in zip(self.side_labels, spread(wanted, self.top, self.bottom - 4), strict=True):
            if abs(y - self.y(value)) > 1.5:
                yield rule(self.right, self.y(value), self.right + 6, y, "grid")
            short = ink.fit(text, self.width - self.right - 9)
            yield label(
                self.right + 8,
                y + 4,
                short,
                tone=tone if tone in {"break", "target"} else "",
                fill=ink.TONES.get(tone, ink.QUIET),
                full=text,
            )

    @cached_property
    def drawn(self) -> list[tuple[float, float | None]]:
        """Return the series in paper units, thinned to what can be told apart; None is a gap."""
        if not self.x:
            return []
        places = [(self.x(day.toordinal()), None if value is None else self.y(value)) for day, value in self.known]
        return thin(places, int((self.right - self.left) / 2))

    def _series(self) -> Iterator[str]:
        known = [(x, y) for x, y in self.drawn if y is not None]
        if not known:
            return
        yield (
            f'<path class="line" d="{_path(self.drawn)}" fill="none" stroke="{ink.ACCENT}" stroke-width="1.75"'
            ' stroke-linejoin="round" stroke-linecap="round"/>'
        )
        crowded = len(known) > (DOTS_UP_TO // 2 if self.narrow else DOTS_UP_TO)
        if not crowded and not self.narrow and self.x:
            yield from self._tips(self.x)
        elif not crowded:
            # One path of points instead of a circle each keeps the page small.
            dots = "".join(f"M{at(x)} {at(y)}h0" for x, y in known)
            yield f'<path class="line" d="{dots}" stroke="{ink.ACCENT}" stroke-width="4.5" stroke-linecap="round"/>'
        x, y = known[-1]
        yield f'<circle class="dot" cx="{at(x)}" cy="{at(y)}" r="3.5" fill="{ink.ACCENT}"/>'

    def _tips(self, x: Callable[[float], float]) -> Iterator[str]:
        suffix = self.unit if self.unit == "%" else f" {self.unit}".rstrip()
        yield f'<g class="dots" fill="{ink.ACCENT}">'
        for day, value in self.known:
            if value is not None:
                tip = clean(f"{day.day} {day:%b %Y}: {number_text(value)}{suffix}")
                place = f'cx="{at(x(day.toordinal()))}" cy="{at(self.y(value))}"'
                yield f'<circle {place} r="2.25"><title>{tip}</title></circle>'
        yield "</g>"

    def _marks(self) -> Iterator[str]:
        if not self.x:
            return
        area = Box(self.left + 2, self.top - 14, self.right - 2, self.bottom - 2)
        line = [(x, y) for x, y in self.drawn if y is not None]
        # The unit's label stands above the scale, where a mark on the first value may want to stand too.
        taken = [Box(2, 0, 2 + ink.text_width(self.unit_shown) * 1.06, 16)] if self.unit_shown else []
        levels = [self.y(value) for level in self.levels if (value := finite(level.value)) is not None]
        for mark in self.marks:
            value = finite(mark.value)
            if value is None or not self.x.low <= mark.at.toordinal() <= self.x.high:
                continue
            x, y = self.x(mark.at.toordinal()), self.y(value)
            tone = mark.tone if mark.tone in ink.TONES else "info"
            fill = ink.TONES[tone]
            tip = clean(f"{mark.label}, {mark.at.day} {mark.at:%b %Y}: {number_text(value)}")
            place = f'class="mark {tone}" cx="{at(x)}" cy="{at(y)}"'
            yield f'<circle {place} r="4.5" fill="{fill}"><title>{tip}</title></circle>'
            box = place_beside(mark.label, x, y, area=area, taken=taken, points=line, levels=levels)
            if mark.label and box:
                taken.append(box)
                yield label(box.left, box.bottom - 3.5, mark.label, tone=tone, fill=fill, bold=True)


def _path(points: Sequence[tuple[float, float | None]]) -> str:
    """Return path data with a new start after each gap; a lone point becomes a dot by its round caps."""
    pieces: list[str] = []
    pen_down = False
    for x, y in points:
        if y is None:
            pen_down = False
        else:
            pieces.append(f"{'L' if pen_down else 'M'}{at(x)} {at(y)}" + ("" if pen_down else "h0"))
            pen_down = True
    return "".join(pieces)
