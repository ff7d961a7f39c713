"""Allocate references: D-2026-0001, gapless in a year, never the same twice."""

from django.db import transaction

from decisions.models import ReferenceCounter


@transaction.atomic
def allocate(year: int) -> str:
    """Return the next reference of the year; the counter's row stays locked until the transaction ends."""
    ReferenceCounter.objects.get_or_create(year=year)
    counter = ReferenceCounter.objects.select_for_update().get(year=year)
    counter.last += 1
    counter.save(update_fields=["last"])
    return f"D-{year}-{counter.last:04d}"
