"""People's commitments: who may sign what, who signed, and the ledger of it all."""

from approvals.models.changes import ChangeRequest
from approvals.models.checks import LedgerCheck
from approvals.models.comments import Comment
from approvals.models.delegations import Delegation
from approvals.models.ledger import Checkpoint, LedgerEntry, LedgerHead
from approvals.models.notices import Notice
from approvals.models.people import ApiToken, Identity, User
from approvals.models.permanence import AppendOnly, AppendOnlyQuerySet, Permanent, PermanentQuerySet
from approvals.models.policies import Policy, PolicyStage, Quorum, StageRules, Survival
from approvals.models.requests import (
    ApprovalRequest,
    CheckResult,
    RequestStage,
    SectionView,
    Signature,
    SignatureCondition,
)
from approvals.models.unsent import Unsent

__all__ = [
    "ApiToken",
    "AppendOnly",
    "AppendOnlyQuerySet",
    "ApprovalRequest",
    "ChangeRequest",
    "CheckResult",
    "Checkpoint",
    "Comment",
    "Delegation",
    "Identity",
    "LedgerCheck",
    "LedgerEntry",
    "LedgerHead",
    "Notice",
    "Permanent",
    "PermanentQuerySet",
    "Policy",
    "PolicyStage",
    "Quorum",
    "RequestStage",
    "SectionView",
    "Signature",
    "SignatureCondition",
    "StageRules",
    "Survival",
    "Unsent",
    "User",
]
