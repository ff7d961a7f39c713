"""The things a chart is told to show."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from django.utils.safestring import SafeString


@dataclass(frozen=True)
class Level:
    """A horizontal line with a label on the right; `tone` is break, target, limit, mean or reference."""

    value: float
    label: str
    tone: str = "reference"


@dataclass(frozen=True)
class Mark:
    """A point that matters, with a word; `tone` is bad, warn, ok, info or the tone of a level."""

    at: date
    value: float
    label: str
    tone: str = "info"


@dataclass(frozen=True)
class Band:
    """An area between low and high, such as a forecast: (day, low, high) in order of days.

    `outer` is a wider and fainter area behind it, `middle` a dashed line through it.
    """

    points: Sequence[tuple[date, float, float]]
    label: str = ""
    outer: Sequence[tuple[date, float, float]] = ()
    middle: Sequence[tuple[date, float]] = ()


@dataclass(frozen=True)
class Figure:
    """A chart for wide and for narrow screens, with its data as a table beside it."""

    title: str
    wide: SafeString
    narrow: SafeString
    header: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = field(default_factory=tuple)
