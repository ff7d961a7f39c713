"""Forms of metrics: shape here, truth in the services."""

from metrics.forms.definition import DefinitionForm
from metrics.forms.recording import ImportForm, RecordForm
from metrics.forms.registry import NewMetricForm

__all__ = ["DefinitionForm", "ImportForm", "NewMetricForm", "RecordForm"]
