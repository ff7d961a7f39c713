"""Find the policy for a subject and freeze it into a request."""

from typing import Any

from approvals.domain.policies import Candidate, Choice, choose, facts_from
from approvals.models import ApprovalRequest, Policy, PolicyStage, RequestStage
from config.kit.canonical import canonical
from config.kit.refusals import MoveRefused

COPIED = (
    "position",
    "name",
    "quorum",
    "quorum_value",
    "hours",
    "kind",
    "checks",
    "remind_before",
    "remind_every",
    "expires_after",
    "escalate_to",
    "delegation_allowed",
    "delegation_required",
    "one_rejection_ends",
)
"""What a request's stage takes over from the policy's, besides groups and named people."""


def consider(kind: str, facts: dict[str, Any]) -> Choice:
    """Say which policy a subject would get, and why not the others."""
    rows = Policy.objects.active().of_kind(kind)
    return choose([candidate(row) for row in rows], facts_from(kind, facts))


def policy_for(kind: str, facts: dict[str, Any]) -> Policy:
    """Return the policy that applies; MoveRefused when there is none."""
    chosen = consider(kind, facts).chosen
    if chosen is None:
        raise MoveRefused(["No approval policy applies to this; ask an administrator to add one."])
    return Policy.objects.get(pk=chosen.id)


def candidate(row: Policy) -> Candidate:
    """Return a policy's constraints as a value."""
    return Candidate(
        id=row.pk,
        key=row.key,
        name=row.name,
        kind=row.kind,
        priority=row.priority,
        tiers=tuple(row.tiers),
        classifications=tuple(row.classifications),
        cost_from=row.cost_from,
        cost_to=row.cost_to,
        fragile=row.fragile,
        high_risk=row.high_risk,
        change_classes=tuple(row.change_classes),
    )


def freeze_stages(policy: Policy, request: ApprovalRequest) -> None:
    """Copy the policy's stages into the request, where no later change of the policy reaches them."""
    for stage in policy.stages.select_related("escalate_to").prefetch_related("groups", "people"):
        copy = RequestStage.objects.create(request=request, **{name: getattr(stage, name) for name in COPIED})
        copy.groups.set(stage.groups.all())
        copy.people.set(stage.people.all())


def frozen_text(policy: Policy) -> str:
    """Return the policy as canonical text, as the record shows it."""
    stages = policy.stages.select_related("escalate_to").prefetch_related("groups", "people")
    return canonical(
        {
            "key": policy.key,
            "version": policy.version,
            "name": policy.name,
            "votes_survive": policy.votes_survive,
            "stages": [_stage(stage) for stage in stages],
        }
    )


def _stage(stage: PolicyStage) -> dict[str, Any]:
    return {
        "position": stage.position,
        "name": stage.name,
        "groups": sorted(group.name for group in stage.groups.all()),
        "people": sorted(person.username for person in stage.people.all()),
        "quorum": stage.quorum,
        "quorum_value": stage.quorum_value,
        "hours": stage.hours,
        "kind": stage.kind,
        "checks": stage.checks,
        "remind_before": stage.remind_before,
        "remind_every": stage.remind_every,
        "expires_after": stage.expires_after,
        "escalate_to": stage.escalate_to.name if stage.escalate_to else None,
        "delegation_allowed": stage.delegation_allowed,
        "delegation_required": stage.delegation_required,
        "one_rejection_ends": stage.one_rejection_ends,
    }
