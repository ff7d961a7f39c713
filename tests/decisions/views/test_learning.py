"""Times to an answer and what came of each condition: of what a person may see, on the page and as a file."""

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from decisions.models import Decision, Reevaluation
from decisions.services import learning, reevaluations
from decisions.services.own_metrics import OWN
from metrics.models import Metric
from metrics.services import observations
from metrics.services.observations import Entry
from tests.factories import metrics
from tests.factories.approvals import approvers, person
from tests.factories.decisions import BACKLOG, RESOLUTION, in_force

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def answered(settings, tmp_path) -> Decision:
    """A decision called back by its backlog, and stopped."""
    settings.VAR = tmp_path
    approvers(3)
    metrics.weekly(metrics.metric(key=RESOLUTION), [82, 84, 83])
    growth = metrics.metric(key=BACKLOG, direction="lower", baseline=3, target=2, tolerance_low=0, tolerance_high=5)
    metrics.weekly(growth, [3, 4, 3], until=2)
    decision = in_force()
    metrics.weekly(growth, [14])
    reevaluations.receive_signals()
    asked = Reevaluation.objects.get()
    reevaluations.answer(asked, outcome="fallback", reason="It grew.", by=decision.owner)
    return decision


def get(user, address):
    client = Client()
    client.force_login(user, backend=BACKEND)
    answer = client.get(address)
    assert answer.status_code == 200
    return answer


def test_everybody_sees_times_and_reports_of_what_they_may_see_only(answered):
    owner, stranger = answered.owner, person()
    for user in (owner, stranger):
        page = get(user, "/decisions/learning/")
        assert [(line.of, line.count, line.changed) for line in page.context["lines"]] == [
            ("", 1, 1),
            ("Severity", 1, 1),
            ("Owner", 1, 1),
        ]
        [fired] = [each for each in get(user, "/decisions/conditions/").context["reports"] if each.found.fired]
        assert (fired.found.answered, fired.found.changed, fired.found.false) == (1, 1, 0)
        assert fired.found.lateness > 0
    Decision.objects.update(classification="confidential")
    assert get(owner, "/decisions/learning/").context["lines"]
    assert get(stranger, "/decisions/learning/").context["lines"] == []
    assert get(stranger, "/decisions/conditions/").context["reports"] == []
    text = b"".join(get(stranger, "/decisions/conditions.csv").streaming_content).decode()
    assert answered.reference not in text


def test_the_file_says_what_the_page_says_and_a_decision_tells_its_own_latency(answered):
    rows = b"".join(get(answered.owner, "/decisions/conditions.csv").streaming_content).decode().splitlines()
    assert rows[0].endswith('"Median lateness, hours"')
    assert any(f"{answered.reference}," in row and ",1,1,1,0,0," in row for row in rows[1:])
    assert "Once, answered after" in get(answered.owner, f"/decisions/{answered.reference}/").content.decode()


def test_the_metrics_that_are_kept_show_their_newest_month_or_that_there_is_none_yet(answered):
    learning.fill(timezone.now())
    shown = get(answered.owner, "/decisions/learning/").content.decode()
    assert shown.count("no value yet") == len(OWN)
    kept = Metric.objects.get(key="premise_decision_latency")
    observations.record(kept, [Entry(period_start=date(2026, 1, 1), value=Decimal(7))], by=None, source="premise")
    assert "7\u202fhours in January 2026" in get(answered.owner, "/decisions/learning/").content.decode()
