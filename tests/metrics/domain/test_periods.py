"""Cadences in a metric's time zone: which period a moment lies in, when it has settled, across changes of the clock."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.domain.periods import Cadence, Duration, expected_periods, instant

CADENCES = ["daily", "weekly", "monthly", "quarterly", "yearly", "P2W", "P6M", "PT5M", "PT7M", "PT6H", "PT24H"]
ZONES = [
    "UTC",
    "Europe/Lisbon",
    "America/New_York",
    "America/Havana",
    "America/Sao_Paulo",
    "Asia/Kathmandu",
    "Pacific/Apia",
]
BEGIN = datetime(1995, 1, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 40 * 365 * 86400).map(lambda seconds: BEGIN + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("text", "moment", "start", "end"),
    [
        ("daily", date(2026, 3, 29), "2026-03-29", "2026-03-30"),
        ("weekly", date(2026, 1, 1), "2025-12-29", "2026-01-05"),
        ("weekly", date(2026, 1, 4), "2025-12-29", "2026-01-05"),
        ("weekly", date(2026, 1, 5), "2026-01-05", "2026-01-12"),
        ("monthly", date(2024, 2, 29), "2024-02-01", "2024-03-01"),
        ("monthly", date(2026, 12, 31), "2026-12-01", "2027-01-01"),
        ("quarterly", date(2026, 5, 20), "2026-04-01", "2026-07-01"),
        ("quarterly", date(2026, 12, 31), "2026-10-01", "2027-01-01"),
        ("yearly", date(2026, 5, 20), "2026-01-01", "2027-01-01"),
        ("P6M", date(2026, 7, 1), "2026-07-01", "2027-01-01"),
        ("P1W", date(2026, 1, 5), "2026-01-05", "2026-01-12"),
        ("P7D", date(2026, 1, 5), "2026-01-05", "2026-01-12"),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Europe/Lisbon", "America/New_York", "Asia/Tokyo"])
def test_a_local_date_lies_in_its_local_period(text, moment, start, end, zone):
    period = Cadence.of(text, time_zone=zone).containing(moment)
    local = [at.astimezone(ZoneInfo(zone)) for at in period]
    assert [(at.date().isoformat(), at.hour) for at in local] == [(start, 0), (end, 0)]


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Lisbon", date(2026, 3, 29), 23),
        ("Europe/Lisbon", date(2026, 10, 25), 25),
        ("America/Havana", date(2026, 3, 8), 23),  # the clock skips midnight: the day begins at 01:00
        ("America/Havana", date(2026, 11, 1), 25),  # 00:00 to 01:00 comes twice
        ("UTC", date(2026, 3, 29), 24),
    ],
)
def test_a_day_has_as_many_hours_as_the_clock_gives_it(zone, day, hours):
    period = Cadence.of("daily", time_zone=zone).containing(day)
    assert period.end - period.start == timedelta(hours=hours)
    assert Cadence.of("daily", time_zone=zone).containing(period.start) == period


def test_minutes_are_counted_through_the_hour_that_comes_twice():
    cadence = Cadence.of("PT5M", time_zone="Europe/Lisbon")
    begin = datetime(2026, 10, 25, 0, 55, tzinfo=UTC)
    periods = list(expected_periods(begin, begin + timedelta(minutes=20), cadence))
    assert [period.start for period in periods] == [begin + timedelta(minutes=5 * step) for step in range(4)]


@given(MOMENTS, st.sampled_from(CADENCES), st.sampled_from(ZONES))
def test_every_moment_lies_in_exactly_one_period(moment, text, zone):
    cadence = Cadence.of(text, time_zone=zone)
    index = cadence.index(moment)
    period = cadence.period(index)
    assert period.start <= moment < period.end
    assert cadence.index(period.start) == index
    assert cadence.index(period.end) == index + 1
    assert cadence.index(period.end - timedelta(microseconds=1)) == index


@given(MOMENTS, st.integers(0, 40), st.sampled_from(CADENCES), st.sampled_from(ZONES))
def test_expected_periods_join_without_gap_and_end_with_the_last_settled(first, count, text, zone):
    cadence = Cadence.of(text, time_zone=zone, settle_after="PT30M")
    as_of = cadence.period(cadence.index(first) + count).start
    periods = list(expected_periods(first, as_of, cadence))
    assert [period.end for period in periods[:-1]] == [period.start for period in periods[1:]]
    assert all(cadence.settled_at(period.end) <= as_of for period in periods)
    following = periods[-1].end if periods else cadence.containing(first).start
    assert cadence.settled_at(cadence.containing(following).end) > as_of


@pytest.mark.parametrize(
    ("settle_after", "as_of", "count"),
    [
        ("P0D", datetime(2026, 1, 11, 23, 59, tzinfo=UTC), 0),
        ("P0D", datetime(2026, 1, 12, tzinfo=UTC), 1),
        ("P2D", datetime(2026, 1, 13, 23, 59, tzinfo=UTC), 0),
        ("P2D", datetime(2026, 1, 14, tzinfo=UTC), 1),
        (timedelta(days=2), datetime(2026, 1, 14, tzinfo=UTC), 1),
        (Duration(days=2), datetime(2026, 1, 14, tzinfo=UTC), 1),
        ("P30D", datetime(2026, 2, 18, tzinfo=UTC), 1 + 1),
        ("P0D", datetime(2025, 1, 1, tzinfo=UTC), 0),
    ],
)
def test_a_period_is_expected_once_it_has_settled(settle_after, as_of, count):
    cadence = Cadence.of("weekly", settle_after=settle_after)
    assert len(list(expected_periods(date(2026, 1, 5), as_of, cadence))) == count


def test_more_periods_than_can_be_looked_at_are_refused():
    with pytest.raises(ValueError, match="86400000 periods; at most 200000"):
        list(expected_periods(date(2026, 1, 1), datetime(2028, 9, 27, tzinfo=UTC), Cadence.of("PT1S")))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("P1Y2M3W4DT5H6M7S", Duration(months=14, days=25, seconds=18367)),
        ("pt5m ", Duration(seconds=300)),
        ("P0D", Duration()),
        ("P2W", Duration(days=14)),
        ("P1M", Duration(months=1)),
    ],
)
def test_durations_are_read_as_iso_8601_has_them(text, expected):
    assert Duration.parse(text) == expected
    assert Duration.parse(str(expected)) == expected


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "P1", "1D", "P-1D", "P1.5D", "P1DT", "PT5X", "P٣D", "P1D P1D", "P999999999D"]
)
def test_what_is_not_a_duration_is_refused_with_a_sentence(text):
    with pytest.raises(ValueError, match="is not a duration; write for example"):
        Duration.parse(text)


@pytest.mark.parametrize("text", ["sometimes", "P0D", "P1M1D", "P1DT1H", "", "hourly"])
def test_what_is_not_a_cadence_is_refused_with_a_sentence(text):
    with pytest.raises(ValueError, match=r"(cannot be a cadence|is not a duration)"):
        Cadence.of(text)


@pytest.mark.parametrize("zone", ["Mars/Phobos", "", "../etc/passwd", "A" * 300, "Europe/\0"])
def test_what_is_not_a_time_zone_is_refused_with_a_sentence(zone):
    with pytest.raises(ValueError, match="is not a time zone"):
        Cadence.of("daily", time_zone=zone)


@pytest.mark.parametrize(
    ("duration", "moment", "expected"),
    [
        ("P1M", "2026-01-31T12:00", "2026-02-28T12:00"),
        ("P1M", "2026-11-30T12:00", "2026-12-30T12:00"),
        ("P1M", "2026-12-31T12:00", "2027-01-31T12:00"),
        ("P12M", "2024-02-29T12:00", "2025-02-28T12:00"),
        ("P11M", "2026-01-15T12:00", "2026-12-15T12:00"),
        ("P1D", "2026-03-28T12:00", "2026-03-29T12:00"),
        ("PT24H", "2026-03-28T12:00", "2026-03-29T13:00"),
        ("P1DT1H", "2026-03-28T12:00", "2026-03-29T13:00"),
    ],
)
def test_months_and_days_follow_the_calendar_hours_the_clock(duration, moment, expected):
    zone = ZoneInfo("Europe/Lisbon")
    later = Duration.parse(duration).after(datetime.fromisoformat(moment).replace(tzinfo=zone), zone)
    assert later.astimezone(zone).isoformat()[:16] == expected


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (date(2026, 7, 1), datetime(2026, 6, 30, 23, tzinfo=UTC)),
        (datetime.fromisoformat("2026-07-01T08:00"), datetime(2026, 7, 1, 7, tzinfo=UTC)),
        (datetime(2026, 7, 1, 8, tzinfo=UTC), datetime(2026, 7, 1, 8, tzinfo=UTC)),
    ],
)
def test_moments_without_a_zone_are_local(moment, expected):
    assert instant(moment, ZoneInfo("Europe/Lisbon")) == expected
    assert instant(moment, ZoneInfo("Europe/Lisbon")).tzinfo is UTC


def test_a_settling_time_of_years_is_found_at_once():
    cadence = Cadence.of("PT1S", settle_after="P3Y")
    as_of = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert cadence.start_of(cadence.last_settled(as_of) + 1) == datetime(2023, 3, 1, 12, tzinfo=UTC)


@given(MOMENTS, st.integers(0, 100), st.sampled_from(CADENCES), st.sampled_from(ZONES))
def test_the_last_settled_period_is_the_newest_one_that_has_settled(as_of, days, text, zone):
    cadence = Cadence.of(text, time_zone=zone, settle_after=timedelta(days=days))
    last = cadence.last_settled(as_of)
    assert cadence.settled_at(cadence.period(last).end) <= as_of < cadence.settled_at(cadence.period(last + 1).end)


@pytest.mark.parametrize(
    ("end", "span", "expected"),
    [(5, 0, 5), (5, 1, 12), (5, 2, 19), (5, Duration(days=1), 6), (5, Duration(), 5)],
)
def test_beyond_counts_periods_or_a_duration(end, span, expected):
    cadence = Cadence.of("weekly", time_zone="Europe/Lisbon")
    moment = cadence.beyond(datetime(2026, 1, end, tzinfo=UTC), span)
    assert moment == datetime(2026, 1, expected, tzinfo=UTC)


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (Duration(months=14), "P14M"),
        (Duration(days=9), "P9D"),
        (Duration(months=1, days=2), "P1M2D"),
        (Duration(seconds=90), "PT90S"),
        (Duration(days=1, seconds=5), "P1DT5S"),
        (Duration(), "PT0S"),
    ],
)
def test_a_duration_has_one_text(duration, text):
    assert str(duration) == text
    assert bool(duration) is (text != "PT0S")


def test_two_hundred_thousand_periods_and_no_more():
    cadence, begin = Cadence.of("PT1S"), datetime(2026, 1, 1, tzinfo=UTC)
    assert sum(1 for _ in expected_periods(begin, begin + timedelta(seconds=200_000), cadence)) == 200_000
    with pytest.raises(ValueError, match="200001 periods"):
        next(expected_periods(begin, begin + timedelta(seconds=200_001), cadence))


def test_expected_periods_begin_with_the_local_day():
    periods = list(
        expected_periods(
            date(2026, 1, 1), datetime(2026, 1, 3, tzinfo=UTC), Cadence.of("daily", time_zone="Asia/Tokyo")
        )
    )
    assert [period.start for period in periods] == [
        datetime(2025, 12, 31, 15, tzinfo=UTC),
        datetime(2026, 1, 1, 15, tzinfo=UTC),
    ]
