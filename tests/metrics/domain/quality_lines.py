"""Segments with values, drawn in a line, for the checks of data quality to look at."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from metrics.domain.periods import Cadence
from metrics.domain.quality.catalogue import KINDS, Setting, Severity, default_setting
from metrics.domain.quality.material import Looked, Material, Point

WEEKLY = Cadence.of("weekly", time_zone="Europe/Lisbon", settle_after="P1D")
MONDAY = WEEKLY.containing(datetime(2026, 3, 2, 12, tzinfo=UTC)).start
HOUR, WEEK = timedelta(hours=1), timedelta(weeks=1)
LONG_AGO = MONDAY - timedelta(days=3650)


def line(
    numbers: Sequence[Any],
    *,
    cadence: Cadence = WEEKLY,
    late: Sequence[float] = (),
    samples: Sequence[Any] = (),
    after: int = 0,
    **more: Any,
) -> Material:
    """A segment whose values end with the newest settled period, looked at some hours after that.

    "." is a period without a value, None one whose value was withdrawn.
    `late`: hours after the period's end at which each was recorded, 1 unless told otherwise.
    """
    first = cadence.index(MONDAY)
    points = []
    for place, number in enumerate(numbers):
        if number == ".":
            continue
        period = cadence.period(first + place)
        at = period.end + timedelta(hours=late[place] if late else 1)
        size = samples[place] if samples else None
        value = None if number is None else Decimal(str(number))
        points.append(Point(period.start, period.end, value, size, at, at))
    as_of = cadence.settled_at(cadence.start_of(first + len(numbers))) + after * HOUR
    given = {"as_of": as_of, "entered": LONG_AGO, "begun": points[0].start if points else None}
    return Material(cadence=cadence, points=points, **given | more)


def asked(check: str, **given: Any) -> dict[str, Any]:
    kind = KINDS[check]
    return {**default_setting(kind, hours=Decimal(48)).parameters, **given}


def found(looked: Looked, material: Material) -> list[int]:
    """The places of what was found, oldest first."""
    return sorted(material.cadence.index(each.period) - material.cadence.index(MONDAY) for each in looked.findings)


STEADY = [80, 81, 79, 80, 82, 80, 81, 79, 80, 81, 80, 79, 81, 80]


def setting(check: str, severity: str = "medium", **given: Any) -> Setting:
    kind = KINDS[check]
    return Setting(kind=kind, on=True, severity=Severity(severity), parameters=asked(check, **given))
