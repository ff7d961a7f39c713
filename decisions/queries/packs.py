"""Evidence packs with how far they have come."""

from django.db.models import Count, Q, QuerySet

from decisions.models import EvidencePack, EvidencePackItem


def with_progress(packs: QuerySet[EvidencePack]) -> QuerySet[EvidencePack]:
    """Return packs, newest first, with how many records each wants (`total`), has `handled` and has `drawn`."""
    waiting = Q(items__state=EvidencePackItem.State.WAITING)
    drawn = Q(items__state=EvidencePackItem.State.DONE)
    rows = packs.annotate(
        total=Count("items"), handled=Count("items", filter=~waiting), drawn=Count("items", filter=drawn)
    )
    return rows.order_by("-pk")
