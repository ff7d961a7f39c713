"""Calculated metrics: what they rest on, and how each of their values was worked out."""

from django.db import models
from django.db.models import F, Q

from metrics.models.metric import Metric
from metrics.models.observation import Observation


class FormulaInput(models.Model):
    """An input of the formula in force: `metric` is calculated from `input`. Rewritten with each new version."""

    metric = models.ForeignKey(Metric, on_delete=models.PROTECT, related_name="formula_inputs")
    input = models.ForeignKey(Metric, on_delete=models.PROTECT, related_name="formula_uses")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["metric", "input"], name="formula_input_once"),
            models.CheckConstraint(condition=~Q(metric=F("input")), name="no_metric_is_its_own_input"),
        ]

    def __str__(self) -> str:
        return f"{self.metric_id} from {self.input_id}"


class Derivation(models.Model):
    """How one revision of a calculated value came about: by which version of which formula, from which inputs.

    `inputs` lists key, definition version, revision, observation and value of each input (null: it was missing and
    the policy spoke), so that the value can be worked out again years later.
    """

    observation = models.OneToOneField(Observation, on_delete=models.PROTECT, related_name="derivation")
    definition_version = models.PositiveIntegerField()
    formula = models.CharField(max_length=500)
    inputs = models.JSONField(default=list)
    trouble = models.CharField(max_length=200, blank=True)  # why there is no value

    def __str__(self) -> str:
        return f"{self.formula} for {self.observation_id}"
