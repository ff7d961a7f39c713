"""A lifecycle and the marks it is drawn with: states, moves, dead ends, and what may follow now."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from config.kit.charts import ink
from config.kit.charts.ink import at, label, text_width

BOX = 32.0
Move = tuple[str, str, str]


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


def box(state: str, middle: float, top: float, *, kind: str, final: bool, width: float) -> str:
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


def path_data(pattern: str, *numbers: float) -> str:
    """Fill path data: each # is the next coordinate."""
    pieces = pattern.split("#")
    return "".join(piece + at(number) for piece, number in zip(pieces, numbers, strict=False)) + pieces[-1]


def box_width(state: str) -> float:
    """Return how wide the box of a state is drawn."""
    return text_width(state) * 1.06 + 22


def lines_of(verbs: Sequence[str], room: float) -> Iterator[str]:
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


def arrow(path: str, tip: tuple[float, float], towards: str, following: bool) -> str:
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


def verbs_over(x: float, y: float, verbs: Sequence[str], anchor: str = "middle") -> str:
    """Return the verbs over a patch of paper, so that lines beneath do not run through the letters."""
    text = ", ".join(verbs)
    width = text_width(text) + 6
    left = x - width / 2 if anchor == "middle" else x - 3
    return (
        f'<rect class="verb-back" x="{at(left)}" y="{at(y - 11)}" width="{at(width)}" height="15" fill="{ink.PAPER}"/>'
        + label(x, y, text, anchor=anchor, tone="verb", fill=ink.ACCENT)
    )
