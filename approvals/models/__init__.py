"""People's commitments: who may sign what, who signed, and the ledger of it all."""

from approvals.models.changes import ChangeRequest
from approvals.models.delegations import Delegation
from approvals.models.ledger import Checkpoint, LedgerEntry, LedgerHead
from approvals.models.notices import Notice
from approvals.models.people import ApiToken, Identity, User
from approvals.models.policies import Policy, PolicyStage, Quorum
from approvals.models.requests import ApprovalRequest, Comment, RequestStage, Signature

__all__ = [
    "ApiToken",
    "ApprovalRequest",
    "ChangeRequest",
    "Checkpoint",
    "Comment",
    "Delegation",
    "Identity",
    "LedgerEntry",
    "LedgerHead",
    "Notice",
    "Policy",
    "PolicyStage",
    "Quorum",
    "RequestStage",
    "Signature",
    "User",
]
