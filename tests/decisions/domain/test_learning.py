"""Times from a breach to its answer, false alarms, and what came of a condition."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from decisions.domain.learning import (
    Ending,
    Figure,
    Firing,
    Taking,
    Turn,
    Usefulness,
    false_alarm,
    figures,
    usefulness,
)

MARCH = datetime(2026, 3, 10, 12, tzinfo=UTC)
UNTIL = date(2026, 5, 3)


def turn(hours: float = 10, **fields: object) -> Turn:
    """Broken at noon on 10 March, told an hour later, acknowledged after two more, answered after `hours` in all."""
    told = {
        "owner": "ada",
        "severity": "major",
        "opened": MARCH + timedelta(hours=1),
        "breached": MARCH,
        "signalled": MARCH + timedelta(hours=1),
        "acknowledged": MARCH + timedelta(hours=3),
        "closed": MARCH + timedelta(hours=hours),
        "outcome": "reaffirm",
        "by_signal": True,
    }
    return Turn(**(told | fields))


def values(*facts: object, segment: str = "") -> dict[str, Decimal]:
    return {each.key: each.value for each in figures(facts, until=UNTIL) if each.segment == segment}


def test_every_stage_has_its_median_in_hours():
    assert values(turn(), turn(20), turn(90)) == {
        "premise_breach_to_signal": Decimal("1.0"),
        "premise_signal_to_acknowledgement": Decimal("2.0"),
        "premise_acknowledgement_to_outcome": Decimal("17.0"),
        "premise_decision_latency": Decimal("20.0"),
        "premise_share_reaffirmed": Decimal("100.0"),
        "premise_false_alarm_share": Decimal("0.0"),
    }


def test_what_no_value_raised_has_no_breach_and_counts_from_its_opening():
    found = values(turn(breached=None, signalled=None, by_signal=False))
    assert "premise_breach_to_signal" not in found
    assert "premise_false_alarm_share" not in found
    assert found["premise_decision_latency"] == 9
    assert found["premise_signal_to_acknowledgement"] == 2


def test_what_a_correction_took_back_was_not_answered_but_was_a_false_alarm():
    found = values(turn(retracted=True, outcome="", acknowledged=None, false_alarm=True))
    assert found == {"premise_breach_to_signal": 1, "premise_false_alarm_share": 100}


def test_segments_are_severities_and_owners_whose_decisions_may_be_named():
    both = (turn(10), turn(20, severity="minor", owner="bob"), turn(30, named=False))
    assert values(*both, segment="severity:major")["premise_decision_latency"] == 20
    assert values(*both, segment="owner:ada")["premise_decision_latency"] == 10
    assert values(*both, segment="owner:bob")["premise_decision_latency"] == 20
    assert "premise_share_reaffirmed" not in values(*both, segment="owner:ada")


def test_shares_are_means_in_percent():
    found = values(turn(), turn(outcome="amend"), turn(outcome="stop", false_alarm=True))
    assert found["premise_share_reaffirmed"] == Decimal("33.3")
    assert found["premise_false_alarm_share"] == Decimal("33.3")


def test_decision_time_is_by_tier_and_trade_offs_succeed_or_not():
    begun = MARCH - timedelta(days=3, hours=12)
    assert values(Taking(tier="tactical", begun=begun, approved=MARCH)) == {
        "premise_decision_time_tactical": Decimal("3.5")
    }
    ends = [Ending(at=MARCH, achieved=achieved) for achieved in (True, True, False)]
    assert values(*ends) == {"premise_trade_off_success_rate": Decimal("66.7")}


@pytest.mark.parametrize(
    ("closed", "month"),
    [
        (datetime(2026, 3, 31, 23, 59, tzinfo=UTC), date(2026, 3, 1)),
        (datetime(2026, 4, 30, 23, 59, tzinfo=UTC), date(2026, 4, 1)),
        (datetime(2026, 5, 1, tzinfo=UTC), None),
    ],
)
def test_a_fact_counts_in_the_month_in_which_it_closed_once_that_is_over(closed, month):
    months = {each.month for each in figures([Ending(at=closed, achieved=True)], until=UNTIL)}
    assert months == ({month} if month else set())


def test_a_figure_says_over_how_many_facts_it_is():
    ends = [Ending(at=MARCH, achieved=True)] * 4
    assert figures(ends, until=UNTIL) == [
        Figure("premise_trade_off_success_rate", "", date(2026, 3, 1), Decimal("100.0"), 4)
    ]


LATER, EARLIER = MARCH + timedelta(hours=1), MARCH - timedelta(hours=1)


@pytest.mark.parametrize(
    ("outcome", "breaches", "expected"),
    [
        ("reaffirm", [(False, EARLIER)], True),  # over before anybody answered, and nothing changed
        ("reaffirm", [(False, None)], False),  # still broken: somebody decided to live with it
        ("reaffirm", [(False, LATER)], False),
        ("reaffirm", [(False, EARLIER), (False, None)], False),
        ("reaffirm", [(False, EARLIER), (True, None)], True),
        ("amend", [(False, EARLIER)], False),  # it changed something
        ("amend", [(True, None)], True),  # but what it rested on never was
        ("reaffirm", [], False),  # a person asked
    ],
)
def test_a_false_alarm_was_taken_back_or_gone_before_the_answer_that_changed_nothing(outcome, breaches, expected):
    assert false_alarm(outcome=outcome, closed=MARCH, breaches=breaches) is expected


def test_usefulness_sums_up_what_came_of_a_condition():
    def firing(hours: float, outcome: str = "", **fields: object) -> Firing:
        told = MARCH + timedelta(hours=hours)
        return Firing(fired=MARCH, told=told, outcome=outcome, answered=bool(outcome), **fields)

    found = usefulness(
        [firing(1, "amend", flaps=2), firing(2, "reaffirm", false_alarm=True), firing(9), firing(3, "stop")]
    )
    assert found == Usefulness(fired=4, answered=3, changed=2, false=1, flaps=2, lateness=2.5 * 3600)
    assert usefulness([]) == Usefulness()
