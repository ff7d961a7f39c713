"""Signals in: once each, whatever happens in between."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from approvals.models import LedgerEntry, Notice, User
from decisions import outbox
from decisions.domain import dossier as d
from decisions.models import Decision, Reevaluation, ReevaluationBreach, SignalReceipt
from decisions.services import questioning, receiving, reevaluations, sweeping
from metrics.models import Metric, MetricSignal
from metrics.services import observations
from tests.factories import metrics
from tests.factories.approvals import administrator, approver, auditor, owner
from tests.factories.decisions import RESOLUTION, dossier, in_force
from tests.factories.dossiers import assumption, condition

pytestmark = pytest.mark.django_db


def two_conditions() -> dict[str, Any]:
    """Criteria with a second assumption, on the resolution rate, graver than the first."""
    low = condition(id="c1", metric=RESOLUTION, kind="below", bound=70, severity="critical")
    made = dossier().criteria
    return {
        "criteria": d.Criteria(
            text=made.text,
            criteria=made.criteria,
            scores=made.scores,
            assumptions=(assumption(), assumption(id="a2", statement="It holds.", conditions=(low,))),
            provenance=made.provenance,
        )
    }


def owned(sections: dict[str, Any]) -> Decision:
    """A decision in force whose dossier names the owner it gets."""
    return in_force(owner(username="decider"), **sections)


def correct(metric: Metric, value: Any, *, until: int = 1) -> None:
    entry = metrics.entry(metrics.weeks_ago(until), value, reason="The export was wrong.")
    assert [row.status for row in observations.record(metric, [entry], by=None)] == ["revised"]


def test_a_further_breach_attaches_to_the_open_one(backlog: Metric) -> None:
    decision = owned(two_conditions())
    metrics.weekly(backlog, [14])
    reevaluations.receive_signals()
    asked = Reevaluation.objects.get()
    assert (asked.severity, asked.due_at - asked.opened_at) == ("major", timedelta(hours=72))
    metrics.weekly(Metric.objects.get(key=RESOLUTION), [60])
    assert reevaluations.receive_signals() == {"attached": 1}
    asked.refresh_from_db()
    assert asked.breaches.count() == 2
    assert asked.severity == "critical"
    assert asked.due_at - asked.opened_at < timedelta(hours=25)
    assert Notice.objects.filter(to=decision.owner, title__startswith="A further assumption").count() == 1


def test_a_new_episode_after_an_answer_opens_a_new_one(backlog: Metric) -> None:
    decision = in_force()
    metrics.weekly(backlog, [14], until=1)
    reevaluations.receive_signals()
    first = Reevaluation.objects.get()
    reevaluations.answer(first, outcome="reaffirm", reason="A holiday.", by=decision.owner)
    reevaluations.receive_signals()
    assert Reevaluation.objects.count() == 1


def test_a_corrected_value_closes_an_untouched_one(backlog: Metric) -> None:
    decision = in_force()
    metrics.weekly(backlog, [14])
    reevaluations.receive_signals()
    correct(backlog, 4)
    assert reevaluations.receive_signals() == {"retracted": 1}
    asked, decision = Reevaluation.objects.get(), Decision.objects.get(pk=decision.pk)
    assert (asked.state, decision.state) == ("retracted", "in_force")
    assert "took back the value" in asked.reason
    assert asked.breaches.get().retracted_at is not None


def test_a_corrected_value_flags_one_that_somebody_began(backlog: Metric) -> None:
    decision = in_force()
    metrics.weekly(backlog, [14])
    reevaluations.receive_signals()
    reevaluations.acknowledge(Reevaluation.objects.get(), by=decision.owner)
    correct(backlog, 4)
    reevaluations.receive_signals()
    asked, decision = Reevaluation.objects.get(), Decision.objects.get(pk=decision.pk)
    assert (asked.state, decision.state) == ("acknowledged", "questioned")
    assert "took back the value" in asked.flag
    assert Notice.objects.filter(to=decision.owner, title__contains="was corrected").count() == 1


def test_one_of_two_breaches_taken_back_leaves_the_question(backlog: Metric) -> None:
    owned(two_conditions())
    metrics.weekly(backlog, [14])
    metrics.weekly(Metric.objects.get(key=RESOLUTION), [60])
    reevaluations.receive_signals()
    correct(backlog, 4)
    reevaluations.receive_signals()
    asked = Reevaluation.objects.get()
    assert asked.state == "open"
    assert asked.flag.endswith("another breach remains.")
    assert "60" in asked.question
    assert asked.metric.key == RESOLUTION
    correct(Metric.objects.get(key=RESOLUTION), 83)
    reevaluations.receive_signals()
    asked.refresh_from_db()
    assert asked.state == "retracted"


def test_a_breach_taken_back_before_anybody_read_it_opens_nothing(backlog: Metric) -> None:
    decision = in_force()
    metrics.weekly(backlog, [14])
    correct(backlog, 4)
    assert reevaluations.receive_signals() == {"retracted before": 1, "nothing to retract": 1}
    decision.refresh_from_db()
    assert decision.state == "in_force"


def test_signals_of_others_and_of_finished_decisions_are_dealt_with_quietly(backlog: Metric) -> None:
    decision = in_force()
    metrics.condition(backlog, {"kind": "above", "bound": 12}, watcher="somebody-else")
    metrics.weekly(backlog, [14])
    Decision.objects.filter(pk=decision.pk).update(state="closed")
    assert reevaluations.receive_signals() == {"nobody watches": 1, "decision is over": 1}
    assert not Reevaluation.objects.exists()


@pytest.mark.parametrize("last_resort", [True, False])
def test_when_the_owner_has_left_somebody_else_hears_of_it(backlog: Metric, last_resort: bool) -> None:
    decision, admin, last = in_force(), administrator(), approver()
    Decision.objects.update(owner_of_last_resort=last if last_resort else None)
    User.objects.filter(pk=decision.owner_id).update(is_active=False)
    metrics.weekly(backlog, [14])
    assert reevaluations.receive_signals() == {"opened": 1}
    opened = Notice.objects.filter(cause_key__endswith=":opened")
    assert opened.get().to == (last if last_resort else admin)


def test_the_database_allows_one_open_reevaluation_and_one_breach_per_signal(backlog: Metric) -> None:
    decision = in_force()
    metrics.weekly(backlog, [14])
    reevaluations.receive_signals()
    asked, breach = Reevaluation.objects.get(), ReevaluationBreach.objects.get()
    for row in (asked, breach):
        row.pk = None
        with pytest.raises(IntegrityError), transaction.atomic():
            row.save(force_insert=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        Reevaluation.objects.filter(decision=decision).update(state="answered")


def test_a_signal_claimed_by_a_worker_that_died_is_taken_over_when_its_lease_runs_out(backlog: Metric) -> None:
    in_force()
    metrics.weekly(backlog, [14])
    now = timezone.now()
    receiving._write_receipts(10)
    assert receiving._claim(now) is not None
    assert receiving.receive_signals(now=now) == {}
    assert receiving.receive_signals(now=now + receiving.LEASE + timedelta(seconds=1)) == {"opened": 1}
    assert Reevaluation.objects.count() == 1


def test_a_worker_slower_than_its_lease_does_nothing_twice(backlog: Metric) -> None:
    in_force()
    metrics.weekly(backlog, [14])
    now = timezone.now()
    receiving._write_receipts(10)
    slow = receiving._claim(now)
    later = now + receiving.LEASE + timedelta(seconds=1)
    quick = receiving._claim(later)
    assert slow is not None
    assert quick is not None
    assert receiving._take(slow, later) == "lost"
    assert receiving._take(quick, later) == "opened"
    assert receiving._take(quick, later) == "lost"
    assert Reevaluation.objects.count() == 1


def failing(monkeypatch: Any) -> None:
    def fail(*args: Any, **kwargs: Any) -> str:
        raise RuntimeError("no such thing")

    monkeypatch.setattr(questioning, "receive", fail)


def test_poisoned_work_stops_is_shown_and_told_and_stops_nobody_else(backlog: Metric, monkeypatch: Any) -> None:
    in_force()
    admin = administrator()
    metrics.weekly(backlog, [14])
    now = timezone.now()
    with monkeypatch.context() as patch:
        failing(patch)
        for attempt in range(receiving.MOST_ATTEMPTS + 2):
            receiving.receive_signals(now=now + attempt * timedelta(hours=1))
    receipt = SignalReceipt.objects.get()
    assert (receipt.state, receipt.attempts) == ("failed", receiving.MOST_ATTEMPTS)
    assert receipt.error == "RuntimeError: no such thing"
    assert Notice.objects.filter(to=admin, title="A signal could not be dealt with").count() == 1
    assert not Reevaluation.objects.exists()
    assert receiving.waiting() == 0


def test_a_failure_is_tried_again_later(backlog: Metric, monkeypatch: Any) -> None:
    in_force()
    metrics.weekly(backlog, [14])
    now = timezone.now()
    with monkeypatch.context() as patch:
        failing(patch)
        assert receiving.receive_signals(now=now) == {"failed": 1}
    assert receiving.waiting() == 1
    assert receiving.receive_signals(now=now + timedelta(seconds=30)) == {}
    assert receiving.receive_signals(now=now + timedelta(hours=1)) == {"opened": 1}


def test_what_kills_its_worker_every_time_is_given_up(backlog: Metric) -> None:
    in_force()
    metrics.weekly(backlog, [14])
    receiving._write_receipts(10)
    SignalReceipt.objects.update(attempts=receiving.MOST_ATTEMPTS, leased_until=timezone.now() - timedelta(1))
    assert receiving.receive_signals() == {}
    assert SignalReceipt.objects.get().state == "failed"


def test_the_sweep_does_every_job_and_one_failure_stops_no_other(backlog: Metric, monkeypatch: Any) -> None:
    in_force()
    metrics.weekly(backlog, [14])

    def fail(now: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(sweeping, "JOBS", (("broken", fail), *sweeping.JOBS))
    done = sweeping.sweep()
    assert done["broken"] == {"error": "RuntimeError: broken"}
    assert done["signals"] == {"opened": 1}
    assert MetricSignal.objects.count() == 1
    assert sweeping.sweep()["signals"] == {}


def test_what_was_given_up_is_listed_and_tried_again_by_an_administrator_alone(backlog: Metric, client: Client) -> None:
    in_force()
    metrics.weekly(backlog, [14])
    receiving._write_receipts(10)
    SignalReceipt.objects.update(state="failed", attempts=5, error="Unreadable: no frame", done_at=timezone.now())
    assert outbox.check()[1]["given_up"] == 1
    receipt = SignalReceipt.objects.get()
    client.force_login(auditor(), backend="django.contrib.auth.backends.ModelBackend")
    page = client.get("/signals/").content.decode()
    assert "Unreadable: no frame" in page
    assert "Try again" not in page
    assert client.post("/signals/", {"receipt": receipt.pk}).status_code == 403
    client.force_login(administrator(), backend="django.contrib.auth.backends.ModelBackend")
    assert client.post("/signals/", {"receipt": receipt.pk}).status_code == 302
    assert client.post("/signals/", {"receipt": receipt.pk}).status_code == 404
    assert receiving.receive_signals() == {"opened": 1}
    assert LedgerEntry.objects.filter(verb="signal.tried_again").count() == 1
