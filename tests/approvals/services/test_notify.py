"""Nobody is told twice for one cause."""

import pytest

from approvals.models import Notice
from approvals.queries import notices_for
from approvals.services.notices import notify, put_away
from tests.factories.approvals import approver, approvers

pytestmark = pytest.mark.django_db


def tell(to, cause="cause"):
    notify(to=to, cause_key=cause, title="x" * 500, url="/")


def test_once_per_person_and_cause():
    first, second = approvers(2)
    tell(first)
    tell([first, second])
    tell([first, first], "another")
    assert Notice.objects.filter(to=first).count() == 2
    assert Notice.objects.filter(to=second).count() == 1


def test_who_left_is_not_told():
    gone = approver(is_active=False)
    tell(gone)
    assert not Notice.objects.exists()


def test_only_ones_own_notices_are_put_away():
    first, second = approvers(2)
    tell(first)
    notice = notices_for(first).get()
    put_away(by=second, notice_id=notice.pk)
    assert notices_for(first).exists()
    put_away(by=first, notice_id=notice.pk)
    assert not notices_for(first).exists()
