"""Put metrics into the registry and look after their entries."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from guardian.shortcuts import assign_perm, remove_perm

from approvals.models import User
from approvals.services import ledger
from config.kit.refusals import BadInput, MoveRefused
from metrics.access import may_create, may_manage
from metrics.domain.meaning import filled_by_premise, key_errors
from metrics.models import Metric, MetricDefinition
from metrics.services import content

GRANTS = ("view_metric", "contribute_metric", "manage_metric")


@transaction.atomic
def create_metric(
    *,
    key: str,
    name: str,
    by: User | None,
    classification: str = Metric.Classification.INTERNAL,
    owner: User | None = None,
    steward: User | None = None,
    **fields: Any,
) -> Metric:
    """Enter a metric under a key that is its own for ever, with the first draft of its definition.

    `fields` are those of MetricDefinition. BadInput for a key that is taken or malformed and for unusable fields.
    """
    if by is not None and not may_create(by):
        raise PermissionDenied("Stewards create metrics.")
    values = {"name": name, "owner": owner, "steward": steward or by} | fields
    _check_key(key, classification, by)
    metric = Metric(key=key, classification=classification)
    definition = MetricDefinition(metric=metric, number=1, updated_by=by)
    content.fill(definition, values, by=by)
    content.project(definition, metric)
    try:
        with transaction.atomic():
            metric.save()
    except IntegrityError as error:
        raise BadInput({"key": [_taken(key)]}) from error
    definition.metric = metric
    definition.save()
    if by is not None:
        definition.contributors.add(by)
    ledger.append(
        f"metric:{key}", "metric.created", by=by, subject=key, payload={"name": metric.name, "class": classification}
    )
    return metric


def _check_key(key: str, classification: str, by: User | None) -> None:
    errors = {}
    if sentences := key_errors(key):
        errors["key"] = sentences
    elif by is not None and filled_by_premise(key):
        errors["key"] = ["Keys that begin with “premise_” are kept for metrics that Premise fills itself."]
    elif Metric.objects.filter(key=key).exists():
        errors["key"] = [_taken(key)]
    if classification not in Metric.Classification.values:
        errors["classification"] = ["Choose internal or confidential."]
    if errors:
        raise BadInput(errors)


def _taken(key: str) -> str:
    return f"The key “{key}” is taken; keys are never reused, also not after a metric is retired."


@transaction.atomic
def classify(metric: Metric, *, classification: str, by: User) -> Metric:
    """Make a metric internal or confidential."""
    metric = _managed(metric, by)
    if classification not in Metric.Classification.values:
        raise BadInput({"classification": ["Choose internal or confidential."]})
    if metric.classification == classification:
        return metric
    metric.classification = classification
    metric.version += 1
    metric.save()
    ledger.append(metric.stream, "metric.classified", by=by, subject=metric.key, payload={"class": classification})
    return metric


@transaction.atomic
def grant(metric: Metric, *, to: User, permission: str, by: User | None) -> None:
    """Let a person view, contribute to or manage one metric."""
    metric = _managed(metric, by)
    if permission not in GRANTS:
        raise MoveRefused([f"There is no permission “{permission}”; choose one of {', '.join(GRANTS)}."])
    assign_perm(permission, to, metric)
    _record_grant(metric, "metric.granted", to, permission, by)


@transaction.atomic
def revoke(metric: Metric, *, to: User, permission: str, by: User | None) -> None:
    """Take a grant away again; it acts on the person's next request."""
    metric = _managed(metric, by)
    remove_perm(permission, to, metric)
    _record_grant(metric, "metric.revoked", to, permission, by)


def _record_grant(metric: Metric, verb: str, to: User, permission: str, by: User | None) -> None:
    payload = {"to": ledger.actor_of(to), "permission": permission}
    ledger.append(metric.stream, verb, by=by, subject=metric.key, payload=payload)


def _managed(metric: Metric, by: User | None) -> Metric:
    metric = Metric.objects.select_for_update(no_key=True).get(pk=metric.pk)
    if by is not None and not may_manage(by, metric):
        raise PermissionDenied("You may not manage this metric.")
    return metric
