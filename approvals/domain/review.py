"""Content as reviewers read it: sections of labelled prose and tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from config.kit.canonical import digest


@dataclass(frozen=True, kw_only=True)
class ReviewField:
    """One labelled piece of a section: prose in `text`, or a table whose rows are named by their first cell."""

    label: str
    text: str = ""
    header: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()


@dataclass(frozen=True, kw_only=True)
class ReviewFigure:
    """A picture of what the fields say, drawn from the content alone; `note` says what has happened since."""

    heading: str
    text: str
    figure: Any = None  # config.kit.charts.Figure
    facts: Sequence[tuple[str, str]] = ()
    warning: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class ReviewSection:
    """A part of the content as reviewers read and compare it; its figures add no content of their own."""

    key: str
    title: str
    fields: Sequence[ReviewField] = ()
    figures: Sequence[ReviewFigure] = ()


def section_digest(section: ReviewSection) -> str:
    """Return the SHA-256 of a section as it is read: another word, another digest."""
    fields = [[each.label, each.text, list(each.header), [list(row) for row in each.rows]] for each in section.fields]
    return digest({"key": section.key, "title": section.title, "fields": fields})
