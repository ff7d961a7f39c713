"""The demonstration's experiments: one that failed and stays listed, one that became evidence, one that still runs."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from approvals.models import User
from metrics.models import Experiment, Metric
from metrics.services import experiments, judging

EVIDENCE = "Exceptions settled by the evening team itself"
Figures = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One experiment: its plan, every look at it with the day it was taken, and how it was judged."""

    metric: str
    plan: dict[str, Any]
    further: tuple[str, ...] = ()
    started: int  # days ago
    looks: tuple[tuple[int, Figures, str], ...] = ()
    verdict: dict[str, str] = field(default_factory=dict)
    judged: int = 0


def _share(*counts: tuple[int, int]) -> list[dict[str, Any]]:
    return [{"cases": cases, "count": count} for count, cases in counts]


def _marks(*means: tuple[int, str, str]) -> list[dict[str, Any]]:
    return [{"cases": cases, "mean": mean, "deviation": deviation} for cases, mean, deviation in means]


TRIALS = (
    Trial(
        metric="support_resolution_rate",
        plan={
            "title": "Ready-made sentences in the first answer",
            "hypothesis": "Most cases come back because the first answer leaves a question open. With ready-made "
            "sentences for the ten commonest questions, more cases are closed within two days.",
            "variants": ["As before", "With ready-made sentences"],
            "base": Decimal(80),
            "effect": Decimal(4),
        },
        started=120,
        looks=(
            (
                78,
                {"support_resolution_rate": _share((1187, 1480), (1192, 1475))},
                "All cases of six weeks, by the last digit of the case number.",
            ),
        ),
        verdict={
            "verdict": "not_supported",
            "reason": "Four points more are ruled out. Cases come back over exceptions that nobody may grant, not over "
            "how the answer is worded: that is where to look next.",
        },
        judged=77,
    ),
    Trial(
        metric="support_resolution_rate",
        further=("csat",),
        plan={
            "title": EVIDENCE,
            "hypothesis": "Cases wait for a team lead to grant an exception. When the evening team settles exceptions "
            "itself, more cases are closed within two days, and customers mark them no worse.",
            "variants": ["The team lead decides", "The evening team decides"],
            "base": Decimal(79),
            "effect": Decimal(5),
        },
        started=75,
        looks=(
            (
                45,
                {
                    "support_resolution_rate": _share((774, 980), (826, 975)),
                    "csat": _marks((311, "4.02", "0.94"), (322, "4.07", "0.91")),
                },
                "The eight weeks of the pilot, counted once at its end.",
            ),
        ),
        verdict={
            "verdict": "supported",
            "reason": "More cases were closed within two days than chance explains, and marks did not fall.",
        },
        judged=44,
    ),
    Trial(
        metric="support_resolution_rate",
        plan={
            "title": "Callback instead of a second mail",
            "hypothesis": "One call settles what three mails do not: more cases are closed within two days.",
            "variants": ["Mail", "Callback"],
            "base": Decimal(84),
            "effect": Decimal(4),
        },
        started=16,
        looks=((5, {"support_resolution_rate": _share((262, 312), (271, 309))}, "A first look after ten days."),),
    ),
)


def run(accounts: dict[str, User], *, now: datetime) -> None:
    """Bring about every experiment that is not there yet, each in one transaction."""
    for trial in TRIALS:
        if not Experiment.objects.filter(title=trial.plan["title"]).exists():
            with transaction.atomic():
                _run(trial, accounts["owner"], now)


def _run(trial: Trial, by: User, now: datetime) -> None:
    metric = Metric.objects.select_related("definition").get(key=trial.metric)
    further = list(Metric.objects.filter(key__in=trial.further))
    made = experiments.plan(by=by, metric=metric, further=further, **trial.plan)
    made = experiments.start(made, by=by, at=now - timedelta(days=trial.started))
    for days, figures, note in trial.looks:
        experiments.look(made, figures=figures, by=by, note=note, at=now - timedelta(days=days))
    if trial.verdict:
        judging.judge(made, by=by, at=now - timedelta(days=trial.judged), **trial.verdict)
