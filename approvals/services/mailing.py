"""Mail notices: at once or as a digest, never twice for one cause.

At most once, to be honest: a notice is claimed, and that is committed, before the mail server hears of it. Whoever dies
in between leaves a notice "in hand", which is counted and never mailed again; it still waits in the inbox. Only what
the mail server refused in so many words is tried again.
"""

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPSenderRefused
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.db.models import F, Q
from django.template.loader import render_to_string

from approvals.domain.mailing import Wish, digest_is_due, goes_now
from approvals.models import Notice, User
from config.kit.shell import zone_of

MOST_A_RUN = 100
MOST_TRIES = 5
REFUSALS = (SMTPRecipientsRefused, SMTPSenderRefused, SMTPDataError)

Mail = Notice.Mail
logger = logging.getLogger(__name__)


def send(now: datetime) -> dict[str, int]:
    """Mail what is due by `now`; returns how many mails were sent and how many were refused."""
    _drop_what_nobody_needs()
    batches = _due(now)
    if not batches:
        return {"sent": 0, "refused": 0}
    connection = get_connection()
    # Opened before anything is claimed: a mail server that is away costs nothing but time.
    connection.open()
    try:
        outcomes = [_send(connection, person, notices, now) for person, notices in batches]
    finally:
        connection.close()
    return {"sent": outcomes.count(Mail.SENT), "refused": outcomes.count(Mail.WAITING) + outcomes.count(Mail.FAILED)}


def _drop_what_nobody_needs() -> None:
    """Mail nothing that was read on the page already, nor to people who left or want no mail."""
    unwanted = Q(read_at__isnull=False) | Q(to__is_active=False) | Q(to__email="")
    unwanted |= Q(to__email_notices=User.EmailNotices.OFF)
    rows = Notice.objects.filter(mail=Mail.WAITING).filter(unwanted).values_list("pk", flat=True)
    if pks := list(rows):
        Notice.objects.filter(pk__in=pks, mail=Mail.WAITING).update(mail=Mail.NONE)


def _due(now: datetime) -> list[tuple[User, list[Notice]]]:
    """Return what goes out now, a mail each: person and the notices in it."""
    by_person: dict[int, list[Notice]] = defaultdict(list)
    for notice in Notice.objects.filter(mail=Mail.WAITING).select_related("to").order_by("at", "pk"):
        by_person[notice.to_id].append(notice)
    batches: list[tuple[User, list[Notice]]] = []
    for notices in by_person.values():
        person = notices[0].to
        wish, local = wish_of(person), now.astimezone(zone_of(person.time_zone))
        at_once = [notice for notice in notices if goes_now(wish, local, urgent=notice.urgent)]
        batches += [(person, [notice]) for notice in at_once]
        rest = [notice for notice in notices if notice not in at_once]
        if rest and digest_is_due(wish, local):
            batches.append((person, rest))
    return batches[:MOST_A_RUN]


def wish_of(person: User) -> Wish:
    """Return how the person wants to be mailed."""
    return Wish(
        mode=person.email_notices,
        digest_hour=person.digest_hour,
        digest_on=person.digest_on,
        quiet_from=person.quiet_from,
        quiet_until=person.quiet_until,
    )


def _send(connection: Any, person: User, notices: Sequence[Notice], now: datetime) -> str:
    """Claim, then send one mail; returns what became of its notices."""
    claimed = _claim(person, notices, now)
    if not claimed:
        return Mail.NONE
    message = compose(person, claimed, connection)
    pks = [notice.pk for notice in claimed]
    try:
        message.send()
    except REFUSALS:
        logger.warning("The mail server refused a notice.", exc_info=True)
        return _give_back(pks)
    except OSError:
        # It may have been taken all the same: better one mail too few than two.
        logger.warning("The mail server fell silent over a notice; it is left in hand.", exc_info=True)
        return Mail.CLAIMED
    Notice.objects.filter(pk__in=pks, mail=Mail.CLAIMED).update(mail=Mail.SENT, mail_at=now)
    return Mail.SENT


@transaction.atomic(durable=True)
def _claim(person: User, notices: Sequence[Notice], now: datetime) -> list[Notice]:
    """Mark the notices as in hand; two sweeps never get the same one. A digest is claimed by its day as well."""
    if len(notices) > 1 or not goes_now(
        wish_of(person), now.astimezone(zone_of(person.time_zone)), urgent=notices[0].urgent
    ):
        today = now.astimezone(zone_of(person.time_zone)).date()
        mine = User.objects.filter(pk=person.pk).filter(Q(digest_on=None) | Q(digest_on__lt=today))
        if not mine.update(digest_on=today):
            return []
    return [notice for notice in notices if _claim_one(notice, now)]


def _claim_one(notice: Notice, now: datetime) -> bool:
    waiting = Notice.objects.filter(pk=notice.pk, mail=Mail.WAITING)
    return bool(waiting.update(mail=Mail.CLAIMED, mail_at=now, mail_tries=F("mail_tries") + 1))


def _give_back(pks: list[int]) -> str:
    """Let what was refused be tried again with the next digest or sweep, a few times."""
    mine = Notice.objects.filter(pk__in=pks, mail=Mail.CLAIMED)
    mine.filter(mail_tries__gte=MOST_TRIES).update(mail=Mail.FAILED)
    return Mail.WAITING if mine.filter(mail_tries__lt=MOST_TRIES).update(mail=Mail.WAITING) else Mail.FAILED


def compose(person: User, notices: Sequence[Notice], connection: Any = None) -> EmailMultiAlternatives:
    """Write one mail, as plain text with an HTML form; its number keeps mail programs from showing it twice."""
    title = notices[0].title if len(notices) == 1 else f"{len(notices)} notices"
    lines = [{"notice": each, "url": f"{settings.PUBLIC_URL}{each.url}" if each.url else ""} for each in notices]
    context = {"lines": lines, "settings_url": f"{settings.PUBLIC_URL}/settings/#email", "title": title}
    first = notices[0]
    message = EmailMultiAlternatives(
        subject=" ".join(f"Premise: {title}".split())[:200],
        body=render_to_string("approvals/mail_notices.txt", context),
        to=[person.email],
        connection=connection,
        headers={
            "Message-ID": f"<notice-{first.pk}-{first.at.astimezone(UTC):%Y%m%d%H%M%S}@premise>",
            "List-Unsubscribe": f"<{settings.PUBLIC_URL}/settings/>",
            "Auto-Submitted": "auto-generated",
        },
    )
    message.attach_alternative(render_to_string("approvals/mail_notices.html", context), "text/html")
    return message
