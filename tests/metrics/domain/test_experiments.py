"""What the figures of an experiment say, and what speaks against a verdict."""

import pytest

from metrics.domain.experiments import Design, Measure, concerns, needed, result_of, sample_of
from metrics.domain.sizing import Undetectable

WAIT = Measure("waiting", "mean", "lower")


def design(*further: Measure, expects: str = "rise", variants: int = 2) -> Design:
    names = tuple(f"V{number}" for number in range(variants))
    return Design(names, (Measure("rate", "share", "higher"), *further), expects, 10, 0.05, 388)


def figures(*counts: tuple[int, int]) -> dict[str, list[dict[str, str]]]:
    return {"rate": [{"cases": str(cases), "count": str(count)} for count, cases in counts]}


CLEAR = figures((160, 400), (200, 400))
NONE = figures((160, 400), (162, 400))
WORSE = figures((200, 400), (160, 400))
EARLY = figures((40, 100), (62, 100))
VAGUE = figures((160, 400), (180, 400))


def test_a_result_is_told_in_percentage_points_with_its_interval() -> None:
    found = result_of(design(), CLEAR)
    (only,) = found.primary
    assert (only.gap.estimate, only.real, found.smallest) == (pytest.approx(10), True, 400)
    assert 3 < only.gap.low < 10 < only.gap.high < 17


@pytest.mark.parametrize(
    "seen, verdict, words",
    [
        (CLEAR, "supported", []),
        (NONE, "supported", ["lies over zero"]),
        (WORSE, "supported", ["No variant moved"]),
        (EARLY, "supported", ["100 of the 388"]),
        (EARLY, "not_supported", ["100 of the 388", "A difference as expected"]),
        (EARLY, "stopped", []),
        (WORSE, "not_supported", []),
        (VAGUE, "not_supported", ["still holds the difference"]),
        (VAGUE, "inconclusive", []),
        (CLEAR, "inconclusive", ["A difference as expected"]),
    ],
)
def test_what_speaks_against_a_verdict_is_said(seen: dict, verdict: str, words: list[str]) -> None:
    found = concerns(design(), result_of(design(), seen), verdict, 0)
    assert len(found) == len(words)
    assert all(word in sentence for word, sentence in zip(words, found, strict=True))


def test_a_fall_that_is_hoped_for_counts_as_expected() -> None:
    falling = design(expects="fall")
    assert concerns(falling, result_of(falling, WORSE), "supported", 0) == []


def test_looking_early_raises_the_chance_of_a_false_alarm() -> None:
    (said,) = concerns(design(), result_of(design(), CLEAR), "supported", 4)
    assert "4 times before the planned sample" in said
    assert "from 5 % to about 14 %" in said


def test_a_further_metric_that_gets_worse_speaks_against_support() -> None:
    both = design(WAIT)
    slow = {"waiting": [{"cases": "400", "mean": mean, "deviation": "2"} for mean in ("8", "9")]}
    (said,) = concerns(both, result_of(both, CLEAR | slow), "supported", 0)
    assert said.startswith("“waiting” got worse under “V1”")
    quick = {"waiting": slow["waiting"][::-1]}
    assert concerns(both, result_of(both, CLEAR | quick), "supported", 0) == []


def test_every_comparison_makes_the_line_stricter() -> None:
    two, four = design(), design(variants=4)
    seen = figures((160, 400), (190, 400))
    more = figures((160, 400), (190, 400), (161, 400), (165, 400))
    (alone,), among = result_of(two, seen).primary, result_of(four, more).primary
    assert alone.real
    assert not among[0].real
    assert among[0].corrected == pytest.approx(3 * alone.chance)
    said = concerns(four, result_of(four, more), "supported", 0)
    assert said == ["Corrected for the number of comparisons, the difference is within what chance does."]


def test_a_plan_for_more_variants_needs_more_cases() -> None:
    asked = {"kind": "share", "base": 40.0, "effect": 10.0, "deviation": 0.0, "alpha": 5.0, "power": 80.0}
    assert needed(**asked, variants=2) == 388
    assert needed(**asked, variants=3) > 450
    assert needed(**asked | {"kind": "mean", "effect": 1.0, "deviation": 1.0}, variants=2) == 17
    with pytest.raises(Undetectable):
        needed(**asked | {"effect": 0.000001}, variants=2)


@pytest.mark.parametrize(
    "kind, entry",
    [
        ("share", {"cases": "10", "count": "11"}),
        ("share", {"cases": "0", "count": "0"}),
        ("mean", {"cases": "1", "mean": "1", "deviation": "1"}),
        ("mean", {"cases": "5", "mean": "1", "deviation": "-1"}),
    ],
)
def test_what_is_no_sample_is_refused(kind: str, entry: dict[str, str]) -> None:
    with pytest.raises(ValueError):
        sample_of(kind, entry)
