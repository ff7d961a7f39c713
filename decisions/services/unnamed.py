"""Remove files that were sent as evidence and that nothing came to name: no save of any section of their decision."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import TextField
from django.db.models.functions import Cast

from config.kit.locking import locked
from decisions.models import Decision, Section, Upload, UploadGrant
from decisions.services import uploading

AT_ONCE = 100


def remove(now: datetime) -> dict[str, int]:
    """Look at files that were sent more than UPLOAD_HOURS ago, each once: what is named stays for good."""
    before = now - timedelta(hours=settings.UPLOAD_HOURS)
    due = UploadGrant.objects.filter(named=False, at__lt=before).order_by("at").values_list("pk", "decision")
    removed = [_removed(grant, decision, before) for grant, decision in due[:AT_ONCE]]
    return {"removed": sum(removed), "named": len(removed) - sum(removed)}


@transaction.atomic
def _removed(number: int, decision: int, before: datetime) -> bool:
    """Let a decision hold a file no longer, unless a save names it; returns whether it is gone.

    The decision's row keeps out savers. Whoever is about to name the file has taken it in hand (`uploading.take`), or
    sent it again, and so moved its time: then it is not looked at.
    """
    Decision.objects.select_for_update(of=("self",), no_key=True).get(pk=decision)
    # The file before who holds it, as when it is sent.
    upload = Upload.objects.select_for_update(of=("self",), no_key=True).filter(grants=number).first()
    late = UploadGrant.objects.filter(pk=number, named=False, at__lt=before)
    grant = locked(late.select_related("upload")).first()
    if upload is None or grant is None:
        return False
    if _named(grant):
        UploadGrant.objects.filter(pk=grant.pk).update(named=True)
        return False
    grant.delete()
    if not upload.grants.exists():
        upload.delete()
        # Before the commit: whoever sends the same bytes now waits for this row, and then writes them anew.
        uploading.discard(upload.sha256)
    return True


def _named(grant: UploadGrant) -> bool:
    """Say whether the section of any time, which can be put back, names the file."""
    content = Cast("content", TextField())
    kept = (Section.objects.filter(decision=grant.decision_id), Section.history.filter(decision=grant.decision_id))
    return any(rows.annotate(said=content).filter(said__contains=grant.upload.sha256).exists() for rows in kept)
