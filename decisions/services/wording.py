"""Say a break condition in words, with the names that its metrics have now."""

from decisions.domain.breaking import Named, metrics_of, words_of
from decisions.domain.conditions import BreakCondition
from metrics.models import Metric


def sentence_of(condition: BreakCondition, metric: Metric) -> str:
    """Return when it breaks; a composite over other metrics costs a query. BadCondition for an unfinished one."""
    others = metrics_of(condition) - {metric.key}
    rows = Metric.objects.filter(key__in=others).select_related("definition") if others else ()
    return words_of(condition, *_named(metric), {row.key: _named(row) for row in rows})


def _named(metric: Metric) -> Named:
    return metric.name, metric.definition.unit if metric.definition else "", metric.cadence
