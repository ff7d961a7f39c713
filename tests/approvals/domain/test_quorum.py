"""Quorum arithmetic by tables, and against every way the votes still to come could fall."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.domain.quorum import Outcome, Rule, Votes, count, needed

PASSED, HOPELESS, OPEN = Outcome.PASSED, Outcome.HOPELESS, Outcome.UNDECIDED


@pytest.mark.parametrize(
    ("rule", "votes", "expected", "outcome"),
    [
        (Rule(kind="count", value=2), Votes(approved=1, left=3), 2, OPEN),
        (Rule(kind="count", value=2), Votes(approved=2, left=3), 2, PASSED),
        (Rule(kind="count", value=2), Votes(approved=1, left=0), 2, HOPELESS),
        (Rule(kind="count", value=2), Votes(approved=1, abstained=4, left=1), 2, OPEN),
        (Rule(kind="count", value=0), Votes(left=1), 1, OPEN),
        (Rule(kind="count", value=1), Votes(rejected=1, left=9), 1, HOPELESS),
        (Rule(kind="count", value=1, one_rejection_ends=False), Votes(rejected=1, left=9), 1, OPEN),
        (Rule(kind="percentage", value=60), Votes(left=5), 3, OPEN),
        (Rule(kind="percentage", value=60), Votes(approved=3, left=2), 3, PASSED),
        (Rule(kind="percentage", value=50), Votes(approved=1, left=2), 2, OPEN),
        (Rule(kind="percentage", value=67), Votes(approved=2, left=1), 3, OPEN),
        (Rule(kind="percentage", value=66), Votes(approved=2, left=1), 2, PASSED),
        (Rule(kind="percentage", value=50, one_rejection_ends=False), Votes(rejected=3, left=2), 3, HOPELESS),
        (Rule(kind="percentage", value=50, one_rejection_ends=False), Votes(approved=2, rejected=2), 2, PASSED),
        (Rule(kind="percentage", value=50), Votes(), 1, HOPELESS),
        (Rule(kind="percentage", value=1), Votes(abstained=5), 1, HOPELESS),
        (Rule(kind="all"), Votes(approved=3, left=1), 4, OPEN),
        (Rule(kind="all"), Votes(approved=3), 3, PASSED),
        (Rule(kind="all"), Votes(approved=3, abstained=1), 3, PASSED),
        (Rule(kind="all"), Votes(abstained=3), 1, HOPELESS),
        (Rule(kind="all", one_rejection_ends=False), Votes(approved=3, rejected=1), 4, HOPELESS),
    ],
)
def test_votes_amount_to(rule, votes, expected, outcome):
    tally = count(rule, votes)
    assert (tally.needed, tally.outcome) == (expected, outcome)


def test_an_unknown_quorum_is_refused():
    with pytest.raises(ValueError, match="no quorum"):
        needed(Rule(kind="most"), Votes(left=3))


rules = st.builds(
    Rule,
    kind=st.sampled_from(["count", "percentage", "all"]),
    value=st.integers(1, 100),
    one_rejection_ends=st.booleans(),
)


@given(rules, st.integers(0, 3), st.integers(0, 3), st.integers(0, 2), st.integers(0, 5))
def test_hopeless_is_exactly_when_no_future_passes(rule, approved, rejected, abstained, left):
    tally = count(rule, Votes(approved=approved, rejected=rejected, abstained=abstained, left=left))
    futures = [
        count(
            rule,
            Votes(
                approved=approved + future.count("approve"),
                rejected=rejected + future.count("reject"),
                abstained=abstained + future.count("abstain"),
            ),
        )
        for future in product(["approve", "reject", "abstain"], repeat=left)
    ]
    if tally.outcome is not PASSED:
        assert (tally.outcome is HOPELESS) == all(future.outcome is not PASSED for future in futures)
    assert tally.needed >= 1
