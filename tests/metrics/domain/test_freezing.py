"""Freeze windows: what they hold still, and what becomes of a correction."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from metrics.domain.freezing import Frozen, Wanted, Window, definition_held, standing, window_errors
from metrics.domain.intake import Arrival, Known, Revision, Status, rule

TODAY = date(2026, 11, 22)
LISBON, AUCKLAND = ZoneInfo("Europe/Lisbon"), ZoneInfo("Pacific/Auckland")


def window(begins: int = -1, ends: int = 5, first: str = "2026-07-01", last: str = "2026-09-30") -> Window:
    return Window(
        begins_on=TODAY + timedelta(days=begins),
        ends_on=TODAY + timedelta(days=ends),
        first_day=date.fromisoformat(first),
        last_day=date.fromisoformat(last),
        reason="The yearly evaluation.",
    )


@pytest.mark.parametrize("given, wrong", [
    (window(), []),
    (window(0, 0), []),
    (window(3, 2), ["ends_on: It ends before it begins."]),
    (window(-9, -1), ["ends_on: That day is over; a freeze ends today or later."]),
    (window(0, 366), []),
    (window(0, 367), ["ends_on: Freeze for at most 366 days; declare another one when it is over."]),
    (window(first="2026-09-30", last="2026-09-29"), ["last_day: The last day of the periods lies before the first."]),
    (window(first="2026-09-30", last="2026-09-30"), []),
])  # fmt: skip
def test_what_a_window_must_be(given, wrong):
    assert [f"{name}: {sentence}" for name, sentence in window_errors(given, days=[TODAY])] == wrong


@pytest.mark.parametrize("given, stands", [
    (window(0, 0), "Frozen"),  # for one of them, and ahead for the other
    (window(-1, -1), "Frozen"),
    (window(-3, -2), "Over"),
    (window(1, 2), "Ahead"),
    (window(-9, 9), "Frozen"),
])  # fmt: skip
def test_how_a_window_stands_while_it_is_evening_for_one_metric_and_tomorrow_for_another(given, stands):
    days = [TODAY - timedelta(days=1), TODAY]
    assert standing(given, days) == stands
    late = [f"{name}: {sentence}" for name, sentence in window_errors(given, days=days, where=" in Lisbon")]
    assert late == (["ends_on: That day is over in Lisbon; a freeze ends today or later there."] * (stands == "Over"))


@pytest.mark.parametrize("windows, until", [
    ([], None),
    ([window(1, 5)], None),
    ([window(-5, -1)], None),
    ([window(0, 0)], 0),
    ([window(-5, 2), window(-5, 4), window(1, 9)], 4),
])  # fmt: skip
def test_which_window_holds_definitions(windows, until):
    held = definition_held(windows, TODAY)
    assert (held and held.ends_on) == (None if until is None else TODAY + timedelta(days=until))


def week(day: str) -> tuple[datetime, datetime]:
    start = datetime.fromisoformat(day).replace(tzinfo=UTC)
    return start, start + timedelta(days=7)


@pytest.mark.parametrize("day, frozen", [
    ("2026-06-22", False),  # ends with 28 June
    ("2026-06-29", True),  # its last days are in July
    ("2026-08-03", True),
    ("2026-09-28", True),  # begins in September
    ("2026-10-05", False),
])  # fmt: skip
def test_a_period_is_frozen_when_any_day_of_it_is(day, frozen):
    assert (Frozen([window()], UTC).window_of(*week(day)) is not None) is frozen


@pytest.mark.parametrize("zone, start, frozen", [
    (LISBON, "2026-06-30T23:00+00:00", True),  # 1 July in Lisbon
    (UTC, "2026-06-30T23:00+00:00", False),
    (AUCKLAND, "2026-09-30T11:00+00:00", False),  # 1 October in Auckland
    (UTC, "2026-09-30T11:00+00:00", True),
])  # fmt: skip
def test_days_are_those_of_the_metric(zone, start, frozen):
    begins = datetime.fromisoformat(start)
    assert (Frozen([window()], zone).window_of(begins, begins + timedelta(minutes=30)) is not None) is frozen


def arrival(row: int, value: str | None, day: str = "2026-08-03", **more) -> Arrival:
    start, end = week(day)
    number = None if value is None else Decimal(value)
    return Arrival(row=row, segment="", start=start, end=end, value=number, **more)


def known() -> Known:
    rows = [("2026-08-03", "5"), ("2026-10-05", "6")]
    return Known.of(Revision(segment="", start=week(day)[0], revision=1, value=Decimal(value)) for day, value in rows)


OLD, NEW, NEVER = "2026-08-03", "2026-10-05", "2026-08-10"


@pytest.mark.parametrize("waiting, arrivals, statuses", [
    (None, [("7", OLD)], ["waiting"]),
    (None, [("5", OLD)], ["unchanged"]),
    (None, [("7", NEW)], ["revised"]),
    (None, [("7", NEVER)], ["stored"]),  # a first value changes nothing that there is
    (None, [("7", NEVER), ("8", NEVER)], ["stored", "waiting"]),
    (None, [("7", OLD), ("7", OLD)], ["waiting", "waiting"]),
    (None, [("7", OLD), ("8", OLD)], ["waiting", "refused"]),
    ("7", [("7", OLD)], ["waiting"]),
    ("7", [("8", OLD)], ["refused"]),
    ("7", [("5", OLD)], ["unchanged"]),
    (None, [(None, OLD)], ["waiting"]),
    (None, [("7", OLD), ("9", NEW)], ["waiting", "revised"]),
])  # fmt: skip
def test_what_becomes_of_values_while_a_window_runs(waiting, arrivals, statuses):
    place = ("", week(OLD)[0])
    frozen = Frozen([window()], UTC, {place: Wanted(Decimal(waiting), None)} if waiting else {})
    given = [arrival(row, value, day, reason="Counted anew.") for row, (value, day) in enumerate(arrivals, start=1)]
    rulings = rule(given, known(), hold=frozen.hold)
    assert [str(ruling.status) for ruling in rulings] == statuses
    fresh = [ruling for ruling in rulings if ruling.status is Status.WAITING and ruling.arrival.row in frozen.fresh]
    assert len(fresh) == (0 if waiting else min(1, statuses.count("waiting")))


def test_a_correction_that_waits_says_what_stands_and_until_when():
    [ruling] = rule([arrival(1, "7")], known(), hold=Frozen([window()], UTC).hold)
    assert ruling.sentence == (
        "Waits for approval: the period is frozen until 27 Nov 2026 (The yearly evaluation). 5 stands meanwhile."
    )
    assert (ruling.revision, ruling.before) == (1, Decimal(5))


@pytest.mark.parametrize(
    "value, sample, repeats", [("7", 30, True), ("7", None, True), ("7", 31, False), ("8", 30, False)]
)
def test_the_same_wish_again(value, sample, repeats):
    assert Wanted(Decimal(7), 30).says(Decimal(value), sample) is repeats
