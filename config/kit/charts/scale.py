"""From values and days to places on the paper, with ticks where people expect them."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from config.kit.charts.ink import text_width

NARROW_SPACE = "\u202f"
_COMPACT = ((1e12, "tn"), (1e9, "bn"), (1e6, "M"))


@dataclass(frozen=True)
class Scale:
    """A straight map from [low, high] to [start, end]."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the place of a value."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def domain(values: Iterable[float]) -> tuple[float, float]:
    """Return limits that hold all values with some air, also when there is one value, or none."""
    known = list(values)
    if not known:
        return 0.0, 1.0
    low, high = min(known), max(known)
    largest = max(abs(low), abs(high))
    if high - low <= max(largest * 1e-9, 1e-12):
        air = largest * 0.1 if largest > 1e-9 else 1.0
        return low - air, high + air
    air = (high - low) * 0.06
    # A quantity that is never negative keeps its zero.
    return (max(0.0, low - air) if low >= 0 else low - air), high + air


def nice_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Return round values inside [low, high], at most `most`, a step of 1, 2, 2.5 or 5 apart."""
    rough = (high - low) / max(1, most - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10, 20) if power * factor >= rough)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [index * step for index in range(first, min(last, first + most) + 1)]


def tick_texts(ticks: Sequence[float], unit: str = "") -> list[str]:
    """Write ticks with just as many decimals as tell them apart; a percentage carries its sign."""
    if not ticks:
        return []
    step = min((b - a for a, b in pairwise(ticks)), default=abs(ticks[0]) or 1.0)
    largest = max(map(abs, ticks))
    suffix = "%" if unit == "%" else ""
    if largest >= 1e15 or 0 < largest < 1e-6:
        digits = max(0, math.ceil(math.log10(largest / step))) if step else 0
        return [f"{tick:.{min(digits, 6)}e}{suffix}" for tick in ticks]
    divisor, letter = next(((size, name) for size, name in _COMPACT if largest >= size), (1.0, ""))
    places = _places(step / divisor)
    return [number_text(tick / divisor, places) + (NARROW_SPACE + letter if letter else "") + suffix for tick in ticks]


def _places(step: float) -> int:
    for places in range(9):
        if abs(round(step, places) - step) < step * 1e-6:
            return places
    return 9


def number_text(value: float, places: int | None = None) -> str:
    """Write a number with a true minus and narrow spaces between thousands; without places, as short as it is."""
    text = f"{value:.{places}f}" if places is not None else f"{value:.6g}"
    if "e" in text:
        return text.replace("-", "\u2212", 1) if text.startswith("-") else text
    sign = "\u2212" if text.startswith("-") and float(text) != 0 else ""
    whole, point, rest = text.lstrip("-").partition(".")
    if len(whole) > 4:
        whole = f"{int(whole):,}".replace(",", NARROW_SPACE)
    return sign + whole + point + rest


def day_ticks(
    first: date, last: date, place: Callable[[float], float], least_gap: float = 12
) -> list[tuple[date, str]]:
    """Return days to name on an axis: the finest of weeks, months, quarters, years whose names do not touch."""
    chosen: list[tuple[date, str]] = [(first, _with_year(first))]
    for candidates in (_days(first, last), *_weeks(first, last), *_months(first, last), *_years(first, last)):
        if candidates and _apart(candidates, place, least_gap):
            return candidates
    return chosen


def _apart(ticks: list[tuple[date, str]], place: Callable[[float], float], gap: float) -> bool:
    end = -math.inf
    for day, text in ticks:
        half = text_width(text) / 2
        middle = place(day.toordinal())
        if middle - half < end:
            return False
        end = middle + half + gap
    return True


def _with_year(day: date) -> str:
    return f"{day.day} {day:%b} {day.year}"


def _days(first: date, last: date) -> list[tuple[date, str]]:
    if (last - first).days > 14:
        return []
    days = [first + timedelta(days=index) for index in range((last - first).days + 1)]
    return [(day, _with_year(day) if day == first else f"{day.day} {day:%b}") for day in days]


def _weeks(first: date, last: date) -> Iterator[list[tuple[date, str]]]:
    if (last - first).days > 7 * 30:
        return
    for every in (1, 2):
        monday = first + timedelta(days=-first.weekday() % 7)
        days = [monday + timedelta(weeks=index) for index in range(0, (last - monday).days // 7 + 1, every)]
        yield [(day, f"{day.day} {day:%b}") for day in days]


def _months(first: date, last: date) -> Iterator[list[tuple[date, str]]]:
    if (last - first).days > 366 * 9:
        return
    start = first.year * 12 + first.month - 1 + (first.day > 1)
    for every in (1, 2, 3, 6):
        months = range(start + -start % every if every > 1 else start, last.year * 12 + last.month, every)
        ticks: list[tuple[date, str]] = []
        for index in months:
            day = date(index // 12, index % 12 + 1, 1)
            name = str(day.year) if day.month == 1 else f"{day:%b}"
            if not ticks and day.month != 1:
                name = f"{day:%b} {day.year}"
            ticks.append((day, name))
        if len(ticks) > 1:
            yield ticks


def _years(first: date, last: date) -> Iterator[list[tuple[date, str]]]:
    for every in (1, 2, 5, 10, 25, 50, 100):
        begin = first.year + (first > date(first.year, 1, 1))
        begin += -begin % every
        ticks = [(date(year, 1, 1), str(year)) for year in range(begin, last.year + 1, every) if 1 <= year <= 9999]
        if ticks:
            yield ticks
