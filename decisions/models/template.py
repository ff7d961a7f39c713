"""The template that decisions follow, in numbered versions."""

from django.db import models
from simple_history.models import HistoricalRecords


class DecisionTemplate(models.Model):
    """One version of the template: for each section its key, title and guidance. Later versions carry lessons."""

    number = models.PositiveIntegerField(unique=True)
    name = models.CharField(max_length=160)
    sections = models.JSONField(default=list)
    note = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    history = HistoricalRecords()

    class Meta:
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"{self.name}, version {self.number}"
