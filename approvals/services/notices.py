"""Tell people things, once per cause."""

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from approvals.models import Notice, User


def notify(
    *, to: User | Iterable[User], cause_key: str, title: str, url: str, body: str = "", urgent: bool = False
) -> None:
    """Put a notice before each active person; one who was told for this cause already is left alone.

    `urgent`: worth breaking quiet hours for.
    """
    people = [to] if isinstance(to, User) else list(to)
    notices = [
        Notice(
            to=person, cause_key=cause_key, title=title[:300], url=url, body=body, urgent=urgent, mail=_mail_for(person)
        )
        for person in people
        if person.is_active
    ]
    Notice.objects.bulk_create(notices, ignore_conflicts=True)


def _mail_for(person: User) -> str:
    wanted = person.email and person.email_notices != User.EmailNotices.OFF
    return Notice.Mail.WAITING if wanted else Notice.Mail.NONE


def put_all_away(*, by: User, until: int) -> None:
    """Mark the person's own notices as read, up to the newest they saw: what came while they looked stays."""
    Notice.objects.filter(to=by, pk__lte=until, read_at__isnull=True).update(read_at=timezone.now())


def put_away(*, by: User, notice_id: int) -> None:
    """Mark one of the person's own notices as read; anybody else's is left alone."""
    Notice.objects.filter(pk=notice_id, to=by, read_at__isnull=True).update(read_at=timezone.now())


def settle(*, causes: str, people: Iterable[User] | None = None) -> None:
    """Put away what asked for something that is done now: notices whose cause begins so, of these people or of all.

    After the commit, and whatever comes of it: a verdict neither waits for somebody's notices nor fails over them.
    """
    rows = Notice.objects.filter(cause_key__startswith=causes, read_at__isnull=True)
    if people is not None:
        rows = rows.filter(to__in=list(people))
    transaction.on_commit(lambda: rows.update(read_at=timezone.now()), robust=True)
