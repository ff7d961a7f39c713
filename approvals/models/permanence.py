"""Rows that stay: models of which nothing is deleted, and models that are only ever added to.

They refuse what code might ask for by mistake. Where more is at stake, triggers on the table refuse it of everybody
(`approvals.guards`, `metrics.guards`).
"""

from typing import Any, ClassVar, NoReturn, TypeVar

from django.db import models

Row = TypeVar("Row", bound="Permanent")


class PermanentQuerySet(models.QuerySet[Row]):
    """Rows of a model of which nothing is deleted."""

    def delete(self) -> NoReturn:
        """Refuse."""
        raise NotImplementedError(self.model.refusal)


class AppendOnlyQuerySet(PermanentQuerySet[Row]):
    """Rows of a model that is only ever added to."""

    def update(self, **kwargs: Any) -> NoReturn:
        """Refuse."""
        raise NotImplementedError(self.model.refusal)


class Permanent(models.Model):
    """A row that is never deleted; `refusal` is the sentence that says what is done instead."""

    refusal: ClassVar[str]

    class Meta:
        abstract = True

    def delete(self, *args: object, **kwargs: object) -> NoReturn:
        """Refuse."""
        raise NotImplementedError(self.refusal)


class AppendOnly(Permanent):
    """A row that is added and never changed after that."""

    class Meta(Permanent.Meta):
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add the row; refuse to change one that is stored."""
        if self.pk is not None:
            raise NotImplementedError(self.refusal)
        super().save(*args, **kwargs)
