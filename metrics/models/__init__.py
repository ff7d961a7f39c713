"""The metric registry, its values, the conditions that watch them, and the signals they give."""

from metrics.models.condition import Condition, Episode
from metrics.models.definition import MetricDefinition
from metrics.models.derivation import Derivation, FormulaInput
from metrics.models.dispute import Dispute, DisputeEscalation, DisputeVoice
from metrics.models.experiment import Experiment, ExperimentLook
from metrics.models.forecast import Forecast
from metrics.models.incident import QualityIncident
from metrics.models.lifecycle import Correction, CorrectionRow, Deprecation, FreezeWindow
from metrics.models.likeness import Comparison, Likeness
from metrics.models.metric import SUBJECT_KIND, Metric, MetricGroupObjectPermission, MetricUserObjectPermission
from metrics.models.observation import Observation
from metrics.models.provenance import CatalogueOrigin
from metrics.models.pull import Pull, PullRun
from metrics.models.quality import ControlFigure, QualityResult, QualityScore, QualitySetting, QualityState
from metrics.models.relevance import RelevanceReview
from metrics.models.retention import Erasure, LegalHold, Retention
from metrics.models.segment import (
    MetricSegment,
    MetricSegmentGroupObjectPermission,
    MetricSegmentUserObjectPermission,
)
from metrics.models.signal import MetricSignal
from metrics.models.trade_off import TradeOffEpisode, TradeOffMark, TradeOffPair
from metrics.models.waiting_file import WaitingFile

__all__ = [
    "SUBJECT_KIND",
    "CatalogueOrigin",
    "Comparison",
    "Condition",
    "ControlFigure",
    "Correction",
    "CorrectionRow",
    "Deprecation",
    "Derivation",
    "Dispute",
    "DisputeEscalation",
    "DisputeVoice",
    "Episode",
    "Erasure",
    "Experiment",
    "ExperimentLook",
    "Forecast",
    "FormulaInput",
    "FreezeWindow",
    "LegalHold",
    "Likeness",
    "Metric",
    "MetricDefinition",
    "MetricGroupObjectPermission",
    "MetricSegment",
    "MetricSegmentGroupObjectPermission",
    "MetricSegmentUserObjectPermission",
    "MetricSignal",
    "MetricUserObjectPermission",
    "Observation",
    "Pull",
    "PullRun",
    "QualityIncident",
    "QualityResult",
    "QualityScore",
    "QualitySetting",
    "QualityState",
    "RelevanceReview",
    "Retention",
    "TradeOffEpisode",
    "TradeOffMark",
    "TradeOffPair",
    "WaitingFile",
]
