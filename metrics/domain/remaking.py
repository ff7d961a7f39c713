"""What making wholes anew with a part that came late would change: shown before somebody decides on it. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from config.kit.canonical import decimal_text, digest

WITHHELD, CHANGED, SAME = "withheld", "changed", "same"


@dataclass(frozen=True, kw_only=True)
class Remade:
    """One period: the whole that stands (`before`), and what it would be; `after` None: withheld for `trouble`."""

    start: datetime
    before: Decimal
    after: Decimal | None
    trouble: str = ""

    @property
    def becomes(self) -> str:
        """Say which of the three it is: withheld, changed or the same."""
        if self.after is None:
            return WITHHELD
        return SAME if self.after == self.before else CHANGED


@dataclass(frozen=True)
class Remaking:
    """All periods concerned, in order, and the segments that their wholes were made without."""

    names: Sequence[str] = ()
    periods: Sequence[Remade] = ()
    counts: Counter[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "counts", Counter(each.becomes for each in self.periods))

    @property
    def troubles(self) -> list[tuple[str, int]]:
        """Return why wholes would be withheld, and how many each time, the commonest first."""
        return Counter(each.trouble for each in self.periods if each.after is None).most_common()

    @property
    def differing(self) -> list[Remade]:
        """Return what would not stay as it is, newest first."""
        return [each for each in reversed(self.periods) if each.becomes != SAME]

    @property
    def version(self) -> str:
        """Return what tells this outcome from any other, so that nobody decides on one that they have not seen."""
        rows = [[each.start.isoformat(), _written(each.before), _written(each.after)] for each in self.periods]
        return digest([list(self.names), rows])[:16]


def told(name: str, count: int, first: str) -> str:
    """Say how many wholes stand without a segment, and from which day on."""
    what = "One whole, of the period" if count == 1 else f"{count:,} wholes, the first of the period"
    stands, they = ("stands", "it is") if count == 1 else ("stand", "they are")
    return f"{what} from {first}, {stands} without “{name}”, by now a part of what {they} made of."


def _written(value: Decimal | None) -> str | None:
    return None if value is None else decimal_text(value)


def listed(names: Sequence[str], most: int = 3) -> str:
    """Name segments in a sentence: “North”, “South” and 2 more."""
    told = [f"“{name}”" for name in names]
    if len(told) > most:
        told = [*told[: most - 1], f"{len(told) - most + 1} more"]
    return " and ".join(filter(None, [", ".join(told[:-1]), told[-1] if told else ""]))
