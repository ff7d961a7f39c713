"""Content as reviewers read it: sections of labelled prose and tables."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ReviewField:
    """One labelled piece of a section: prose in `text`, or a table whose rows are named by their first cell."""

    label: str
    text: str = ""
    header: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()


@dataclass(frozen=True, kw_only=True)
class ReviewSection:
    """A part of the content as reviewers read and compare it."""

    key: str
    title: str
    fields: Sequence[ReviewField] = ()
