"""Notices as their person reads them: what may still be seen of each, the unread first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, Count, ExpressionWrapper, Q, QuerySet, Window

from approvals import destinations
from approvals.models import Notice, User
from approvals.queries import notices_for

LATEST = 6
VEILED = "About something that you may not see"


@dataclass(frozen=True, kw_only=True)
class Told:
    """One notice; of what its person may no longer see only that there was one, and when."""

    pk: int
    at: datetime
    is_unread: bool
    urgent: bool
    title: str = VEILED
    body: str = ""
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class Unread:
    """The newest unread notices of somebody, and how many there are."""

    notices: Sequence[Told]
    count: int

    @property
    def newest(self) -> int:
        """Return up to where all are put away."""
        return newest(self.notices)

    @property
    def more(self) -> int:
        """Return how many are not shown."""
        return self.count - len(self.notices)


def newest(notices: Iterable[Told]) -> int:
    """Return the number of the newest, 0 for none."""
    return max((notice.pk for notice in notices), default=0)


def unread(user: User) -> Unread:
    """Return what the person has not put away, in two queries at any number."""
    rows: list[Any] = list(notices_for(user).annotate(count=Window(Count("pk")))[:LATEST])
    return Unread(notices=shown(user, rows), count=rows[0].count if rows else 0)


def every(user: User) -> QuerySet[Notice]:
    """Return all the person was ever told, what is unread first, the newest of each first."""
    is_unread = ExpressionWrapper(Q(read_at__isnull=True), output_field=BooleanField())
    return Notice.objects.filter(to=user).annotate(is_unread=is_unread).order_by("-is_unread", "-at", "-pk")


def shown(user: User, notices: Iterable[Notice]) -> list[Told]:
    """Return the person's notices as they may be read today."""
    notices = list(notices)
    open_ones = destinations.seen(user, (notice.url for notice in notices))
    return [_told(notice, veiled=notice.url not in open_ones) for notice in notices]


def _told(notice: Notice, *, veiled: bool) -> Told:
    words = {} if veiled else {"title": notice.title, "body": notice.body, "url": notice.url}
    return Told(pk=notice.pk, at=notice.at, is_unread=notice.read_at is None, urgent=notice.urgent, **words)
