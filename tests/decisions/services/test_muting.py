"""Silence about a condition: messages only, with an end, broken by what is graver."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from approvals.models import LedgerEntry, Notice
from config.kit.refusals import BadInput, MoveRefused
from decisions.models import Decision, Reevaluation, Snooze
from decisions.services import muting, receiving, reevaluations
from metrics.models import Condition, Metric
from tests.factories import metrics
from tests.factories.approvals import approver
from tests.factories.decisions import in_force

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)


def mute(decision: Decision, **fields: Any) -> Snooze:
    given = {"until": timezone.now() + WEEK, "reason": "Known until Friday.", "by": decision.owner} | fields
    return muting.mute(decision, "a1.c1", **given)


def test_a_muted_condition_opens_its_question_and_says_nothing_until_the_silence_ends(backlog: Metric) -> None:
    decision = in_force()
    mute(decision)
    metrics.weekly(backlog, [14])
    assert receiving.receive_signals() == {"opened": 1}
    asked = Reevaluation.objects.get()
    about = Notice.objects.filter(cause_key__startswith=f"reevaluation:{asked.pk}:")
    assert not about.exists()
    assert muting.end(timezone.now()) == 0
    after = timezone.now() + WEEK + timedelta(seconds=1)
    assert [muting.end(after), muting.end(after)] == [1, 0]
    assert about.get().title.startswith("The silence is over")
    assert list(
        LedgerEntry.objects.filter(verb__startswith="condition.", stream=decision.stream).values_list("verb")
    ) == [
        ("condition.muted",),
        ("condition.unmuted",),
    ]


def test_a_graver_breach_breaks_the_silence_for_good(backlog: Metric) -> None:
    decision = in_force()
    mute(decision)
    condition = Condition.objects.get(watcher=decision.reference)
    now = timezone.now()
    assert muting.is_muted(condition, severity="major", now=now)
    assert not muting.is_muted(condition, severity="critical", now=now)
    assert not muting.is_muted(condition, severity="major", now=now)
    assert Snooze.objects.get().lifted_at == now


def test_escalation_goes_on_in_the_silence(backlog: Metric) -> None:
    decision = in_force()
    mute(decision)
    metrics.weekly(backlog, [14])
    receiving.receive_signals()
    assert reevaluations.escalate(timezone.now() + timedelta(hours=73)) > 0


def test_another_silence_takes_the_place_of_the_first_and_may_be_lifted(backlog: Metric) -> None:
    decision = in_force()
    first, second = mute(decision), mute(decision, until=timezone.now() + 2 * WEEK)
    first.refresh_from_db()
    assert first.lifted_by == decision.owner
    assert muting.unmute(decision, "a1.c1", by=decision.owner).pk == second.pk
    with pytest.raises(MoveRefused, match="not muted"):
        muting.unmute(decision, "a1.c1", by=decision.owner)


def test_who_may_mute_what_and_for_how_long(backlog: Metric) -> None:
    decision = in_force()
    for fields in ({"reason": " "}, {"until": timezone.now()}, {"until": timezone.now() + timedelta(days=31)}):
        with pytest.raises(BadInput):
            mute(decision, **fields)
    with pytest.raises(PermissionDenied):
        mute(decision, by=approver())
    with pytest.raises(MoveRefused):
        muting.mute(decision, "a7.c7", until=timezone.now() + WEEK, reason="So.", by=decision.owner)
