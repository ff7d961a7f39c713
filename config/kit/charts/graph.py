"""The lifecycle as a small graph: where it is, what may follow, and which states are dead ends."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.utils.safestring import SafeString

from config.kit.charts import ink
from config.kit.charts.ink import LINE_HEIGHT, at, label, text_width

BOX = 32.0
WIDE, SLIM = 720.0, 360.0
Move = tuple[str, str, str]


def state_graph(
    states: Sequence[str], moves: Sequence[Move], *, current: str, title: str, narrow: bool = False
) -> SafeString:
    """Draw a lifecycle; a move is (from, verb, to), and verbs are named where they may follow from `current`.

    The narrow form names the path and, below, only what may follow now.
    """
    cycle = Lifecycle(tuple(states), tuple(moves), current)
    drawing = Ladder(cycle) if narrow else Map(cycle)
    parts = list(drawing.parts())
    return ink.document(
        parts, width=drawing.width, height=drawing.height, title=title, description=cycle.words, kind="chart states"
    )


@dataclass(frozen=True)
class Lifecycle:
    """States and moves, and where the thing stands."""

    states: tuple[str, ...]
    moves: tuple[Move, ...]
    current: str

    @cached_property
    def on_the_way(self) -> list[str]:
        """Return the states that something may follow."""
        sources = {source for source, _, _ in self.moves}
        return [state for state in self.states if state in sources]

    @cached_property
    def dead_ends(self) -> list[str]:
        """Return the final states, those reached earliest first."""
        final = [state for state in self.states if state not in self.on_the_way]
        return sorted(final, key=self._reached_from)

    def _reached_from(self, state: str) -> float:
        columns = [self.on_the_way.index(source) for source, _, target in self.moves if target == state]
        return sum(columns) / len(columns) if columns else len(self.on_the_way)

    @cached_property
    def edges(self) -> dict[tuple[str, str], list[str]]:
        """Return (from, to) → verbs."""
        edges: dict[tuple[str, str], list[str]] = {}
        for source, verb, target in self.moves:
            if source in self.states and target in self.states:
                edges.setdefault((source, target), []).append(verb)
        return edges

    @cached_property
    def following(self) -> dict[str, list[str]]:
        """Return what may follow now: state → verbs."""
        return {target: verbs for (source, target), verbs in self.edges.items() if source == self.current}

    @property
    def words(self) -> str:
        """Say the same for those who do not see it."""
        if not self.following:
            return f"Now: {self.current}. This state is final."
        ways = "; ".join(f"{', '.join(verbs)} leads to {target}" for target, verbs in self.following.items())
        return f"Now: {self.current}. What may follow: {ways}."


def _box(state: str, middle: float, top: float, *, kind: str, final: bool, width: float) -> str:
    """Return one state; a final one has a second line inside its edge."""
    fill, edge = (ink.ACCENT, ink.ACCENT) if kind == "current" else (ink.PAPER, ink.ACCENT if kind else ink.EDGE)
    left = middle - width / 2
    text = ink.PAPER if kind == "current" else ink.INK if kind else ink.QUIET
    inner = (
        f'<rect class="end" x="{at(left + 3)}" y="{at(top + 3)}" width="{at(width - 6)}" height="{at(BOX - 6)}" rx="4"'
        f' fill="none" stroke="{ink.PAPER if kind == "current" else ink.EDGE}" stroke-width="0.75"/>'
        if final
        else ""
    )
    return (
        f'<rect class="state-box {kind}" x="{at(left)}" y="{at(top)}" width="{at(width)}" height="{at(BOX)}" rx="6"'
        f' fill="{fill}" stroke="{edge}"/>{inner}'
        + label(middle, top + BOX / 2 + 4, state, anchor="middle", tone=kind, fill=text, bold=bool(kind))
    )


def _d(pattern: str, *numbers: float) -> str:
    """Fill path data: each # is the next coordinate."""
    pieces = pattern.split("#")
    return "".join(piece + at(number) for piece, number in zip(pieces, numbers, strict=False)) + pieces[-1]


def _width(state: str) -> float:
    return text_width(state) * 1.06 + 22


def _lines(verbs: Sequence[str], room: float) -> Iterator[str]:
    """Break verbs into lines no wider than the room."""
    line = ""
    for verb in verbs:
        longer = f"{line}, {verb}" if line else verb
        if line and text_width(longer + ",") > room:
            yield line + ","
            line = verb
        else:
            line = longer
    yield ink.fit(line, room)


def _arrow(path: str, tip: tuple[float, float], towards: str, following: bool) -> str:
    """Return a line with its head; `towards` is right, left, up or down."""
    kind, stroke = (" next", ink.ACCENT) if following else ("", ink.LINE)
    x, y = tip
    back = {
        "right": f"M{at(x - 7)} {at(y - 4)}L{at(x)} {at(y)}L{at(x - 7)} {at(y + 4)}Z",
        "down": f"M{at(x - 4)} {at(y - 7)}L{at(x)} {at(y)}L{at(x + 4)} {at(y - 7)}Z",
    }[towards]
    return (
        f'<path class="move{kind}" d="{path}" fill="none" stroke="{stroke}" stroke-width="1.5"/>'
        f'<path class="tip{kind}" d="{back}" fill="{stroke}"/>'
    )


def _verbs(x: float, y: float, verbs: Sequence[str], anchor: str = "middle") -> str:
    """Return the verbs over a patch of paper, so that lines beneath do not run through the letters."""
    text = ", ".join(verbs)
    width = text_width(text) + 6
    left = x - width / 2 if anchor == "middle" else x - 3
    return (
        f'<rect class="verb-back" x="{at(left)}" y="{at(y - 11)}" width="{at(width)}" height="15" fill="{ink.PAPER}"/>'
        + label(x, y, text, anchor=anchor, tone="verb", fill=ink.ACCENT)
    )


class Map:
    """The whole lifecycle from left to right, dead ends in a row below."""

    width = WIDE
    top = 58.0

    def __init__(self, cycle: Lifecycle) -> None:
        self.cycle = cycle
        self.final_top = self.top + BOX + 62
        self.height = (self.final_top if cycle.dead_ends else self.top) + BOX + 6
        self.middles = self._row(cycle.on_the_way) | self._row(cycle.dead_ends)

    def _row(self, states: Sequence[str]) -> dict[str, float]:
        """Spread boxes over the paper with equal spaces between them."""
        widths = [_width(state) for state in states]
        if len(states) == 1:
            return {states[0]: self.width / 2}
        gap = (self.width - 4 - sum(widths)) / max(1, len(states) - 1)
        middles, left = {}, 2.0
        for state, width in zip(states, widths, strict=True):
            middles[state] = left + width / 2
            left += width + gap
        return middles

    def parts(self) -> Iterator[str]:
        """Yield the moves, those that may follow last, then the states, then the verbs."""
        order = sorted(self.cycle.edges, key=lambda edge: edge[0] == self.cycle.current)
        yield from (self._move(source, target) for source, target in order)
        for state in self.cycle.states:
            final = state in self.cycle.dead_ends
            kind = "current" if state == self.cycle.current else "next" if state in self.cycle.following else ""
            top = self.final_top if final else self.top
            yield _box(state, self.middles[state], top, kind=kind, final=final, width=_width(state))
        yield from (self._name(target, verbs) for target, verbs in self.cycle.following.items())

    def _kind(self, source: str, target: str) -> str:
        row = self.cycle.on_the_way
        if target not in row:
            return "end"
        step = row.index(target) - row.index(source)
        return "self" if step == 0 else "ahead" if step == 1 else "over"

    def _move(self, source: str, target: str) -> str:
        begin, end = self.middles[source], self.middles[target]
        following = source == self.cycle.current
        kind = self._kind(source, target)
        bottom = self.top + BOX
        if kind == "ahead":
            x1, x2, y = begin + _width(source) / 2, end - _width(target) / 2, self.top + BOX / 2
            return _arrow(f"M{at(x1)} {at(y)}H{at(x2)}", (x2 - 1, y), "right", following)
        if kind == "self":
            x1, x2 = begin + 6, begin + 26
            lift = self.top - 24
            path = _d("M# #C# # # # # #", x1, self.top, x1, lift, x2, lift, x2, self.top)
            return _arrow(path, (x2, self.top - 1), "down", following)
        if kind == "over":
            lift = 18.0
            x1, x2 = begin - 8, end - 8
            near, far = (x1 * 3 + x2) / 4, (x1 + x2 * 3) / 4
            rise = _d("M# #C# # # # # #H#", x1, self.top, x1, lift - 6, x1, lift, near, lift, far)
            path = rise + _d("C# # # # # #", x2, lift, x2, lift - 6, x2, self.top)
            return _arrow(path, (x2, self.top - 1), "down", following)
        halfway = (bottom + self.final_top) / 2 - 8
        path = _d("M# #C# # # # # #", begin, bottom, begin, halfway, end, halfway, end, self.final_top)
        return _arrow(path, (end, self.final_top - 1), "down", following)

    def _name(self, target: str, verbs: Sequence[str]) -> str:
        source = self.cycle.current
        begin, end = self.middles[source], self.middles[target]
        kind = self._kind(source, target)
        if kind == "ahead":
            middle = (begin + _width(source) / 2 + end - _width(target) / 2) / 2 - 3
            return _verbs(middle, self.top + BOX / 2 - 7, verbs)
        if kind == "self":
            return _verbs(begin + 32, self.top - 12, verbs, anchor="start")
        if kind == "over":
            half = text_width(", ".join(verbs)) / 2 + 4
            return _verbs(min(max((begin + end) / 2, half), self.width - half), 22, verbs)
        half = text_width(", ".join(verbs)) / 2 + 4
        return _verbs(min(max(end, half), self.width - half), self.final_top - 16, verbs)


class Ladder:
    """The narrow form: the path on top, then the state now and a row for each that may follow."""

    width = SLIM
    top = 34.0

    def __init__(self, cycle: Lifecycle) -> None:
        self.cycle = cycle
        self.mine = _width(cycle.current)
        self.theirs = max(map(_width, cycle.following), default=0)
        room = self.width - self.theirs - self.mine - 28
        self.lines = {target: list(_lines(verbs, room)) for target, verbs in cycle.following.items()}
        self.places: dict[str, float] = {}
        below = self.top
        for target, lines in self.lines.items():
            self.places[target] = below + 8 + BOX / 2
            below += 46 + max(0, len(lines) - 2) * LINE_HEIGHT
        self.height = max(below, self.top + 46) + 2

    def parts(self) -> Iterator[str]:
        """Yield the path, the state now, and what may follow."""
        yield from self._path()
        cycle, mine = self.cycle, self.mine
        heights = list(self.places.values()) or [self.top + 8 + BOX / 2]
        level = (heights[0] + heights[-1]) / 2
        for target, y in self.places.items():
            begin, end = mine + 1, self.width - self.theirs - 1
            bend = begin + 14
            path = _d("M# #H#Q# # # #H#", begin, level, bend - 6, bend, level, bend, y, end)
            yield _arrow(path, (end - 1, y), "right", True)
            final, middle = target in cycle.dead_ends, self.width - self.theirs / 2 - 1
            yield _box(target, middle, y - BOX / 2, kind="next", final=final, width=self.theirs)
            for index, line in enumerate(self.lines[target]):
                # The first line stands above the arrow, the others below it.
                drop = -5 if index == 0 else LINE_HEIGHT * index
                yield label(mine + 20, y + drop, line, tone="verb", fill=ink.ACCENT)
        final = cycle.current in cycle.dead_ends
        yield _box(cycle.current, mine / 2 + 1, level - BOX / 2, kind="current", final=final, width=mine)
        if not self.places:
            yield label(mine + 12, level + 4, "Final: nothing follows.")

    def _path(self) -> Iterator[str]:
        states = self.cycle.on_the_way
        if self.cycle.current not in states:
            states = [*states, self.cycle.current]
        x = 0.0
        for index, state in enumerate(states):
            now = state == self.cycle.current
            if index:
                yield label(x, 13, "›")
                x += 12
            if x + text_width(state) > self.width:
                yield label(x, 13, "…")
                return
            yield label(x, 13, state, tone="strong" if now else "", bold=now, fill=ink.INK if now else ink.QUIET)
            x += text_width(state) * (1.06 if now else 1.0) + 4
