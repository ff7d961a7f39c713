"""Where a metric came from: the entry of a catalogue, of which later versions may offer a change."""

from django.conf import settings
from django.db import models

from metrics.models.metric import Metric


class CatalogueOrigin(models.Model):
    """The entry of a catalogue that a metric was last taken from.

    `entry` is its key there, which a prefix may set apart from the metric's; `version` and `digest` are the
    catalogue's, `entry_digest` that of the entry, by which a later version's entry is known to say something else.
    """

    metric = models.OneToOneField(Metric, on_delete=models.PROTECT, related_name="origin")
    catalogue = models.CharField(max_length=80)
    version = models.CharField(max_length=24)
    digest = models.CharField(max_length=64)
    entry = models.CharField(max_length=64)
    entry_digest = models.CharField(max_length=64)
    imported_at = models.DateTimeField()
    imported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        indexes = [models.Index(fields=["catalogue", "entry"], name="origin_entry")]

    def __str__(self) -> str:
        return f"{self.entry} of {self.catalogue} {self.version}"
