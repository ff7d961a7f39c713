"""Keep a file between the look at what it would do and the word that it be done; nobody's file waits for ever."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from approvals.models import User
from metrics.models import WaitingFile

MOST = 20  # of one person; a further one takes the place of the oldest
GONE = "The file is no longer kept, as nobody looked at it for {hours} hours. Choose it again."


@transaction.atomic
def keep(data: bytes, *, kind: WaitingFile.Kind, by: User) -> WaitingFile:
    """Keep a file for the person who sent it."""
    kept = WaitingFile.objects.create(kind=kind, data=data, by=by, looked_at=timezone.now())
    newest = WaitingFile.objects.filter(by=by).order_by("-looked_at", "-pk").values_list("pk", flat=True)[:MOST]
    WaitingFile.objects.filter(by=by).exclude(pk__in=list(newest)).delete()
    return kept


def look(number: UUID, *, kind: WaitingFile.Kind, by: User) -> bytes | None:
    """Return the bytes of a person's own file, which is kept on from now; None when it is not, or no longer, there.

    Whoever has the bytes needs the row no more, so that it may be removed at any moment.
    """
    own = WaitingFile.objects.filter(pk=number, kind=kind, by=by)
    found = own.first()
    if found is None or not own.update(looked_at=timezone.now()):
        return None
    return bytes(found.data)


def gone() -> str:
    """Return the sentence for who comes back too late."""
    return GONE.format(hours=settings.UPLOAD_HOURS)


def remove_forgotten(now: datetime) -> int:
    """Delete the files that nobody looked at for UPLOAD_HOURS; returns how many."""
    return WaitingFile.objects.filter(looked_at__lt=now - timedelta(hours=settings.UPLOAD_HOURS)).delete()[0]
