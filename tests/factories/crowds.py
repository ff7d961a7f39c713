"""Many decisions alike, rows and all: hundreds of approvals by the services would take minutes."""

from typing import Any

from django.db import transaction
from django.db.models import Model

from approvals.models import ApprovalRequest
from approvals.services import ledger
from decisions.models import Decision, DecisionMetric, DecisionVersion
from metrics.models import Condition, Metric, MetricDefinition


def crowd(decision: Decision, count: int) -> list[Decision]:
    """Return so many more decisions like this one (in force, with one condition), all on the same metric."""
    condition = Condition.objects.get(watcher=decision.reference)
    return _copies(decision, condition, [condition.metric_id] * count)


def spread(decision: Decision, count: int) -> list[Metric]:
    """Return so many more metrics like that of the decision's condition, each with a decision like this one on it."""
    condition = Condition.objects.get(watcher=decision.reference)
    metric, definition = condition.metric, condition.metric.definition
    assert definition is not None
    keys = [f"{metric.key}_{number}" for number in range(count)]
    made = Metric.objects.bulk_create(_again(metric, key=key, state="draft", definition_id=None) for key in keys)
    written = MetricDefinition.objects.bulk_create(_again(definition, metric_id=each.pk) for each in made)
    for each, text in zip(made, written, strict=True):
        each.definition, each.state = text, metric.state
    Metric.objects.bulk_update(made, ["definition", "state"])
    _copies(decision, condition, [each.pk for each in made])
    return made


def _copies(decision: Decision, condition: Condition, metrics: list[int]) -> list[Decision]:
    text, first = decision.versions.get(), Decision.objects.count() + 1000
    names = [f"{decision.reference[:7]}{first + number}" for number in range(len(metrics))]
    made = Decision.objects.bulk_create(_again(decision, reference=name) for name in names)
    asked = ApprovalRequest.objects.bulk_create(_again(text.request, subject_id=name) for name in names)
    _on_the_ledger(asked)
    pairs = zip(made, asked, strict=True)
    DecisionVersion.objects.bulk_create(_again(text, decision_id=each.pk, request_id=row.pk) for each, row in pairs)
    watched = list(zip(made, metrics, strict=True))
    Condition.objects.bulk_create(_again(condition, watcher=each.reference, metric_id=pk) for each, pk in watched)
    DecisionMetric.objects.bulk_create(
        DecisionMetric(decision=each, metric_id=pk, part=DecisionMetric.Part.CONDITION) for each, pk in watched
    )
    return made


@transaction.atomic
def _on_the_ledger(requests: list[ApprovalRequest]) -> None:
    """Let the ledger say of the requests what it said of the first one, so that it verifies."""
    with ledger.gathered():
        for each in requests:
            payload = {"request": each.pk, "digest": each.digest}
            for verb in ("request.opened", "request.approved"):
                ledger.append(f"{each.kind}:{each.subject_id}", verb, by=None, subject=each.subject_id, payload=payload)


def _again(row: Model, **changes: Any) -> Any:
    columns = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return type(row)(**columns | {"id": None} | changes)
