"""The loop: a value breaks a condition, a signal is given, exactly one re-evaluation opens."""

import pytest

from approvals.models import LedgerEntry, Notice
from decisions.models import Reevaluation
from decisions.services import reevaluations
from metrics.models import Metric, MetricSignal
from tests.factories import metrics
from tests.factories.decisions import in_force

pytestmark = pytest.mark.django_db


def test_a_breaking_value_questions_the_decision_once(backlog: Metric) -> None:
    decision = in_force()
    assert decision.state == "in_force"
    assert not Reevaluation.objects.exists()

    metrics.weekly(backlog, [14])
    assert MetricSignal.objects.count() == 1
    assert reevaluations.receive_signals() == {"opened": 1}
    assert reevaluations.receive_signals() == {}

    decision.refresh_from_db()
    assert decision.state == "questioned"
    found = Reevaluation.objects.get()
    breach = found.breaches.get()
    assert breach.value == 14
    assert breach.assumption == "a1"
    assert "Backlog growth is above 10" in breach.sentence
    assert found.response[0]["fallback"] == "Go back to one queue for all."
    assert Notice.objects.filter(to=decision.owner, cause_key=f"reevaluation:{found.pk}:opened").count() == 1
    assert LedgerEntry.objects.filter(verb="reevaluation.opened", subject=decision.reference).count() == 1
