"""When a stage speaks up: hours from its due time → what has to have been said by then."""

from datetime import UTC, datetime, timedelta

import pytest

from approvals.domain.reminding import Clock, Word, word_at

DUE = datetime(2026, 11, 23, 12, tzinfo=UTC)
PLAIN = Clock(due_at=DUE, hours=72)
FULL = Clock(due_at=DUE, hours=72, remind_before=24, remind_every=10, expires_after=40)


@pytest.mark.parametrize(
    ("clock", "hours", "said"),
    [
        (PLAIN, -19, None),
        (PLAIN, -18, (Word.REMINDER, 0)),
        (PLAIN, 0, (Word.OVERDUE, 0)),
        (PLAIN, 9_000, (Word.OVERDUE, 0)),
        (FULL, -25, None),
        (FULL, -24, (Word.REMINDER, 0)),
        (FULL, 9, (Word.OVERDUE, 0)),
        (FULL, 10, (Word.AGAIN, 1)),
        (FULL, 29, (Word.AGAIN, 2)),
        (FULL, 30, (Word.EXPIRING, 0)),
        (FULL, 40, (Word.EXPIRED, 0)),
    ],
)
def test_a_stage_speaks_up(clock, hours, said):
    assert word_at(clock, DUE + timedelta(hours=hours)) == said
