"""Keep what was typed and not sent: it is there again after a lost session or a closed tab, for its writer alone."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.utils import timezone

from approvals.models import Unsent, User
from config.kit.refusals import BadInput

KEPT = timedelta(days=30)
LONGEST = 200_000  # signs of a form


def keep(person: User, place: str, typed: Mapping[str, str]) -> Unsent:
    """Keep the fields of a form in place of what was typed there before; BadInput when that is too much."""
    if sum(map(len, typed.values())) > LONGEST:
        raise BadInput({"": [f"More than {LONGEST:,} signs are not kept; send the form."]})
    # PostgreSQL refuses a NUL in JSON.
    clean = {name: text.replace("\x00", "") for name, text in typed.items() if name != "csrfmiddlewaretoken"}
    kept, _ = Unsent.objects.update_or_create(
        person=person, place=place, defaults={"typed": clean, "at": timezone.now()}
    )
    return kept


def found(person: User, place: str) -> Unsent | None:
    """Return what the person typed there: one query."""
    return Unsent.objects.filter(person=person, place=place).first()


def forget(person: User, place: str) -> None:
    """Drop it, as it was sent or is not wanted."""
    Unsent.objects.filter(person=person, place=place).delete()


def remove_old(now: datetime) -> int:
    """Delete what nobody came back to in time; returns how many."""
    return Unsent.objects.filter(at__lt=now - KEPT).delete()[0]
