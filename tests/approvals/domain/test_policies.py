"""Which policy a subject gets."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.domain.policies import Candidate, Facts, choose, facts_from, mismatches

ALWAYS = Candidate(id=1, key="always", name="Always", kind="decision", priority=-100)
STRATEGIC = Candidate(id=2, key="board", name="Board", kind="decision", tiers=("strategic",))
COSTLY = Candidate(id=3, key="costly", name="Costly", kind="decision", cost_from=Decimal(50_000))
CHEAP = Candidate(id=4, key="cheap", name="Cheap", kind="decision", cost_to=Decimal(1_000))
SECRET = Candidate(id=5, key="secret", name="Secret", kind="decision", classifications=("confidential",), priority=5)
FRAGILE = Candidate(id=6, key="fragile", name="Fragile", kind="decision", fragile=True, tiers=("strategic",))
METRIC = Candidate(id=7, key="metric", name="Metric", kind="metric_definition", priority=99)
EVERY = [ALWAYS, STRATEGIC, COSTLY, CHEAP, SECRET, FRAGILE, METRIC]


@pytest.mark.parametrize(
    ("facts", "chosen"),
    [
        (Facts(kind="decision"), ALWAYS),
        (Facts(kind="decision", tier="tactical"), ALWAYS),
        (Facts(kind="decision", tier="strategic"), STRATEGIC),
        (Facts(kind="decision", tier="strategic", fragile=True), FRAGILE),
        (Facts(kind="decision", tier="tactical", fragile=True), ALWAYS),
        (Facts(kind="decision", cost=Decimal(50_000)), COSTLY),
        (Facts(kind="decision", cost=Decimal("49999.99")), ALWAYS),
        (Facts(kind="decision", cost=Decimal(1_000)), CHEAP),
        (Facts(kind="decision", cost=Decimal("1000.01")), ALWAYS),
        (Facts(kind="decision", cost=Decimal(90_000), classification="confidential"), SECRET),
        (Facts(kind="metric_definition", tier="strategic"), METRIC),
        (Facts(kind="template"), None),
    ],
)
def test_a_subject_gets(facts, chosen):
    assert choose(EVERY, facts).chosen == chosen


def test_of_equal_priority_the_more_specific_wins_then_the_key():
    facts = Facts(kind="decision", tier="strategic", cost=Decimal(60_000))
    both = Candidate(id=8, key="z", name="Both", kind="decision", tiers=("strategic",), cost_from=Decimal(1))
    assert choose([STRATEGIC, COSTLY, both], facts).chosen == both
    assert choose([COSTLY, STRATEGIC], facts).chosen == STRATEGIC


def test_every_reason_is_a_sentence_with_the_facts():
    candidate = Candidate(
        id=9,
        key="k",
        name="K",
        kind="metric_definition",
        tiers=("strategic", "tactical"),
        classifications=("confidential",),
        cost_from=Decimal(10_000),
        cost_to=Decimal(20_000),
        fragile=True,
    )
    assert list(mismatches(candidate, Facts(kind="decision", tier="operational", cost=Decimal(500)))) == [
        "It is for another kind of subject (metric_definition).",
        "The tier is operational, not strategic or tactical.",
        "The classification is not stated, not confidential.",
        "The cost is 500, and the policy begins at 10,000.",
        "The ranking is not fragile.",
    ]
    assert "The cost is not stated, and the policy ends at 20,000." in list(
        mismatches(candidate, Facts(kind="decision"))
    )
    robust = Candidate(id=1, key="r", name="R", kind="decision", fragile=False)
    assert list(mismatches(robust, Facts(kind="decision", fragile=True))) == ["The ranking is fragile."]


@pytest.mark.parametrize(("cost", "read"), [("12.50", Decimal("12.5")), (7, Decimal(7)), ("", None), (None, None)])
def test_facts_read_costs_as_apps_write_them(cost, read):
    assert facts_from("decision", {"cost": cost}).cost == read


@pytest.mark.parametrize("cost", ["NaN", "Infinity", "much"])
def test_a_cost_that_is_no_number_is_refused(cost):
    with pytest.raises(ValueError, match="is not a cost"):
        facts_from("decision", {"cost": cost})


@given(st.permutations(EVERY), st.sampled_from(["", "tactical", "strategic"]), st.booleans())
def test_the_order_of_policies_does_not_matter(order, tier, fragile):
    facts = Facts(kind="decision", tier=tier, fragile=fragile)
    assert choose(order, facts) == choose(EVERY, facts)
