"""What a metric's page says, a line each, of the pages beside it, read by the one query that loads it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from metrics.models import Metric


@dataclass(frozen=True, kw_only=True)
class Line:
    """One page beside the metric's own: where it is, and what it would say in a few words."""

    title: str
    url: str
    words: str = ""
    tone: str = ""  # ok | warn | bad | info


FACTS: dict[str, Callable[[], Any]] = {}
"""Name of an annotation → the subquery on `OuterRef("pk")` that fills it."""

LINES: tuple[Callable[[Metric], Line | None], ...] = ()
"""Each makes its line from the annotated metric, or none where there is nothing to say; asks no further query."""


def with_facts(metrics: "QuerySet[Metric]") -> "QuerySet[Metric]":
    """Have each metric carry what the lines are made of."""
    return metrics.annotate(**{name: made() for name, made in FACTS.items()})


def lines(metric: Metric) -> list[Line]:
    """Return what there is to say of a metric that was loaded `with_facts`."""
    return [line for make in LINES if (line := make(metric))]
