"""What a fresh install needs before anybody can do anything: roles, policies, the ledger's head."""

from typing import Any

from django.contrib.auth.models import Group
from django.db import connections, transaction

from approvals import chain_sql, guards
from approvals.domain.chain import GENESIS
from approvals.models import LedgerHead, Policy, PolicyStage
from approvals.roles import ADMINISTRATORS, APPROVERS, REVIEW_BOARD, ROLES, STEWARDS

DEFAULT_HOURS = 72


def lay_foundations(*, using: str, **kwargs: Any) -> None:
    """After each migrate: put the ledger's guards and arithmetic in place, then what a fresh install needs."""
    guards.install(connections[using])
    chain_sql.install(connections[using])
    ensure_defaults()


@transaction.atomic
def ensure_defaults() -> None:
    """Create what is missing; never touches what is there, so administrators' changes stay."""
    for name in ROLES:
        Group.objects.get_or_create(name=name)
    LedgerHead.objects.get_or_create(pk=1, defaults={"seq": 0, "chain": GENESIS})
    _policy("decision", "Decisions: review, then sign-off", {"Review": [APPROVERS], "Sign-off": [APPROVERS]})
    _policy("template", "Decision templates: one approver", {"Approval": [APPROVERS]})
    _policy(
        "decision",
        "Editorial changes of decisions: one approver",
        {"Approval": [APPROVERS]},
        key="decision-editorial",
        priority=-90,
        change_classes=["editorial"],
    )
    _policy("policy", "Policies: one approver or administrator", {"Approval": [APPROVERS, ADMINISTRATORS]})
    _policy("metric_definition", "Metric definitions: one steward or approver", {"Approval": [STEWARDS, APPROVERS]})
    _policy(
        "metric_definition",
        "High-risk metrics: a steward or approver, then the review board",
        {"Approval": [STEWARDS, APPROVERS], "Review board": [REVIEW_BOARD]},
        key="metric-definition-high-risk",
        priority=-90,
        high_risk=True,
    )
    _policy("metric_ending", "End of a metric: one steward or approver", {"Approval": [STEWARDS, APPROVERS]})
    _policy("metric_correction", "Frozen values: one steward or approver", {"Approval": [STEWARDS, APPROVERS]})
    second = {"Second person": [APPROVERS]}
    _policy("reevaluation", "Answers for strategic decisions: a second person", second, tiers=["strategic"])


def _policy(kind: str, name: str, stages: dict[str, list[str]], *, key: str = "", **columns: Any) -> None:
    """Make a standing policy (`columns`: its constraints) unless some version of it was made before."""
    key = key or f"{kind.replace('_', '-')}-default"
    if Policy.objects.filter(key=key).exists():
        return
    policy = Policy.objects.create(key=key, kind=kind, name=name, **{"priority": -100} | columns)
    for position, (stage, groups) in enumerate(stages.items(), start=1):
        row = PolicyStage.objects.create(policy=policy, position=position, name=stage, hours=DEFAULT_HOURS)
        row.groups.set(Group.objects.filter(name__in=groups))
