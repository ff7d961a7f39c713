"""What changed: prose by word (by grapheme where words have no spaces), tables by cell, sections by field."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from approvals.domain.review import ReviewField, ReviewFigure, ReviewSection


class Change(StrEnum):
    """What happened to a piece."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True)
class Piece:
    """A run of text, and whether it stands on both sides."""

    text: str
    changed: bool = False


@dataclass(frozen=True)
class Prose:
    """Two texts side by side, in runs."""

    old: tuple[Piece, ...]
    new: tuple[Piece, ...]


@dataclass(frozen=True)
class Cell:
    """A table's cell before and after."""

    old: str
    new: str

    @property
    def changed(self) -> bool:
        """Say whether it is not the same."""
        return self.old != self.new


@dataclass(frozen=True)
class Row:
    """A table's row, matched by its first cell."""

    change: Change
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class FieldChange:
    """One labelled piece, with its comparison: `prose` for text, `header` and `rows` for tables."""

    label: str
    change: Change
    field: ReviewField
    prose: Prose | None = None
    header: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()

    @property
    def changed_cells(self) -> int:
        """Count the cells that differ, rows that came or went counting as one."""
        inside = sum(cell.changed for row in self.rows if row.change is Change.CHANGED for cell in row.cells)
        return inside + sum(row.change in (Change.ADDED, Change.REMOVED) for row in self.rows)


@dataclass(frozen=True)
class SectionChange:
    """A section with all its fields."""

    key: str
    title: str
    change: Change
    fields: tuple[FieldChange, ...]
    figures: tuple[ReviewFigure, ...] = ()


# Thai, Lao, Burmese, Khmer, kana and CJK are written without spaces between words.
_UNSPACED = (
    (0x0E00, 0x0EFF),
    (0x1000, 0x109F),
    (0x1780, 0x17FF),
    (0x3040, 0x30FF),
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0xFF66, 0xFF9F),
    (0x20000, 0x2FA1F),
)
# Sara am is a letter by category and a mark by behaviour (UAX 29 counts it to what it follows).
_SARA_AM = "\u0e33\u0eb3"
_MARKS = "".join(
    chr(code)
    for first, last in ((0x0300, 0x036F), (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3099, 0x309A))
    for code in range(first, last + 1)
    if unicodedata.category(chr(code)).startswith("M")
)
_LETTER = "".join(f"{chr(first)}-{chr(last)}" for first, last in _UNSPACED)
_EXTEND = rf"(?:[{_MARKS}{_SARA_AM}\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]|\u200d.)*"
_TOKEN = re.compile(
    rf"(?:[{_LETTER}]{_EXTEND}|\d+(?:[.,:]\d+)*|(?:(?![{_LETTER}])\w)+(?:['’\-](?:(?![{_LETTER}])\w)+)*|[^\w\s]{_EXTEND})\s*"
    r"|\s+",
    re.DOTALL,
)

LARGEST = 1_000_000
"""Tokens on one side times tokens on the other: beyond, the differing middle is shown as one change."""


def tokens(text: str) -> list[str]:
    """Cut text into words with the space after them, and into graphemes where words have no spaces between."""
    found = _TOKEN.findall(text)
    return found if sum(map(len, found)) == len(text) else list(text)


def prose(old: str, new: str) -> Prose:
    """Compare two texts; joined again, the pieces of each side are that side's text."""
    before, after = tokens(old), tokens(new)
    start = _common(before, after)
    end = _common(before[start:][::-1], after[start:][::-1])
    left: list[Piece] = [Piece("".join(before[:start]))]
    right: list[Piece] = [Piece("".join(after[:start]))]
    middle = before[start : len(before) - end], after[start : len(after) - end]
    for one, other, changed in _runs(*middle):
        left.append(Piece(one, changed))
        right.append(Piece(other, changed))
    left.append(Piece("".join(before[len(before) - end :])))
    right.append(Piece("".join(after[len(after) - end :])))
    return Prose(_joined(left), _joined(right))


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many tokens both begin with."""
    number = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        number += 1
    return number


def _runs(before: list[str], after: list[str]) -> Iterable[tuple[str, str, bool]]:
    if len(before) * len(after) > LARGEST:
        yield "".join(before), "".join(after), True
        return
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        yield from _without_space("".join(before[a:b]), "".join(after[c:d]), tag != "equal")


def _without_space(one: str, other: str, changed: bool) -> Iterable[tuple[str, str, bool]]:
    """Yield a run, the space that ends both sides of a change apart from it: only words are marked."""
    end = _common(one[::-1], other[::-1]) if changed else 0
    space = one[len(one) - end :]
    space = space[len(space.rstrip()) :]
    cut = len(space)
    yield one[: len(one) - cut], other[: len(other) - cut], changed
    if space:
        yield space, space, False


def _joined(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """Join neighbours of one kind and drop the empty."""
    joined: list[Piece] = []
    for piece in pieces:
        if not piece.text:
            continue
        if joined and joined[-1].changed == piece.changed:
            joined[-1] = Piece(joined[-1].text + piece.text, piece.changed)
        else:
            joined.append(piece)
    return tuple(joined)


def table(old: ReviewField, new: ReviewField) -> tuple[tuple[str, ...], tuple[Row, ...]]:
    """Compare two tables: columns by their head, rows by their first cell (a repeated name by its turn)."""
    header = (*new.header, *(name for name in old.header if name not in new.header))
    before, after = _named(old), _named(new)
    rows = [_row(header, before.get(name), after[name]) for name in after]
    rows += [_row(header, before[name], None) for name in before if name not in after]
    return header, tuple(rows)


def _named(field: ReviewField) -> dict[tuple[str, int], dict[str, str]]:
    """Return the rows by name and turn, each as head → cell."""
    named: dict[tuple[str, int], dict[str, str]] = {}
    for row in field.rows:
        name = row[0] if row else ""
        turn = sum(known == name for known, _ in named)
        named[name, turn] = dict(zip(field.header, row, strict=False))
    return named


def _row(header: Sequence[str], old: dict[str, str] | None, new: dict[str, str] | None) -> Row:
    cells = tuple(Cell((old or {}).get(name, ""), (new or {}).get(name, "")) for name in header)
    if old is None or new is None:
        return Row(Change.ADDED if old is None else Change.REMOVED, cells)
    return Row(Change.CHANGED if any(cell.changed for cell in cells) else Change.SAME, cells)


def compare(old: Sequence[ReviewSection] | None, new: Sequence[ReviewSection]) -> tuple[SectionChange, ...]:
    """Compare whole contents section by section; without an old one everything simply stands as it is."""
    if old is None:
        return tuple(_alone(section, Change.SAME) for section in new)
    before = {section.key: section for section in old}
    after = {section.key for section in new}
    sections = [
        _section(before[section.key], section) if section.key in before else _alone(section, Change.ADDED)
        for section in new
    ]
    return (*sections, *(_alone(section, Change.REMOVED) for section in old if section.key not in after))


def _alone(section: ReviewSection, change: Change) -> SectionChange:
    fields = tuple(FieldChange(field.label, change, field) for field in section.fields)
    return SectionChange(section.key, section.title, change, fields, tuple(section.figures))


def _section(old: ReviewSection, new: ReviewSection) -> SectionChange:
    before = {field.label: field for field in old.fields}
    labels = {field.label for field in new.fields}
    fields = [
        _field(before[field.label], field) if field.label in before else FieldChange(field.label, Change.ADDED, field)
        for field in new.fields
    ]
    fields += [FieldChange(field.label, Change.REMOVED, field) for field in old.fields if field.label not in labels]
    changed = any(field.change is not Change.SAME for field in fields)
    change = Change.CHANGED if changed else Change.SAME
    return SectionChange(new.key, new.title, change, tuple(fields), tuple(new.figures))


def _field(old: ReviewField, new: ReviewField) -> FieldChange:
    if (old.text, _cells(old)) == (new.text, _cells(new)):
        return FieldChange(new.label, Change.SAME, new)
    if new.header or old.header:
        header, rows = table(old, new)
        return FieldChange(new.label, Change.CHANGED, new, header=header, rows=rows)
    return FieldChange(new.label, Change.CHANGED, new, prose=prose(old.text, new.text))


def _cells(field: ReviewField) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    return tuple(field.header), tuple(tuple(row) for row in field.rows)
