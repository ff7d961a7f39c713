"""Experiments as people read them: figures with their intervals, what they mean in a sentence, lists and shares."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet

from approvals.models import User
from config.templatetags.premise import num
from metrics.domain.experiments import Comparison, Design, Estimate, Result
from metrics.domain.statistics import Interval
from metrics.models import Experiment, ExperimentLook
from metrics.queries.calculator import chance_words
from metrics.services import experiments


@dataclass(frozen=True)
class Row:
    """One variant on one measure."""

    variant: str
    cases: str
    estimate: str
    between: str
    gap: str = ""
    gap_between: str = ""
    chance: str = ""
    word: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Table:
    """What every variant shows on one measure."""

    metric: str
    name: str
    kind: str
    rows: list[Row]


def tables(plan: Mapping[str, Any], result: Result) -> list[Table]:
    """Return the figures of every measure, the primary one first."""
    compared = {(each.measure, each.variant): each for each in result.comparisons}
    design = Design.of(plan)
    found = []
    for at, measure in enumerate(plan["measures"]):
        estimates = [each for each in result.estimates if each.measure == at]
        rows = [_row(design, measure, each, compared.get((at, each.variant))) for each in estimates]
        kind = "share" if measure["kind"] == "share" else "mean"
        found.append(Table(measure["metric"], measure["name"], kind, rows))
    return found


def _row(design: Design, measure: Mapping[str, Any], estimate: Estimate, compared: Comparison | None) -> Row:
    interval = estimate.interval
    row = {
        "variant": design.variants[estimate.variant],
        "cases": num(estimate.cases),
        "estimate": _level(interval.estimate, measure, interval),
        "between": f"{_number(interval.low, interval)} to {_level(interval.high, measure, interval)}",
    }
    if compared is None:
        return Row(**row, word="control")
    gap = compared.gap
    return Row(
        **row,
        gap=_number(gap.estimate, gap),
        gap_between=f"{_number(gap.low, gap)} to {_number(gap.high, gap)}",
        chance=chance_words(compared.corrected),
        word="more than chance" if compared.real else "within chance",
        tone="info" if compared.real else "",
    )


def sentences(plan: Mapping[str, Any], result: Result) -> list[str]:
    """Say, for each comparison of the primary measure, what was seen and between which bounds."""
    measure = plan["measures"][0]
    by_variant = {each.variant: each for each in result.estimates if each.measure == 0}
    return [_sentence(plan, measure, by_variant, each) for each in result.primary]


def _sentence(
    plan: Mapping[str, Any], measure: Mapping[str, Any], by_variant: Mapping[int, Estimate], each: Comparison
) -> str:
    names, gap = plan["variants"], each.gap
    intervals = [by_variant[at].interval for at in (each.variant, 0)]
    here, there = (_level(interval.estimate, measure, interval) for interval in intervals)
    bounds = f"between {_number(gap.low, gap)} and {_number(gap.high, gap)}"
    verdict = "more than chance does" if each.real else "within what chance does"
    return (
        f"“{names[each.variant]}” {here}, “{names[0]}” {there}: a difference of {_gap(gap.estimate, measure, gap)}, "
        f"{bounds} with {num(round(gap.level * 100, 4))} % confidence; {verdict}."
    )


def _number(value: float, beside: Interval) -> str:
    """Write a number with as many places as the width of its interval gives sense to."""
    width = beside.high - beside.low
    places = min(6, max(0, math.ceil(-math.log10(width / 20)))) if width > 0 else 3
    return num(round(value, places) + 0.0)


def _level(value: float, measure: Mapping[str, Any], beside: Interval) -> str:
    unit = "%" if measure["kind"] == "share" else measure["unit"]
    return f"{_number(value, beside)}\u202f{unit}".rstrip("\u202f")


def _gap(value: float, measure: Mapping[str, Any], beside: Interval) -> str:
    unit = " percentage points" if measure["kind"] == "share" else f"\u202f{measure['unit']}" if measure["unit"] else ""
    return f"{_number(value, beside)}{unit}"


def listed(user: User, wanted: Mapping[str, str]) -> "QuerySet[Experiment]":
    """Return the experiments a person may see, narrowed down; a filter that names nothing known finds nothing."""
    found = Experiment.objects.visible_to(user).select_related("metric__definition", "owner")
    for name, column in (("state", "state"), ("verdict", "verdict"), ("metric", "metric__key")):
        if wanted.get(name):
            found = found.filter(**{column: wanted[name]})
    for word in wanted.get("find", "").split()[:8]:
        found = found.filter(Q(title__icontains=word) | Q(hypothesis__icontains=word) | Q(metric__name__icontains=word))
    return found


def verdicts(rows: "QuerySet[Experiment]") -> list[tuple[str, int, str]]:
    """Return each verdict, how many bear it, and its share of all that were judged: one query."""
    counted = dict(rows.order_by().exclude(verdict="").values_list("verdict").annotate(Count("pk")))
    judged = sum(counted.values())
    return [
        (label, counted.get(key, 0), f"{counted.get(key, 0) / judged * 100:.0f}\u202f%" if judged else "—")
        for key, label in Experiment.Verdict.choices
    ]


def newest_looks(rows: Iterable[Experiment]) -> dict[int, ExperimentLook]:
    """Return the newest look at each experiment: one query."""
    looks = ExperimentLook.objects.filter(experiment__in=[row.pk for row in rows]).order_by("number")
    return {look.experiment_id: look for look in looks}


def summary(experiment: Experiment, taken: ExperimentLook | None) -> str:
    """Return what the newest figures say of the hypothesis, in one line; empty without any."""
    if taken is None:
        return ""
    plan = experiments.plan_of(experiment)
    return " ".join(sentences(plan, experiments.result(experiment, taken)))


def early_looks(looks: Sequence[ExperimentLook]) -> int:
    """Return how many looks were taken before the planned sample."""
    return sum(each.early for each in looks)
