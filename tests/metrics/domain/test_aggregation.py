"""The whole from its parts: exact, by the stated rule, in any order, and never a mean of ratios by accident."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.domain.aggregation import Missing, Part, Rule, in_words, is_ratio, refusal, scale_of, whole

RULES = list(Rule)


def part(text: str, order: int = 0) -> Part:
    """Read `90`, `90 n10` (a sample), `9/10` (numerator and denominator) or `-` (missing)."""
    value, _, sample = text.partition(" n")
    above, _, below = value.partition("/")
    return Part(
        name=f"p{order}",
        value=None if above == "-" else Decimal(above),
        denominator=Decimal(below) if below else None,
        sample_size=int(sample) if sample else None,
        order=order,
    )


def parts(text: str) -> list[Part]:
    return [part(each.strip(), order) for order, each in enumerate(text.split(",")) if each.strip()]


@pytest.mark.parametrize(
    ("rule", "given", "expected", "sample"),
    [
        ("sum", "1, 2.5, 3", "6.5", None),
        ("sum", "0.1, 0.2", "0.3", None),
        ("sum", "1 n3, 2 n4", "3", 7),
        ("mean", "1, 2", "1.5", None),
        ("mean", "1, 1, 2", "1.333333", None),
        ("weighted", "90 n10, 50 n990", "50.4", 1000),
        ("weighted", "90 n0, 50 n5", "50", 5),
        ("ratio", "9/10, 495/990", "0.504", None),
        ("ratio", "1/3, 1/3", "0.333333", None),
        ("min", "3, -2, 8", "-2", None),
        ("max", "3, -2, 8", "8", None),
        ("last", "3, 8, 5 n4", "5", 4),
    ],
)
def test_a_whole_by_each_rule(rule, given, expected, sample):
    found = whole(Rule(rule), parts(given))
    assert (found.value, found.sample_size, found.trouble) == (Decimal(expected), sample, "")


@pytest.mark.parametrize(
    ("rule", "given", "missing", "expected"),
    [
        ("sum", "", "withhold", "No segment is declared to be a part."),
        ("sum", "-, -", "zero", "No segment has a value."),
        ("sum", "1, -", "withhold", "Missing: p1."),
        ("sum", "1, -", "last", "Missing: p1."),
        ("sum", "1, -", "zero", "1"),
        ("mean", "1, -", "zero", "0.5"),
        ("weighted", "90 n10, -", "zero", "90"),
        ("weighted", "90 n10, 50", "withhold", "No sample size: p1."),
        ("weighted", "90 n0, 50 n0", "withhold", "The sample sizes add up to 0."),
        ("ratio", "1/2, 3", "withhold", "Missing: p1."),
        ("ratio", "1/2, -/5", "zero", "0.5"),
        ("ratio", "1/0, 3/0", "withhold", "The denominators add up to 0."),
        ("min", "4, -", "zero", "0"),
        ("last", "4, -", "zero", "4"),
        ("sum", "999999999999999, 999999999999999", "withhold", "The result has more than 15 digits before the point."),
    ],
)
def test_what_a_missing_part_does(rule, given, missing, expected):
    found = whole(Rule(rule), parts(given), missing=Missing(missing))
    assert expected == (found.trouble or str(found.value))


@pytest.mark.parametrize(
    ("unit", "ratio", "scale"),
    [
        ("%", True, 100),
        ("Percent", True, 100),
        ("‰", True, 1000),
        ("ratio", True, 1),
        ("share", True, 1),
        ("EUR/ticket", True, 1),
        ("EUR per customer", True, 1),
        ("%/month", True, 100),
        ("tickets", False, 1),
        ("EUR/month", False, 1),
        ("tickets per day", False, 1),
        ("days", False, 1),
        ("score", False, 1),
        ("", False, 1),
    ],
)
def test_which_units_are_ratios(unit, ratio, scale):
    assert (is_ratio(unit), scale_of(unit)) == (ratio, scale)
    for rule in Rule:
        refused = bool(refusal(rule, unit))
        assert refused == (ratio and rule in {Rule.SUM, Rule.MEAN})
    if ratio:
        assert "Choose the mean weighted by sample size" in refusal("mean", unit)


def test_every_rule_has_words():
    assert len({in_words(rule, "region", "resolved", "opened") for rule in Rule}) == len(Rule)


counts = st.tuples(st.integers(0, 10**6), st.integers(1, 10**6)).map(lambda pair: (min(pair), max(pair)))


@given(st.lists(counts, min_size=1, max_size=8))
def test_weighting_shares_by_sample_is_the_overall_share_and_so_is_the_ratio_of_sums(pairs):
    """What was counted in all, over all: each share is exact as long as its sample divides a power of ten."""
    above, below = sum(a for a, _ in pairs), sum(b for _, b in pairs)
    overall = (Decimal(above) / Decimal(below)).quantize(Decimal("0.000001"))
    made = [Part(name=str(i), value=Decimal(a), denominator=Decimal(b)) for i, (a, b) in enumerate(pairs)]
    assert whole(Rule.RATIO, made).value == overall
    exact = [Part(name=str(i), value=Decimal(a) / b, sample_size=b) for i, (a, b) in enumerate(pairs)]
    assert abs((whole(Rule.WEIGHTED, exact).value or 0) - overall) <= Decimal("0.000002")


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(2, 1000))
def test_a_ratio_of_sums_is_no_mean_of_ratios_where_sizes_and_shares_differ(hits, rest, times):
    """One segment at 100 %, one `times` as large at 0 %: the plain mean says a half whatever their sizes."""
    size = hits + rest
    made = [
        Part(name="a", value=Decimal(size), denominator=Decimal(size)),
        Part(name="b", value=Decimal(0), denominator=Decimal(size * times)),
    ]
    found = whole(Rule.RATIO, made).value
    assert found == (Decimal(1) / (1 + times)).quantize(Decimal("0.000001")).normalize()
    assert found != Decimal("0.5")


values = st.decimals(-(10**9), 10**9, places=4, allow_nan=False, allow_infinity=False)
some_parts = st.lists(
    st.tuples(st.none() | values, st.none() | st.integers(0, 10**6), st.none() | values), max_size=6
).map(
    lambda rows: [Part(name=str(i), value=v, sample_size=n, denominator=d, order=i) for i, (v, n, d) in enumerate(rows)]
)


@given(some_parts, st.sampled_from(RULES), st.sampled_from(list(Missing)), st.randoms(use_true_random=False))
def test_the_order_of_the_parts_does_not_matter(given, rule, missing, chance):
    mixed = list(given)
    chance.shuffle(mixed)
    first, second = (whole(rule, each, missing=missing) for each in (given, mixed))
    assert (first.value, first.sample_size, bool(first.trouble)) == (
        second.value,
        second.sample_size,
        bool(second.trouble),
    )
    assert (first.value is None) == bool(first.trouble)
