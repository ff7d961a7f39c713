"""Experiments for tests; every argument has a sensible default."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from approvals.models import User
from metrics.models import Experiment, Metric
from metrics.services import experiments
from tests.factories.approvals import owner
from tests.factories.metrics import metric

PLAN: dict[str, Any] = {
    "title": "Shorter form",
    "hypothesis": "A shorter form is finished more often.",
    "variants": ["Long", "Short"],
    "base": Decimal(40),
    "effect": Decimal(10),
}
"""What a plan needs: 388 cases in each variant."""


def planned(on: Metric | None = None, *, by: User | None = None, **fields: Any) -> Experiment:
    """An experiment that has not started."""
    return experiments.plan(by=by or owner(), metric=on or metric(), **PLAN | fields)


def running(on: Metric | None = None, *, by: User | None = None, **fields: Any) -> Experiment:
    """One that has."""
    made = planned(on, by=by, **fields)
    return experiments.start(made, by=made.owner)


def looked(made: Experiment, *counts: tuple[int, int], **more: Sequence[tuple[int, int]]) -> Experiment:
    """Record one look: of each variant how many of how many, on the metric and on further ones by their keys."""
    figures = {
        key: [{"cases": cases, "count": count} for count, cases in pairs]
        for key, pairs in {made.metric.key: counts, **more}.items()
    }
    experiments.look(made, figures=figures, by=made.owner)
    return made
