"""Decisions, what they say, and the loop that questions them."""

from decisions.models.ballot import Ballot, BallotRound
from decisions.models.content import (
    FRAME,
    Closing,
    CommitmentRecord,
    DecisionMetric,
    DecisionVersion,
    Review,
    Section,
)
from decisions.models.decision import (
    CONTRIBUTE,
    MANAGE,
    SUBJECT_KIND,
    VIEW,
    Authorship,
    Decision,
    DecisionGroupObjectPermission,
    DecisionUserObjectPermission,
    ReferenceCounter,
)
from decisions.models.doubt import Doubt
from decisions.models.evidence import EvidenceDue, EvidenceRefresh, Upload, UploadGrant
from decisions.models.framing import Framer, Framing, FramingAgreement
from decisions.models.learning import AssumptionOutcome, Lesson, RefreshMark
from decisions.models.loop import Escalation, Ground, Snooze
from decisions.models.pack import EvidencePack, EvidencePackItem
from decisions.models.reevaluation import Reevaluation, ReevaluationBreach, SignalReceipt
from decisions.models.template import TEMPLATE_KIND, DecisionTemplate

__all__ = [
    "CONTRIBUTE",
    "FRAME",
    "MANAGE",
    "SUBJECT_KIND",
    "TEMPLATE_KIND",
    "VIEW",
    "AssumptionOutcome",
    "Authorship",
    "Ballot",
    "BallotRound",
    "Closing",
    "CommitmentRecord",
    "Decision",
    "DecisionGroupObjectPermission",
    "DecisionMetric",
    "DecisionTemplate",
    "DecisionUserObjectPermission",
    "DecisionVersion",
    "Doubt",
    "Escalation",
    "EvidenceDue",
    "EvidencePack",
    "EvidencePackItem",
    "EvidenceRefresh",
    "Framer",
    "Framing",
    "FramingAgreement",
    "Ground",
    "Lesson",
    "Reevaluation",
    "ReevaluationBreach",
    "ReferenceCounter",
    "RefreshMark",
    "Review",
    "Section",
    "SignalReceipt",
    "Snooze",
    "Upload",
    "UploadGrant",
]
