"""What somebody typed into a form that is sent as a whole, and has not sent yet."""

from django.conf import settings
from django.db import models


class Unsent(models.Model):
    """The fields of a form at an address, for the person who typed them and nobody else, until it is sent."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    place = models.CharField(max_length=200)
    typed = models.JSONField()
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "place"], name="unsent_once_a_place")]

    def __str__(self) -> str:
        return f"{self.place} of {self.person_id}"
