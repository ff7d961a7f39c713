"""Notices by e-mail: at once or as a digest, in nobody's quiet hours, and never twice for one cause."""

from datetime import UTC, datetime, time, timedelta
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from approvals.models import Notice, User
from approvals.services import mailing
from approvals.services.notices import notify
from tests.factories.approvals import approver

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
pytestmark = pytest.mark.django_db(transaction=True)


class Refusing(EmailBackend):
    """A mail server that refuses the address, or falls silent."""

    error: Exception = SMTPRecipientsRefused({})

    def send_messages(self, messages: Any) -> int:
        raise self.error


class Silent(Refusing):
    error = SMTPServerDisconnected("gone")


class Away(EmailBackend):
    """A mail server that cannot be reached."""

    def open(self) -> bool:
        raise ConnectionRefusedError


def reader(**fields: Any) -> User:
    return approver(email="ada@example.org", **fields)


def tell(who: User, cause: str = "request:1", **fields: Any) -> None:
    notify(to=who, cause_key=cause, title=f"Your signature is asked for: {cause}", url="/approvals/1/", **fields)


def states() -> list[str]:
    return list(Notice.objects.order_by("pk").values_list("mail", flat=True))


def test_a_notice_is_mailed_once_as_text_and_html(settings):
    settings.PUBLIC_URL = "https://premise.example.org"
    who = reader()
    tell(who, body="Costs <b>rose</b>.")
    tell(who)
    assert mailing.send(NOW) == {"sent": 1, "refused": 0}
    assert mailing.send(NOW) == {"sent": 0, "refused": 0}
    (sent,) = mail.outbox
    assert sent.to == ["ada@example.org"]
    assert "https://premise.example.org/approvals/1/" in sent.body
    assert "Costs <b>rose</b>." in sent.body
    html, kind = sent.alternatives[0]
    assert kind == "text/html"
    assert "Costs &lt;b&gt;rose&lt;/b&gt;." in html
    assert "/settings/" in sent.body
    assert states() == ["sent"]


def test_a_digest_is_one_mail_a_day_and_urgent_things_do_not_wait_for_it():
    who = reader(email_notices="daily", digest_hour=8, time_zone="Asia/Tokyo")
    tell(who, "one")
    tell(who, "two")
    tell(who, "three", urgent=True)
    before_eight = datetime(2026, 11, 22, 22, tzinfo=UTC)
    assert mailing.send(before_eight)["sent"] == 1
    assert "three" in mail.outbox[0].subject
    assert mailing.send(before_eight + timedelta(hours=1))["sent"] == 1
    assert "one" in mail.outbox[1].body
    assert "two" in mail.outbox[1].body
    tell(who, "four")
    assert mailing.send(before_eight + timedelta(hours=2))["sent"] == 0
    assert mailing.send(before_eight + timedelta(hours=25))["sent"] == 1


def test_quiet_hours_hold_a_mail_back_until_they_are_over():
    who = reader(quiet_from=time(22), quiet_until=time(7), time_zone="Europe/Berlin")
    tell(who)
    assert mailing.send(datetime(2026, 11, 23, 5, 30, tzinfo=UTC))["sent"] == 0
    tell(who, "urgent", urgent=True)
    assert mailing.send(datetime(2026, 11, 23, 5, 31, tzinfo=UTC))["sent"] == 1
    assert mailing.send(datetime(2026, 11, 23, 6, tzinfo=UTC))["sent"] == 1


def test_nobody_is_mailed_who_has_read_it_left_or_wants_none():
    read, gone, off = reader(), reader(), reader()
    for who in (read, gone, off):
        tell(who)
    Notice.objects.filter(to=read).update(read_at=NOW)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    User.objects.filter(pk=off.pk).update(email_notices="off")
    tell(approver())
    assert mailing.send(NOW)["sent"] == 0
    assert set(states()) == {"none"}


def test_a_mail_server_that_is_away_costs_nothing(settings):
    settings.EMAIL_BACKEND = f"{__name__}.Away"
    tell(reader())
    with pytest.raises(ConnectionRefusedError):
        mailing.send(NOW)
    assert states() == ["waiting"]


def test_what_is_refused_is_tried_again_a_few_times(settings):
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    tell(reader())
    for _ in range(mailing.MOST_TRIES + 2):
        mailing.send(NOW)
    assert states() == ["failed"]
    assert Notice.objects.get().mail_tries == mailing.MOST_TRIES


def test_what_died_in_hand_is_never_mailed_again(settings):
    """At most once: claimed before it was sent, whether the process was killed or the line went dead in between."""
    tell(reader())
    settings.EMAIL_BACKEND = f"{__name__}.Silent"
    mailing.send(NOW)
    assert states() == ["claimed"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert mailing.send(NOW + timedelta(days=1)) == {"sent": 0, "refused": 0}
    assert states() == ["claimed"]


def test_the_claim_is_committed_before_the_mail_leaves(settings):
    seen: list[str] = []

    class Looking(EmailBackend):
        def send_messages(self, messages: Any) -> int:
            seen.extend(states())
            return len(list(messages))

    globals()["Looking"] = Looking
    settings.EMAIL_BACKEND = f"{__name__}.Looking"
    tell(reader())
    mailing.send(NOW)
    assert seen == ["claimed"]
    assert states() == ["sent"]
