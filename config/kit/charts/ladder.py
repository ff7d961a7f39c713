"""The narrow form of a lifecycle: the path, the state now, and a row for each that may follow."""

from collections.abc import Iterator

from config.kit.charts import ink
from config.kit.charts.ink import LINE_HEIGHT, label, text_width
from config.kit.charts.lifecycle import BOX, Lifecycle, arrow, box, box_width, lines_of, path_data


class Ladder:
    """The narrow form: the path on top, then the state now and a row for each that may follow."""

    width = 360.0
    top = 34.0

    def __init__(self, cycle: Lifecycle) -> None:
        self.cycle = cycle
        self.mine = box_width(cycle.current)
        self.theirs = max(map(box_width, cycle.following), default=0)
        room = self.width - self.theirs - self.mine - 28
        self.lines = {target: list(lines_of(verbs, room)) for target, verbs in cycle.following.items()}
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
            path = path_data("M# #H#Q# # # #H#", begin, level, bend - 6, bend, level, bend, y, end)
            yield arrow(path, (end - 1, y), "right", True)
            final, middle = target in cycle.dead_ends, self.width - self.theirs / 2 - 1
            yield box(target, middle, y - BOX / 2, kind="next", final=final, width=self.theirs)
            for index, line in enumerate(self.lines[target]):
                # The first line stands above the arrow, the others below it.
                drop = -5 if index == 0 else LINE_HEIGHT * index
                yield label(mine + 20, y + drop, line, tone="verb", fill=ink.ACCENT)
        final = cycle.current in cycle.dead_ends
        yield box(cycle.current, mine / 2 + 1, level - BOX / 2, kind="current", final=final, width=mine)
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
