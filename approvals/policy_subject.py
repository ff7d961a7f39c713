"""What approvals know of policies themselves: a policy changes like everything else that is approved."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.urls import reverse

from approvals import subjects
from approvals.domain.policies import Candidate, choose, facts_from
from approvals.domain.reading import stage_row
from approvals.models import ApprovalRequest, Policy, Survival
from approvals.services import changes, policies, policy_versions
from approvals.services.policy_versions import KIND
from approvals.subjects import ReviewField, ReviewSection, SubjectKind, Touched

LOOKED_AT = 200
"""So many of the latest requests are tried against a proposed policy."""
SHOWN = 8

STAGE_HEADER = ("Stage", "Asks", "Deadline", "Delegates", "Rejection")


def register() -> None:
    """Make policies known to approvals."""
    subjects.register(
        SubjectKind(
            kind=KIND,
            label="Policy",
            title=_title,
            url=_url,
            freeze=lambda key: None,
            on_verdict=changes.conclude,
            may_see=lambda user, key: user.is_active,
            seen=lambda user: Q(),
            sections=sections,
            previous=_previous,
            impact=impact,
            substantive=lambda old, new, section: section != "name",
            apply=policy_versions.apply,
            version_of=policy_versions.newest,
            content_of=policy_versions.content_of,
        )
    )


def _title(key: str) -> str:
    policy = Policy.objects.filter(key=key).order_by("-version").first()
    return f"Policy {policy.name if policy else key}"


def _url(key: str) -> str:
    return reverse("policy_list")


def _previous(request: ApprovalRequest) -> dict[str, Any] | None:
    base = request.change.base_version if request.change else 0
    return policy_versions.content_of(request.subject_id, base)


def sections(*contents: dict[str, Any]) -> list[Sequence[ReviewSection]]:
    """Lay policies out for reading."""
    return [_laid_out(content) for content in contents]


def _laid_out(content: dict[str, Any]) -> Sequence[ReviewSection]:
    when = [
        ("Applies to", content["kind"].replace("_", " ").capitalize()),
        ("Tiers", ", ".join(content["tiers"]) or "Any"),
        ("Classifications", ", ".join(content["classifications"]) or "Any"),
        ("Cost from", content["cost_from"] or "Any"),
        ("Cost to", content["cost_to"] or "Any"),
        ("Fragile ranking", _three_way(content["fragile"])),
        ("High-risk metric", _three_way(content["high_risk"])),
        ("Classes of change", ", ".join(content["change_classes"]) or "Any"),
        ("Priority", str(content["priority"])),
        ("In use for new requests", "Yes" if content["is_active"] else "No"),
    ]
    survive = Survival(content["votes_survive"]).label
    rows = [stage_row(number, stage) for number, stage in enumerate(content["stages"], start=1)]
    return [
        ReviewSection(key="name", title="Name", fields=[ReviewField(label="Name", text=content["name"])]),
        ReviewSection(
            key="when", title="When it applies", fields=[ReviewField(label=label, text=text) for label, text in when]
        ),
        ReviewSection(
            key="stages",
            title="Stages",
            fields=[
                ReviewField(label="In order", header=STAGE_HEADER, rows=rows),
                ReviewField(label="Votes survive a resubmission", text=survive),
            ],
        ),
    ]


def _three_way(value: bool | None) -> str:
    return {None: "Either", True: "Only with", False: "Only without"}[value]


def impact(key: str, content: dict[str, Any]) -> Iterator[Touched]:
    """Yield what the change reaches: requests that keep the old version, and those it would have sent elsewhere."""
    kept = ApprovalRequest.objects.filter(policy__key=key, state=ApprovalRequest.State.OPEN).count()
    if kept:
        noun = "request runs" if kept == 1 else "requests run"
        yield Touched(what=f"{kept} {noun} under an earlier version", detail="They keep it.")
    asked = ApprovalRequest.objects.filter(kind=content["kind"]).select_related("policy").order_by("-pk")[:LOOKED_AT]
    rows = Policy.objects.active().of_kind(content["kind"])
    now = [policies.candidate(row) for row in rows]
    then = [each for each in now if each.key != key]
    then += [_candidate(key, content)] if content["is_active"] else []
    moved = [(each, *_names(each, now, then)) for each in asked]
    moved = [(each, old, new) for each, old, new in moved if old != new]
    total = len(asked)
    said = f"Of the last {total} {'request' if total == 1 else 'requests'} of this kind, {len(moved)}"
    yield Touched(what=f"{said} would be decided by another policy", detail="Tried on the facts they were asked with.")
    for request, old, new in moved[:SHOWN]:
        yield Touched(what=request.title, detail=f"{old} → {new}", url=f"/approvals/{request.pk}/")


def _names(request: ApprovalRequest, now: list[Candidate], then: list[Candidate]) -> tuple[str, str]:
    facts = facts_from(request.kind, request.facts)
    old, new = choose(now, facts).chosen, choose(then, facts).chosen
    return (old.name if old else "none"), (new.name if new else "none")


def _candidate(key: str, content: dict[str, Any]) -> Candidate:
    low, high = content["cost_from"], content["cost_to"]
    return Candidate(
        id=0,
        key=key,
        name=content["name"],
        kind=content["kind"],
        priority=int(content["priority"]),
        tiers=tuple(content["tiers"]),
        classifications=tuple(content["classifications"]),
        cost_from=None if low is None else Decimal(low),
        cost_to=None if high is None else Decimal(high),
        fragile=content["fragile"],
        high_risk=content["high_risk"],
        change_classes=tuple(content["change_classes"]),
    )


def versions_of(key: str) -> list[tuple[Policy, ApprovalRequest | None]]:
    """Return every version of a policy, newest first, with the request that approved it."""
    rows = list(Policy.objects.filter(key=key).select_related("created_by").order_by("-version"))
    asked = ApprovalRequest.objects.filter(kind=KIND, subject_id=key, change__applied_version__isnull=False)
    found = {each.change.applied_version: each for each in asked.select_related("change") if each.change}
    return [(row, found.get(row.version)) for row in rows]


def proposed(key: str) -> ApprovalRequest | None:
    """Return the request that runs for a change of the policy."""
    return ApprovalRequest.objects.filter(kind=KIND, subject_id=key, state=ApprovalRequest.State.OPEN).first()
