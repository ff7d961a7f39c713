"""Snoozing: it mutes messages, ends by itself, and gives way to a rise in severity."""

from datetime import UTC, datetime, timedelta

import pytest

from metrics.domain.snooze import Snooze, muted

UNTIL = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("snoozed_at", "severity", "before_the_end", "expected"),
    [
        ("major", "major", timedelta(seconds=1), True),
        ("major", "minor", timedelta(seconds=1), True),
        ("major", "critical", timedelta(seconds=1), False),
        ("minor", "major", timedelta(days=9), False),
        ("critical", "critical", timedelta(days=9), True),
        ("major", "major", timedelta(0), False),
        ("major", "major", -timedelta(days=1), False),
    ],
)
def test_a_snooze_mutes_until_its_end_unless_the_severity_rises(snoozed_at, severity, before_the_end, expected):
    assert muted(Snooze(UNTIL, snoozed_at), severity=severity, at=UNTIL - before_the_end) is expected


def test_without_a_snooze_nothing_is_muted():
    assert not muted(None, severity="minor", at=UNTIL)
