"""The lifecycle as a small graph: where it is, what may follow, and which states are dead ends."""

from collections.abc import Iterator, Sequence

from django.utils.safestring import SafeString

from config.kit.charts import ink
from config.kit.charts.ink import at, text_width
from config.kit.charts.ladder import Ladder
from config.kit.charts.lifecycle import BOX, Lifecycle, Move, arrow, box, box_width, path_data, verbs_over


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


class Map:
    """The whole lifecycle from left to right, dead ends in a row below."""

    width = 720.0
    top = 58.0

    def __init__(self, cycle: Lifecycle) -> None:
        self.cycle = cycle
        self.final_top = self.top + BOX + 62
        self.height = (self.final_top if cycle.dead_ends else self.top) + BOX + 6
        self.middles = self._row(cycle.on_the_way) | self._row(cycle.dead_ends)

    def _row(self, states: Sequence[str]) -> dict[str, float]:
        """Spread boxes over the paper with equal spaces between them."""
        widths = [box_width(state) for state in states]
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
            yield box(state, self.middles[state], top, kind=kind, final=final, width=box_width(state))
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
            x1, x2, y = begin + box_width(source) / 2, end - box_width(target) / 2, self.top + BOX / 2
            return arrow(f"M{at(x1)} {at(y)}H{at(x2)}", (x2 - 1, y), "right", following)
        if kind == "self":
            x1, x2 = begin + 6, begin + 26
            lift = self.top - 24
            path = path_data("M# #C# # # # # #", x1, self.top, x1, lift, x2, lift, x2, self.top)
            return arrow(path, (x2, self.top - 1), "down", following)
        if kind == "over":
            lift = 18.0
            x1, x2 = begin - 8, end - 8
            near, far = (x1 * 3 + x2) / 4, (x1 + x2 * 3) / 4
            rise = path_data("M# #C# # # # # #H#", x1, self.top, x1, lift - 6, x1, lift, near, lift, far)
            path = rise + path_data("C# # # # # #", x2, lift, x2, lift - 6, x2, self.top)
            return arrow(path, (x2, self.top - 1), "down", following)
        halfway = (bottom + self.final_top) / 2 - 8
        path = path_data("M# #C# # # # # #", begin, bottom, begin, halfway, end, halfway, end, self.final_top)
        return arrow(path, (end, self.final_top - 1), "down", following)

    def _name(self, target: str, verbs: Sequence[str]) -> str:
        source = self.cycle.current
        begin, end = self.middles[source], self.middles[target]
        kind = self._kind(source, target)
        if kind == "ahead":
            middle = (begin + box_width(source) / 2 + end - box_width(target) / 2) / 2 - 3
            return verbs_over(middle, self.top + BOX / 2 - 7, verbs)
        if kind == "self":
            return verbs_over(begin + 32, self.top - 12, verbs, anchor="start")
        if kind == "over":
            half = text_width(", ".join(verbs)) / 2 + 4
            return verbs_over(min(max((begin + end) / 2, half), self.width - half), 22, verbs)
        half = text_width(", ".join(verbs)) / 2 + 4
        return verbs_over(min(max(end, half), self.width - half), self.final_top - 16, verbs)
