"""Checks of when: does every settled period have a value, did it come in time, can its times be true."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from metrics.domain.periods import Period
from metrics.domain.quality.material import Finding, Looked, Material, Parameters, Point

LEAST_PERIODS = 3
"""Settled periods below which completeness and timeliness are not judged."""
CLOCKS_APART = timedelta(minutes=5)
NO_VALUES = "No value has been recorded yet."


def completeness(material: Material, asked: Parameters) -> Looked:
    """Find settled periods without a value, from the first that has one; a withdrawn value is none."""
    if material.begun is None:
        return Looked(nothing=NO_VALUES)
    expected = [period for period in material.settled(asked["periods"]) if period.start >= material.begun]
    if len(expected) < LEAST_PERIODS:
        return Looked(nothing=f"{len(expected)} periods have settled since the first value, of {LEAST_PERIODS} needed.")
    missing = [period for period in expected if _value(material, period) is None]
    findings = tuple(_missing(material, period) for period in reversed(missing))
    return Looked(count=len(expected), findings=findings, allowed=_allowed(len(expected), asked["share"]))


def _value(material: Material, period: Period) -> Decimal | None:
    point = material.by_start.get(period.start)
    return point.value if point else None


def _missing(material: Material, period: Period) -> Finding:
    return Finding(key=f"{period.start.isoformat()} missing", sentence=material.day(period.start), period=period.start)


def _allowed(count: int, share: Decimal) -> int:
    """Return how many of `count` may fail when `share` per cent must hold."""
    return int(count * (100 - share) / 100)


def timeliness(material: Material, asked: Parameters) -> Looked:
    """Find periods whose first value came later than the hours allowed after their end, or has not come since.

    Periods that ended before the metric was entered in the registry are not held against it: their values were
    recorded in one go.
    """
    if material.begun is None:
        return Looked(nothing=NO_VALUES)
    hours = timedelta(hours=float(asked["hours"]))
    ended = _ended(material, asked["periods"], hours)
    due = [period for period in ended if period.end > material.entered and period.start >= material.begun]
    if len(due) < LEAST_PERIODS:
        return Looked(nothing=f"{len(due)} periods have come due since it was entered, of {LEAST_PERIODS} needed.")
    findings = tuple(late for period in reversed(due) if (late := _late(material, period, hours)))
    return Looked(count=len(due), findings=findings, allowed=_allowed(len(due), asked["share"]))


def _ended(material: Material, count: int, hours: timedelta) -> Iterator[Period]:
    """Yield the newest periods whose value is due, oldest first."""
    cadence = material.cadence
    last = cadence.first_after(material.as_of, lambda index: cadence.start_of(index + 1) + hours) - 1
    return (cadence.period(index) for index in range(last - count + 1, last + 1))


def _late(material: Material, period: Period, hours: timedelta) -> Finding | None:
    point = material.by_start.get(period.start)
    if point is not None and point.first_at <= period.end + hours:
        return None
    came = "has not come" if point is None else f"came {_hours(point.first_at - period.end)} h after its end"
    sentence = f"{material.day(period.start)} {came}"
    return Finding(key=f"{period.start.isoformat()} late", sentence=sentence, period=period.start)


def _hours(span: timedelta) -> str:
    return f"{span.total_seconds() / 3600:.1f}".removesuffix(".0")


def timestamps(material: Material, asked: Parameters) -> Looked:
    """Find values whose times cannot be true, or whose period is none of the calendar."""
    newest = material.ended[-asked["periods"] :]
    if not newest:
        return Looked(nothing="No period with a value is over yet.")
    wrong = [(point, words) for point in reversed(newest) if (words := _impossible(material, point))]
    return Looked(count=len(newest), findings=tuple(material.named(point, words) for point, words in wrong))


def _impossible(material: Material, point: Point) -> str:
    if point.recorded_at > material.as_of + CLOCKS_APART:
        return "was recorded in the future: a clock is ahead"
    if material.cadence.containing(point.start).start != point.start:
        return "does not begin on the metric's calendar"
    if point.recorded_at < point.start:
        return "was recorded before its period began: the source's clock is ahead"
    if point.recorded_at < point.end:
        return f"was recorded before its period was over, on {_moment(material, point.recorded_at)}"
    return ""


def _moment(material: Material, moment: datetime) -> str:
    local = moment.astimezone(material.cadence.zone)
    return f"{local.day} {local:%b %Y, %H:%M}"
