"""Forms of metrics: shape here, truth in the services."""

from metrics.forms.definition import DefinitionForm
from metrics.forms.people import ClassificationForm, GrantForm
from metrics.forms.recording import ImportForm, RecordForm
from metrics.forms.registry import NewMetricForm

__all__ = ["ClassificationForm", "DefinitionForm", "GrantForm", "ImportForm", "NewMetricForm", "RecordForm"]
