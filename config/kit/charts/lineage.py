"""What is calculated from what: boxes in columns from the sources on the left to what follows on the right."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.utils.safestring import SafeString

from config.kit.charts import ink
from config.kit.charts.ink import text_width
from config.kit.charts.lifecycle import BOX, arrow, box, path_data

GAP, STEP = 44.0, 14.0
WIDEST = 190.0
LEAST = 560.0  # a drawing of two boxes fills a card without being blown up


@dataclass(frozen=True)
class Lineage:
    """Names by id, what each rests on (ids), and which one the drawing is about."""

    names: Mapping[str, str]
    inputs: Mapping[str, Sequence[str]]
    current: str

    @cached_property
    def columns(self) -> list[list[str]]:
        """Return the ids by column: each stands right of everything it rests on."""
        depth: dict[str, int] = {}

        def depth_of(key: str) -> int:
            if key not in depth:
                depth[key] = 0  # a circle, which the registry refuses, must not hang a page
                depth[key] = 1 + max((depth_of(each) for each in self._known(key)), default=-1)
            return depth[key]

        for key in self.names:
            depth_of(key)
        columns: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
        for key in self.names:
            columns[depth[key]].append(key)
        return columns

    def _known(self, key: str) -> list[str]:
        return [each for each in self.inputs.get(key, ()) if each in self.names]

    @property
    def edges(self) -> list[tuple[str, str]]:
        """Return (input, what is calculated from it)."""
        return [(each, key) for key in self.names for each in self._known(key)]

    @property
    def words(self) -> str:
        """Say the same for those who do not see it."""
        told = [
            f"{self.names[key]} is calculated from {', '.join(self.names[each] for each in self._known(key))}"
            for key in self.names
            if self._known(key)
        ]
        return ". ".join(told) + "."


def lineage_graph(lineage: Lineage, *, title: str, narrow: bool = False) -> SafeString:
    """Draw where a metric comes from and what is calculated from it; the narrow form runs from top to bottom."""
    drawing = _Rows(lineage) if narrow else _Columns(lineage)
    parts = list(drawing.parts())
    return ink.document(
        parts, width=drawing.width, height=drawing.height, title=title, description=lineage.words, kind="chart states"
    )


class _Columns:
    """From left to right."""

    def __init__(self, lineage: Lineage) -> None:
        self.lineage = lineage
        self.boxes = {key: min(WIDEST, text_width(name) * 1.06 + 22) for key, name in lineage.names.items()}
        tallest = max(len(column) for column in lineage.columns)
        self.height = tallest * (BOX + STEP) - STEP + 4
        self.places: dict[str, tuple[float, float]] = {}
        left = 2.0
        for column in lineage.columns:
            width = max(self.boxes[key] for key in column)
            top = (self.height - (len(column) * (BOX + STEP) - STEP)) / 2
            for position, key in enumerate(column):
                self.places[key] = (left + width / 2, top + position * (BOX + STEP))
            left += width + GAP
        self.width = max(left - GAP + 2, LEAST)

    def parts(self) -> Iterator[str]:
        """Yield the lines, then the boxes over them."""
        for source, target in self.lineage.edges:
            (x1, y1), (x2, y2) = self.places[source], self.places[target]
            x1, x2 = x1 + self.boxes[source] / 2, x2 - self.boxes[target] / 2
            y1, y2 = y1 + BOX / 2, y2 + BOX / 2
            bend = (x1 + x2) / 2
            path = path_data("M# #C# # # # # #", x1, y1, bend, y1, bend, y2, x2 - 1, y2)
            yield arrow(path, (x2 - 1, y2), "right", target == self.lineage.current)
        for key, (middle, top) in self.places.items():
            yield _named(self.lineage, key, middle, top, self.boxes[key])


class _Rows:
    """From top to bottom, a row a metric, indented by its column."""

    width = 340.0

    def __init__(self, lineage: Lineage) -> None:
        self.lineage = lineage
        ordered = [(depth, key) for depth, column in enumerate(lineage.columns) for key in column]
        self.places = {
            key: (16.0 * depth + 8, 2 + at_row * (BOX + STEP)) for at_row, (depth, key) in enumerate(ordered)
        }
        self.height = len(ordered) * (BOX + STEP) - STEP + 4

    def parts(self) -> Iterator[str]:
        """Yield the lines along the left edge, then the boxes."""
        for source, target in self.lineage.edges:
            (x1, y1), (x2, y2) = self.places[source], self.places[target]
            path = path_data("M# #H#V#H#", x1, y1 + BOX / 2, x1 - 4, y2 + BOX / 2, x2)
            yield f'<path class="move" d="{path}" fill="none" stroke="{ink.LINE}" stroke-width="1.5"/>'
        for key, (left, top) in self.places.items():
            width = min(self.width - left - 4, text_width(self.lineage.names[key]) * 1.06 + 22)
            yield _named(self.lineage, key, left + width / 2, top, width)


def _named(lineage: Lineage, key: str, middle: float, top: float, width: float) -> str:
    kind = "current" if key == lineage.current else "next"
    name = ink.fit(lineage.names[key], (width - 22) / 1.06 + 0.5)
    return box(name, middle, top, kind=kind, final=False, width=width)
