"""The calculator's answers in words: an interval, a change, a size of sample, a least effect."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from config.templatetags.premise import num
from metrics.domain import sizing
from metrics.domain.sizing import Plan, Undetectable
from metrics.domain.statistics import (
    Interval,
    Mean,
    Share,
    mean_differs,
    mean_interval,
    newcombe,
    share_differs,
    welch,
    wilson,
)

METHODS = {
    ("interval", "share"): "Wilson’s score interval (1927).",
    ("interval", "mean"): "Student’s t.",
    ("change", "share"): "Score test with the pooled share; the interval of the difference by Newcombe (1998).",
    ("change", "mean"): "Welch’s test and interval: the deviations need not be alike.",
    ("size", "share"): "Fleiss, without correction for continuity; as power.prop.test in R.",
    ("size", "mean"): "Student’s t, repeated until size and degrees of freedom agree.",
    ("effect", "share"): "Fleiss, without correction for continuity, solved for the difference.",
    ("effect", "mean"): "Student’s t.",
}


@dataclass(frozen=True)
class Answer:
    """What comes out: a sentence, figures, and what to beware of."""

    sentence: str
    facts: list[tuple[str, str]] = field(default_factory=list)
    warning: str = ""


def answer(ask: str, of: str, given: Mapping[str, Any]) -> Answer:
    """Answer a question from cleaned figures; Undetectable where there is no answer, with the sentence."""
    answers = {"interval": _interval, "change": _change, "size": _size, "effect": _effect}
    return answers[ask](of, given)


def _interval(of: str, given: Mapping[str, Any]) -> Answer:
    level = float(given["level"]) / 100
    if of == "share":
        found = wilson(_share(given, "first"), level)
        between = f"{_percent(found.low)} and {_percent(found.high)}"
        said = f"{_percent(found.estimate)} of {num(given['first_cases'])}: between {between}"
    else:
        found = mean_interval(_mean(given, "first"), level)
        between = f"{_plain(found.low, found)} and {_plain(found.high, found)}"
        said = f"A mean of {num(given['first'])} over {num(given['first_cases'])}: between {between}"
    return Answer(f"{said}, with {num(given['level'])} % confidence.")


def _change(of: str, given: Mapping[str, Any]) -> Answer:
    level, comparisons, looks = float(given["level"]) / 100, given["comparisons"], given["looks"]
    if of == "share":
        before, after = _share(given, "first"), _share(given, "second")
        gap, chance = newcombe(after, before, level), share_differs(after, before)
        said, edges = _points(gap.estimate), (_points(gap.low, ""), _points(gap.high))
    else:
        earlier, later = _mean(given, "first"), _mean(given, "second")
        gap, chance = welch(later, earlier, level), mean_differs(later, earlier)
        said, edges = _plain(gap.estimate, gap), (_plain(gap.low, gap), _plain(gap.high, gap))
    line = (1 - level) / comparisons
    real = chance < line
    verdict = "is more than chance does" if real else "is within what chance does"
    facts = [
        (f"With {num(given['level'])} % confidence", f"between {edges[0]} and {edges[1]}"),
        ("Chance of such a difference where there is none (p)", chance_words(chance)),
    ]
    if comparisons > 1:
        facts.append((f"Line for {num(comparisons)} comparisons", f"p below {chance_words(line)} for the first (Holm)"))
    return Answer(
        f"A difference of {said}, from the first to the second: it {verdict}.", facts, peeking(looks, 1 - level)
    )


def peeking(looks: int, alpha: float) -> str:
    """Say what looking more than once costs; nothing for one look."""
    if looks < 2:
        return ""
    alarm = sizing.alarm_after(min(looks, sizing.MOST_LOOKS), round(alpha, 6))
    return (
        f"Looked at {looks} times. Where nothing has changed, {looks} looks still show a difference at least once in "
        f"{_percent(alarm)} of all comparisons, not in {_percent(alpha)}. Decide the size of the sample beforehand, "
        "and judge once it is reached."
    )


def _size(of: str, given: Mapping[str, Any]) -> Answer:
    plan = plan_of(given)
    if of == "share":
        base, effect = float(given["base"]) / 100, float(given["effect"]) / 100
        first = max(1, _up(sizing.cases_for_shares(base, min(1.0, max(0.0, base + effect)), plan)))
        what = f"from {_percent(base)} to {_percent(base + effect)}"
    else:
        first = max(2, _up(sizing.cases_for_means(float(given["effect"]), float(given["deviation"]), plan)))
        what = f"of {num(given['effect'])} in the mean"
    if first > sizing.MOST_CASES:
        raise Undetectable("That would take more cases than there could be; look for a larger difference.")
    second = max(1 if of == "share" else 2, plan.second(first))
    groups = f"{num(first)} in each group" if first == second else f"{num(first)} in the first and {num(second)}"
    tail = "" if first == second else " in the second group"
    sentence = f"To see a change {what}, {groups}{tail}: {num(first + second)} cases in all."
    return Answer(sentence, _demanded(given))


def _effect(of: str, given: Mapping[str, Any]) -> Answer:
    plan, cases = plan_of(given), given["cases"]
    second = plan.second(cases)
    groups = f"{num(cases)} cases in each group" if cases == second else f"{num(cases)} and {num(second)} cases"
    if of == "mean":
        least = sizing.least_mean_effect(cases, float(given["deviation"]), plan)
        said = _plain(least, Interval(least, 0, least))
        return Answer(f"{groups} would show a difference of {said} or more in the mean.", _demanded(given))
    base = float(given["base"]) / 100
    ways = []
    for upwards, word in ((True, "a rise to"), (False, "a fall to")):
        try:
            least = sizing.least_share_effect(base, cases, plan, upwards=upwards)
        except Undetectable:
            continue
        ways.append(f"{word} {_percent(base + least if upwards else base - least, 2)}")
    if not ways:
        raise Undetectable("So few cases would not show even the largest difference there can be.")
    return Answer(f"From {_percent(base)}, {groups} would show {' or '.join(ways)}, or more.", _demanded(given))


def _demanded(given: Mapping[str, Any]) -> list[tuple[str, str]]:
    sides = "a difference either way" if given["sides"] == "two" else "a difference in one direction"
    return [
        ("Demanded", f"{num(given['power'])} % power, {num(given['alpha'])} % false alarms, {sides}"),
        ("Beware", "The size holds for one look at the end. Looking earlier needs more cases."),
    ]


def plan_of(given: Mapping[str, Any]) -> Plan:
    """Return what is demanded, from percentages as people type them."""
    return Plan(
        alpha=float(given["alpha"]) / 100,
        power=float(given["power"]) / 100,
        two_sided=given["sides"] == "two",
        ratio=float(given.get("ratio") or 1),
    )


def _share(given: Mapping[str, Any], name: str) -> Share:
    return Share(float(given[name]) / 100, given[f"{name}_cases"])


def _mean(given: Mapping[str, Any], name: str) -> Mean:
    return Mean(float(given[name]), float(given[f"{name}_deviation"]), given[f"{name}_cases"])


def _up(cases: float) -> int:
    return int(-(-cases // 1)) if cases < 1e15 else 10**15


def chance_words(chance: float) -> str:
    """Write a p-value."""
    return "less than 0.0001" if chance < 0.0001 else num(round(chance, 4 if chance < 0.01 else 3))


def _percent(share: float, places: int = 1) -> str:
    return f"{num(round(share * 100, places) + 0.0)}\u202f%"


def _points(share: float, unit: str = " percentage points") -> str:
    return f"{num(round(share * 100, 1) + 0.0)}{unit}"


def _plain(value: float, beside: Interval) -> str:
    """Write a number with as many places as the width of its interval gives sense to."""
    width = beside.high - beside.low
    places = min(6, max(0, 2 - math.floor(math.log10(width)))) if width > 0 else 6
    return num(round(value, places) + 0.0)
