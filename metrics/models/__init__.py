"""The metric registry, its values, the conditions that watch them, and the signals they give."""

from metrics.models.condition import Condition, Episode
from metrics.models.definition import MetricDefinition
from metrics.models.derivation import Derivation, FormulaInput
from metrics.models.forecast import Forecast
from metrics.models.metric import SUBJECT_KIND, Metric, MetricGroupObjectPermission, MetricUserObjectPermission
from metrics.models.observation import Observation
from metrics.models.signal import MetricSignal

__all__ = [
    "SUBJECT_KIND",
    "Condition",
    "Derivation",
    "Episode",
    "Forecast",
    "FormulaInput",
    "Metric",
    "MetricDefinition",
    "MetricGroupObjectPermission",
    "MetricSignal",
    "MetricUserObjectPermission",
    "Observation",
]
