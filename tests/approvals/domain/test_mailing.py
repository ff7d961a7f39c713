"""When a notice is mailed."""

from datetime import UTC, date, datetime, time

import pytest

from approvals.domain.mailing import Wish, digest_is_due, goes_now, is_quiet

NIGHT = {"quiet_from": time(22), "quiet_until": time(7)}
NOON = {"quiet_from": time(12), "quiet_until": time(13)}


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 23, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "now", "quiet"),
    [
        (NIGHT, at(21, 59), False),
        (NIGHT, at(22), True),
        (NIGHT, at(3), True),
        (NIGHT, at(6, 59), True),
        (NIGHT, at(7), False),
        (NOON, at(11, 59), False),
        (NOON, at(12), True),
        (NOON, at(13), False),
        ({}, at(3), False),
        ({"quiet_from": time(9), "quiet_until": time(9)}, at(9), False),
        ({"quiet_from": time(9)}, at(9), False),
    ],
)
def test_quiet_hours(hours, now, quiet):
    assert is_quiet(Wish(mode="immediate", **hours), now) is quiet


@pytest.mark.parametrize(
    ("mode", "now", "urgent", "goes"),
    [
        ("immediate", at(9), False, True),
        ("immediate", at(23), False, False),
        ("immediate", at(23), True, True),
        ("daily", at(9), False, False),
        ("daily", at(9), True, True),
        ("off", at(9), True, False),
    ],
)
def test_a_single_notice(mode, now, urgent, goes):
    assert goes_now(Wish(mode=mode, **NIGHT), now, urgent=urgent) is goes


@pytest.mark.parametrize(
    ("wish", "now", "due"),
    [
        (Wish(mode="daily", digest_hour=8), at(7, 59), False),
        (Wish(mode="daily", digest_hour=8), at(8), True),
        (Wish(mode="daily", digest_hour=8, digest_on=date(2026, 11, 23)), at(20), False),
        (Wish(mode="daily", digest_hour=8, digest_on=date(2026, 11, 22)), at(8), True),
        (Wish(mode="daily", digest_hour=0, **NIGHT), at(3), False),
        (Wish(mode="daily", digest_hour=0, **NIGHT), at(7), True),
        (Wish(mode="immediate", digest_hour=0), at(9), False),
    ],
)
def test_the_digest(wish, now, due):
    assert digest_is_due(wish, now) is due
