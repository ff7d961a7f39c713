"""From what checks find to verdict, score and incident; and what must hold whatever the values are."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.domain.quality import spread
from metrics.domain.quality.catalogue import KINDS, Setting, Severity, read_parameters
from metrics.domain.quality.judging import (
    REOPENS_WITHIN,
    Step,
    Verdict,
    outcome_of,
    score,
    score_lines,
    step,
)
from tests.metrics.domain.quality_lines import HOUR, STEADY, line, setting


def test_what_was_accepted_counts_no_longer_and_what_is_tolerated_passes():
    material = line([*STEADY, 800])
    first = outcome_of(setting("outliers"), material)
    assert (first.verdict, len(first.findings)) == (Verdict.FAIL, 1)
    again = outcome_of(setting("outliers"), material, {first.findings[0].key})
    assert (again.verdict, again.accepted) == (Verdict.PASS, 1)
    other = outcome_of(setting("outliers"), line([*STEADY, 801]), {first.findings[0].key})
    assert other.verdict == Verdict.FAIL
    gap = outcome_of(setting("completeness"), line([1] * 9 + ["."]))
    assert (gap.verdict, "which is allowed" in gap.sentence) == (Verdict.PASS, True)


def test_missing_history_never_passes():
    for key in KINDS:
        assert outcome_of(setting(key), line([])).verdict == Verdict.UNKNOWN, key


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([], None),
        ([("outliers", "high", "unknown")], None),
        ([("outliers", "high", "pass")], 100),
        ([("outliers", "high", "fail"), ("sample", "low", "pass")], 20),
        ([("outliers", "low", "fail"), ("sample", "medium", "pass"), ("bounds", "high", "pass")], 85),
        ([("outliers", "low", "pass"), ("outliers", "low", "fail")], 0),  # two segments of one check
        ([("outliers", "low", "unknown"), ("outliers", "low", "pass")], 100),
    ],
)
def test_score(verdicts, expected):
    outcomes = [(setting(check, severity), Verdict(verdict)) for check, severity, verdict in verdicts]
    assert score(score_lines(outcomes)) == expected


NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("verdict", "is_open", "closed_at", "expected"),
    [
        ("pass", False, None, Step.NOTHING),
        ("pass", True, None, Step.CLOSE),
        ("fail", False, None, Step.OPEN),
        ("fail", True, None, Step.ATTACH),
        ("fail", True, NOW, Step.ATTACH),
        ("fail", False, NOW - REOPENS_WITHIN, Step.REOPEN),
        ("fail", False, NOW - REOPENS_WITHIN - HOUR, Step.OPEN),
        ("unknown", True, None, Step.NOTHING),
        ("unknown", False, NOW, Step.NOTHING),
    ],
)
def test_what_becomes_of_an_incident(verdict, is_open, closed_at, expected):
    assert step(Verdict(verdict), is_open=is_open, closed_at=closed_at, now=NOW) is expected


def test_what_is_moot_ends_and_is_no_pass():
    assert step(Verdict.UNKNOWN, is_open=True, closed_at=None, now=NOW, moot=True) is Step.CLOSE
    assert step(Verdict.UNKNOWN, is_open=False, closed_at=None, now=NOW, moot=True) is Step.NOTHING
    assert outcome_of(setting("accuracy"), line([1])).verdict == Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("check", "raw", "wrong"),
    [
        ("completeness", {"periods": "0"}, "periods"),
        ("completeness", {"periods": "2.5"}, "periods"),
        ("completeness", {"share": "NaN"}, "share"),
        ("completeness", {"share": "101"}, "share"),
        ("outliers", {"threshold": ""}, "threshold"),
        ("outliers", {"threshold": "much"}, "threshold"),
        ("cumulative", {"restart": "monthly"}, "restart"),
        ("bounds", {"low": "2", "high": "1"}, "high"),
        ("bounds", {"low": "", "high": None}, None),
        ("comparison", {"metric": " csat "}, None),
    ],
)
def test_parameters_are_read_or_refused_with_a_sentence(check, raw, wrong):
    read, errors = read_parameters(KINDS[check], raw)
    assert list(errors) == ([wrong] if wrong else [])
    assert all(sentence.endswith(".") for sentence in errors.values())
    if not wrong:
        kept = Setting(kind=KINDS[check], on=True, severity=Severity.LOW, parameters=read).stored()
        assert read_parameters(KINDS[check], kept) == (read, {}), "what is stored is read again as it was"


numbers = st.lists(
    st.one_of(st.just("."), st.none(), st.decimals(-1000, 1000, places=2, allow_nan=False, allow_infinity=False)),
    max_size=30,
)


@given(numbers=numbers)
def test_every_check_answers_every_series_the_same_each_time(numbers):
    material = line(numbers)
    for key in KINDS:
        made = setting(key)
        first, second = outcome_of(made, material), outcome_of(made, line(numbers))
        assert first == second
        assert first.sentence.endswith(".")
        assert (first.verdict == Verdict.FAIL) == bool(first.findings)
        if first.verdict == Verdict.FAIL:
            keys = {each.key for each in first.findings}
            assert len(keys) == len(first.findings), "each finding can be accepted by itself"
            assert outcome_of(made, material, keys).verdict == Verdict.PASS


@given(series=st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=40), shift=st.floats(-1e6, 1e6))
def test_scores_do_not_hang_on_where_zero_is(series, shift):
    plain, moved = spread.modified_z(series), spread.modified_z([value + shift for value in series])
    order = sorted(range(len(series)), key=lambda place: series[place])
    assert all(moved[a] <= moved[b] for a, b in pairwise(order))
    assert all(plain[a] <= plain[b] for a, b in pairwise(order))


@given(st.lists(st.sampled_from(["pass", "fail", "unknown"]), min_size=1, max_size=8))
def test_a_score_is_between_0_and_100_and_100_only_without_a_failure(verdicts):
    outcomes = [(setting(key), Verdict(verdict)) for key, verdict in zip(KINDS, verdicts, strict=False)]
    figure = score(score_lines(outcomes))
    judged = [verdict for verdict in verdicts if verdict != "unknown"]
    assert figure is None if not judged else 0 <= figure <= 100
    if judged:
        assert (figure == 100) == ("fail" not in judged)
