"""What the end of a metric means for the decisions that rest on it: their owners hear, and in the end are asked."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Exists, OuterRef

from approvals.models import User
from decisions.domain.moves import LIVE
from decisions.models import Decision, DecisionMetric, Ground
from decisions.services import grounds, people
from decisions.services.grounds import Cause, Raised
from metrics.models import Metric

Part = DecisionMetric.Part
MEASURED = (Part.SUCCESS, Part.GUARDRAIL, Part.CONDITION)
"""Parts that need values to come."""
RELIED_ON = (*MEASURED, Part.SIGNAL)


def listeners(metric: Metric) -> Iterator[User]:
    """Yield who answers for the live decisions that rest on the metric."""
    states = [state.value for state in LIVE]
    resting = DecisionMetric.objects.filter(decision=OuterRef("pk"), metric=metric, part__in=RELIED_ON)
    found = Decision.objects.filter(Exists(resting), state__in=states)
    for decision in found.select_related("owner", "owner_of_last_resort"):
        yield from people.answerable(decision)


def question_retired(now: datetime) -> int:
    """Question every live decision of which a metric was retired, once for each; returns how many were.

    Without values a condition can neither break nor hold, and a success metric says nothing more.
    """
    told = Ground.objects.filter(
        decision=OuterRef("decision"), cause=Cause.RETIRED, definition__metric=OuterRef("metric")
    )
    rows = (
        DecisionMetric.objects.filter(
            ~Exists(told),
            decision__state__in=[state.value for state in LIVE],
            part__in=MEASURED,
            metric__state=Metric.State.RETIRED,
        )
        .values_list("decision__reference", "metric")
        .order_by("decision__reference", "metric")
        .distinct()
    )
    by_decision: dict[str, list[int]] = {}
    for reference, metric in rows:
        by_decision.setdefault(reference, []).append(metric)
    wanted = {pk for pks in by_decision.values() for pk in pks}
    metrics = Metric.objects.select_related("definition__metric", "successor").in_bulk(wanted) if wanted else {}
    done = 0
    for reference, pks in by_decision.items():
        raised = [_retired(metrics[pk]) for pk in pks]
        done += grounds.raise_all(reference, raised, by=None, now=now) is not None
    return done


def _retired(metric: Metric) -> Raised:
    instead = f"Its successor is {metric.successor.name}." if metric.successor else "It has no successor."
    sentence = f"{metric.name} is retired and gets no more values, so nothing here can break or hold by it. {instead}"
    return Raised(
        cause=Cause.RETIRED,
        key=f"retired:{metric.key}",
        sentence=sentence,
        severity="major",
        definition=metric.definition,
    )
