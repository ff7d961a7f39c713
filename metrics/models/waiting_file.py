"""Files that somebody has sent to look at what taking them over would do, and has not taken over yet."""

import uuid

from django.conf import settings
from django.db import models


class WaitingFile(models.Model):
    """A file's bytes, for whoever sent it and nobody else, until nobody has looked at it for a while."""

    class Kind(models.TextChoices):
        """What the file is to be read as."""

        CATALOGUE = "catalogue", "Catalogue"
        VALUES = "values", "Values"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    data = models.BinaryField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    looked_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.kind} of {self.by_id}, looked at {self.looked_at:%Y-%m-%d %H:%M}"
