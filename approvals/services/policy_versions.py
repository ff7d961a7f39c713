"""Write policies: every change is a new version, so that what a request was opened under never moves."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from approvals.models import Policy, PolicyStage, User
from approvals.services import ledger
from approvals.services.policies import frozen_text
from config.kit.canonical import parse
from config.kit.refusals import BadInput, StaleWrite

CONSTRAINTS = ("name", "kind", "priority", "tiers", "classifications", "cost_from", "cost_to", "fragile", "is_active")
STALE = "Somebody else saved this policy in between; open it again and repeat your change."


@transaction.atomic
def create(*, by: User, constraints: Mapping[str, Any], stages: Sequence[Mapping[str, Any]]) -> Policy:
    """Write the first version of a policy."""
    key = slugify(constraints["name"])[:60].strip("-")
    if not key or key == "new":
        raise BadInput({"name": ["Use a name with some letters or digits."]})
    if Policy.objects.filter(key=key).exists():
        raise BadInput({"name": ["There is a policy of this name; choose another, or change that one."]})
    return _write(key, 1, by=by, constraints=constraints, stages=stages, verb="policy.created")


@transaction.atomic
def revise(
    policy: Policy,
    *,
    by: User,
    expected_version: int,
    constraints: Mapping[str, Any],
    stages: Sequence[Mapping[str, Any]],
) -> Policy:
    """Write the next version, for new requests only; StaleWrite when one was written since `expected_version`."""
    latest = Policy.objects.select_for_update(no_key=True).filter(key=policy.key).order_by("-version").first()
    if latest is None or latest.version != expected_version:
        raise StaleWrite(STALE, stored=latest)
    if latest.is_active:
        latest.is_active = False
        latest.save(update_fields=["is_active"])
    try:
        with transaction.atomic():
            return _write(
                policy.key, latest.version + 1, by=by, constraints=constraints, stages=stages, verb="policy.revised"
            )
    except IntegrityError as error:
        raise StaleWrite(STALE, stored=latest) from error


def _write(
    key: str, version: int, *, by: User, constraints: Mapping[str, Any], stages: Sequence[Mapping[str, Any]], verb: str
) -> Policy:
    if not stages:
        raise BadInput({"": ["A policy has at least one stage."]})
    policy = Policy.objects.create(
        key=key, version=version, created_by=by, **{name: constraints[name] for name in CONSTRAINTS}
    )
    for position, stage in enumerate(stages, start=1):
        columns = {name: value for name, value in stage.items() if name not in {"groups", "people", "DELETE"}}
        row = PolicyStage.objects.create(policy=policy, position=position, **columns)
        row.groups.set(stage.get("groups", ()))
        row.people.set(stage.get("people", ()))
    payload = {"policy": parse(frozen_text(policy)), "active": policy.is_active, "kind": policy.kind}
    ledger.append(f"policy:{key}", verb, by=by, subject=key, payload=payload)
    return policy
