"""What a page of the record is made of: a few kinds of blocks, each drawn by one piece of the template."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from textwrap import wrap

from django.utils.safestring import SafeString

from decisions.record.words import NONE

BREAK = "\u200b"  # a break without width
_LONG = re.compile(r"\S{25,}")


@dataclass(frozen=True)
class Cell:
    """One cell; `prose` cells are Markdown, `number` cells stand to the right, `shade` 0–10 tints the ground.

    `width`, of a header's cell: the column's, in millimetres; else what its content asks for.
    """

    text: str
    prose: bool = False
    number: bool = False
    strong: bool = False
    shade: int | None = None
    width: int | None = None

    @property
    def shown(self) -> str:
        """The text with places to break in words so long that a column could not hold them."""
        return _LONG.sub(lambda word: BREAK.join(wrap(word[0], 12)), self.text)


@dataclass(frozen=True)
class Prose:
    """A labelled piece of text, in Markdown."""

    label: str
    text: str
    kind: str = "prose"


@dataclass(frozen=True)
class Facts:
    """Labels with short values."""

    pairs: Sequence[tuple[str, str]]
    kind: str = "facts"


@dataclass(frozen=True)
class Table:
    """A table whose first column names the row; `wide` puts it on a page turned sideways."""

    caption: str
    header: Sequence[Cell]
    rows: Sequence[Sequence[Cell]]
    wide: bool = False
    dense: bool = False
    beside: bool = False  # options as columns: all of them of one width
    kind: str = "table"

    def trimmed(self) -> "Table":
        """Return the table without the columns in which no row says anything."""
        kept = [
            i for i, _ in enumerate(self.header) if i == 0 or any(row[i].text not in {"", NONE} for row in self.rows)
        ]
        rows = [[row[i] for i in kept] for row in self.rows]
        return replace(self, header=[self.header[i] for i in kept], rows=rows)


@dataclass(frozen=True)
class Figure:
    """A chart with what it shows in words."""

    caption: str
    svg: SafeString
    kind: str = "figure"


@dataclass(frozen=True)
class Note:
    """Sentences that stand out; `tone` is ok, warn, bad or info, and `heading` says it in a word."""

    tone: str
    heading: str
    sentences: Sequence[str]
    kind: str = "note"


@dataclass(frozen=True)
class Card:
    """A thing with a name and its parts, such as an assumption or a scenario."""

    heading: str
    text: str
    pairs: Sequence[tuple[str, str]]
    items: Sequence[str] = ()
    kind: str = "card"


Block = Prose | Facts | Table | Figure | Note | Card


@dataclass(frozen=True)
class Chapter:
    """One entry of the table of contents."""

    anchor: str
    title: str
    blocks: Sequence[Block]
    number: int | None = None
    provenance: Sequence[tuple[str, str]] = field(default_factory=tuple)


def said(blocks: Iterable[Block]) -> list[Block]:
    """Return the blocks that say something, tables without their empty columns, facts without their empty values."""
    kept: list[Block] = []
    for block in blocks:
        if isinstance(block, Table):
            kept += [block.trimmed()] if block.rows else []
        elif isinstance(block, Facts):
            pairs = [pair for pair in block.pairs if pair[1] != NONE]
            kept += [Facts(pairs)] if pairs else []
        elif not isinstance(block, Prose) or block.text.strip():
            kept.append(block)
    return kept


def cells(texts: Sequence[str], *, numbers: Sequence[int] = (), prose: Sequence[int] = ()) -> list[Cell]:
    """Return a row of cells; `numbers` and `prose` are the positions of those kinds."""
    return [Cell(text, number=i in numbers, prose=i in prose) for i, text in enumerate(texts)]
