"""The metrics that Premise fills itself: installed when there is something to say, and kept true."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from config.kit.refusals import BadInput
from decisions.models import Closing, Decision, Reevaluation
from decisions.services import learning, moves, reevaluations
from decisions.services.learning import fill
from decisions.services.own_metrics import OWN
from metrics.access import rights_of
from metrics.models import Metric
from metrics.services import conditions, registry
from tests.factories import metrics
from tests.factories.approvals import steward
from tests.factories.decisions import in_force

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that has not looked at anything yet."""
    monkeypatch.setattr(learning, "_seen", {})


@pytest.fixture
def answered(backlog: Metric) -> Reevaluation:
    """A decision called back and reaffirmed while the breach goes on."""
    in_force()
    metrics.weekly(backlog, [14])
    reevaluations.receive_signals()
    asked = Reevaluation.objects.get()
    reevaluations.answer(asked, outcome="reaffirm", reason="We looked.", by=asked.decision.owner)
    asked.refresh_from_db()
    return asked


def next_month():
    return timezone.now().replace(day=1) + timedelta(days=32)


def value(key: str, segment: str = "") -> Decimal | None:
    rows = Metric.objects.get(key=key).observations.filter(segment=segment).current()
    return rows.get().value


def test_nothing_is_installed_before_a_decision_is_in_force_and_no_month_counts_before_it_is_over(backlog):
    assert fill(timezone.now()) == {}
    assert not Metric.objects.filter(key__startswith="premise_").exists()
    in_force()
    assert fill(timezone.now()) == {}
    own = Metric.objects.filter(key__startswith="premise_")
    assert {(each.state, each.observations.count()) for each in own} == {("approved", 0)}
    assert own.count() == len(OWN)


def test_a_closed_month_is_recorded_once_by_severity_and_owner(answered):
    done = fill(next_month())
    assert done["premise_decision_latency"] == 3
    latency = Metric.objects.get(key="premise_decision_latency")
    assert (latency.state, latency.definition.unit, latency.cadence) == ("approved", "hours", "monthly")
    hours = answered.latency.total_seconds() / 3600
    segments = ("", f"severity:{answered.severity}", f"owner:{answered.decision.owner.username}")
    assert [value(latency.key, segment) for segment in segments] == [Decimal(str(round(hours, 2)))] * 3
    assert value("premise_share_reaffirmed") == 100
    assert value("premise_false_alarm_share") == 0
    assert value(f"premise_decision_time_{answered.decision.tier}") is not None
    assert fill(next_month()) == {}
    learning._seen.clear()
    assert fill(next_month()) == {}
    assert latency.observations.count() == 3


def test_a_month_tells_nothing_of_a_confidential_decision(answered):
    Decision.objects.update(classification="confidential")
    fill(next_month())
    assert not Metric.objects.filter(key__startswith="premise_", observations__isnull=False).exists()


def test_facts_that_change_later_become_a_revision_and_what_goes_is_withdrawn(answered):
    fill(next_month())
    answered.breaches.update(retracted_at=timezone.now())
    assert fill(next_month()) == {"premise_false_alarm_share": 2}
    assert value("premise_false_alarm_share") == 100
    row = Metric.objects.get(key="premise_false_alarm_share").observations.filter(segment="").current().get()
    assert (row.revision, row.reason) == (2, learning.REASON)
    Reevaluation.objects.update(state="open", answered_at=None)
    fill(next_month())
    assert value("premise_false_alarm_share") is None


def test_trade_offs_succeed_by_their_closing_unless_nobody_can_tell(backlog):
    for outcome in (Closing.Outcome.ACHIEVED, Closing.Outcome.MISSED, Closing.Outcome.UNKNOWN):
        decision = in_force()
        moves.close(
            decision,
            by=decision.owner,
            outcome=outcome,
            process="sound",
            process_reason="All was weighed.",
            reason="It is over.",
        )
    fill(next_month())
    assert value("premise_trade_off_success_rate") == 50


def test_they_serve_conditions_like_any_other_metric(answered):
    fill(next_month())
    armed = conditions.arm(
        watcher="D-2026-0009",
        key="a1.c1",
        metric_key="premise_decision_latency",
        spec={"kind": "above", "bound": 0},
        by=None,
    )
    conditions.sweep(next_month())
    armed.refresh_from_db()
    assert (armed.state, armed.health) == ("breached", "fresh")


def test_nobody_else_fills_them_or_takes_such_a_key(answered):
    fill(next_month())
    latency = Metric.objects.get(key="premise_decision_latency")
    assert (rights_of(steward(), latency).manage, rights_of(steward(), latency).contribute) == (True, False)
    with pytest.raises(BadInput, match="kept for metrics that Premise fills"):
        registry.create_metric(key="premise_mine", name="Mine", by=steward())
