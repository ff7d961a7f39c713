"""Write policies: only by an approved change, and every change is a new version, so that old requests keep theirs."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.utils.text import slugify

from approvals.models import ChangeRequest, Policy, PolicyStage, User
from approvals.services import changes, ledger
from approvals.services.policies import frozen_text
from config.kit.canonical import parse, plain
from config.kit.refusals import BadInput, StaleWrite

KIND = "policy"
CONSTRAINTS = (
    "name",
    "kind",
    "priority",
    "tiers",
    "classifications",
    "cost_from",
    "cost_to",
    "fragile",
    "high_risk",
    "change_classes",
    "votes_survive",
    "is_active",
)
RULES = (
    "name",
    "kind",
    "checks",
    "quorum",
    "quorum_value",
    "hours",
    "remind_before",
    "remind_every",
    "expires_after",
    "delegation_allowed",
    "delegation_required",
    "one_rejection_ends",
)
"""A stage's columns as the proposed content carries them, besides groups, people and whom it escalates to."""
STALE = "Somebody else changed this policy in between; open it again and repeat your change."


def propose(
    *,
    by: User,
    key: str = "",
    base_version: int = 0,
    constraints: Mapping[str, Any],
    stages: Sequence[Mapping[str, Any]],
    reason: str,
    change_class: str = ChangeRequest.Class.MATERIAL,
) -> ChangeRequest:
    """Ask for a policy's first version (without `key`) or its next; nothing changes before it is approved.

    StaleWrite, naming what changed, when `base_version` is not the newest one.
    """
    content = content_from(constraints, stages)
    return changes.propose(
        kind=KIND,
        subject_id=key or _new_key(str(constraints["name"])),
        title=f"Policy {constraints['name']}",
        content=content,
        by=by,
        authors=[by],
        reason=reason,
        change_class=change_class,
        base_version=base_version,
    )


def _new_key(name: str) -> str:
    key = slugify(name)[:60].strip("-")
    if not key or key == "new":
        raise BadInput({"name": ["Use a name with some letters or digits."]})
    if Policy.objects.filter(key=key).exists():
        raise BadInput({"name": ["There is a policy of this name; choose another, or change that one."]})
    return key


def content_from(constraints: Mapping[str, Any], stages: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what is proposed as plain JSON: groups and people by name."""
    if not stages:
        raise BadInput({"": ["A policy has at least one stage."]})
    if all(stage.get("kind") == PolicyStage.Kind.CHECKS for stage in stages):
        raise BadInput({"": ["At least one stage must ask people: machines check, and do not approve."]})
    content: dict[str, Any] = {name: constraints[name] for name in CONSTRAINTS}
    content["stages"] = [_stage_content(stage) for stage in stages]
    return plain(content)  # type: ignore[no-any-return]


def _stage_content(stage: Mapping[str, Any]) -> dict[str, Any]:
    above = stage.get("escalate_to")
    return {name: stage[name] for name in RULES} | {
        "groups": sorted(group.name for group in stage.get("groups", ())),
        "people": sorted(person.username for person in stage.get("people", ())),
        "escalate_to": above.name if above else None,
    }


def content_of(key: str, version: int) -> dict[str, Any] | None:
    """Return a version as it was proposed, or as it came with the program; None when there is no such version."""
    change = ChangeRequest.objects.filter(kind=KIND, subject_id=key, applied_version=version).first()
    if change is not None:
        # Not from the row: a version that was replaced is no longer in use.
        return parse(change.content)  # type: ignore[no-any-return]
    policy = Policy.objects.filter(key=key, version=version).first()
    return None if policy is None else content_of_row(policy)


def content_of_row(policy: Policy) -> dict[str, Any]:
    """Return a policy's row as proposals carry it."""
    rows = policy.stages.select_related("escalate_to").prefetch_related("groups", "people")
    stages = [
        {name: getattr(row, name) for name in RULES}
        | {"groups": list(row.groups.all()), "people": list(row.people.all()), "escalate_to": row.escalate_to}
        for row in rows
    ]
    return content_from({name: getattr(policy, name) for name in CONSTRAINTS}, stages)


def newest(key: str) -> int:
    """Return the number of the newest version; 0 when there is none."""
    return Policy.objects.filter(key=key).order_by("-version").values_list("version", flat=True).first() or 0


def apply(change: ChangeRequest, content: dict[str, Any], *, by: User | None) -> int:
    """Write the approved version; requests that run keep the one they were opened under."""
    latest = Policy.objects.select_for_update(no_key=True).filter(key=change.subject_id).order_by("-version").first()
    if latest is not None and latest.is_active:
        latest.is_active = False
        latest.save(update_fields=["is_active"])
    try:
        with transaction.atomic():
            policy = _write(change, latest.version + 1 if latest else 1, content)
    except IntegrityError as error:
        raise StaleWrite(STALE, stored=latest) from error
    payload = {"policy": parse(frozen_text(policy)), "active": policy.is_active, "kind": policy.kind}
    payload |= {"change": change.pk, "reason": change.reason}
    verb = "policy.revised" if latest else "policy.created"
    ledger.append(f"{KIND}:{policy.key}", verb, by=by, subject=policy.key, payload=payload)
    return policy.version


def _write(change: ChangeRequest, version: int, content: dict[str, Any]) -> Policy:
    columns = {name: content[name] for name in CONSTRAINTS}
    policy = Policy.objects.create(key=change.subject_id, version=version, created_by=change.opened_by, **columns)
    groups = {group.name: group for group in Group.objects.all()}
    for position, stage in enumerate(content["stages"], start=1):
        row = PolicyStage.objects.create(
            policy=policy,
            position=position,
            escalate_to=groups.get(stage["escalate_to"]),
            **{name: stage[name] for name in RULES},
        )
        row.groups.set([groups[name] for name in stage["groups"] if name in groups])
        row.people.set(User.objects.filter(username__in=stage["people"]))
    return policy
