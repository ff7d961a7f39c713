"""What the end of a metric means for decisions: owners hear, drafts are warned or refused, live ones are questioned."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from approvals.models import Notice, User
from decisions.domain.obstacles import Known, KnownMetric
from decisions.domain.obstacles.common import metric as metric_obstacles
from decisions.models import Decision, Reevaluation
from decisions.queries.offers import World
from decisions.services import retirements, sweeping
from decisions.services.readiness import known_to
from metrics.models import Metric
from metrics.services import ending
from tests.factories import dossiers
from tests.factories.approvals import approver, sign, steward
from tests.factories.decisions import RESOLUTION, in_force
from tests.factories.metrics import metric

pytestmark = pytest.mark.django_db


def end(target: Metric, *, remove_in: int = 30, successor: Metric | None = None) -> None:
    """Have the end of the metric approved and announced today."""
    approver()
    today = timezone.localdate()
    plan = {"announce_on": today, "remove_on": today + timedelta(days=remove_in), "reason": "Nobody reads it."}
    sign(ending.propose(target, successor=successor, by=steward(), **plan), approver())
    target.refresh_from_db()


def test_the_owner_of_a_decision_hears_of_the_announcement_with_successor_and_date(backlog: Metric) -> None:
    decision = in_force()
    end(backlog, successor=metric(key="queue_growth"))
    told = Notice.objects.get(to=decision.owner, cause_key__startswith="ending:")
    assert told.title.startswith(f"{backlog.name} is deprecated and takes no values from")
    assert "Use Queue growth (queue_growth) instead." in told.body


def test_a_retired_metric_questions_the_decision_once_and_says_why(backlog: Metric) -> None:
    decision = in_force()
    end(backlog, remove_in=0, successor=metric(key="queue_growth"))
    assert retirements.question_retired(timezone.now()) == 0
    jobs = dict(sweeping.JOBS)
    assert [jobs[name](timezone.now()) for name in ("endings", "retired")] == [1, 1]
    asked = Reevaluation.objects.get()
    assert (asked.decision, asked.cause, asked.metric) == (decision, "retired", backlog)
    assert asked.question.endswith("nothing here can break or hold by it. Its successor is Queue growth.")
    assert retirements.question_retired(timezone.now()) == 0


def test_decisions_that_do_not_rest_on_it_are_left_alone(backlog: Metric) -> None:
    in_force()
    end(metric(key="other"), remove_in=0)
    assert ending.sweep(timezone.now()) == 1
    assert retirements.question_retired(timezone.now()) == 0
    assert Decision.objects.get().state == "in_force"


@pytest.mark.parametrize("remove_in, sentence", [
    (30, ""),
    (0, "The metric “Backlog growth” is retired; rest on “Queue growth” instead."),
])  # fmt: skip
def test_a_draft_may_rest_on_a_deprecated_metric_and_not_on_a_retired_one(
    backlog: Metric, remove_in: int, sentence: str
) -> None:
    end(backlog, remove_in=remove_in, successor=metric(key="queue_growth"))
    ending.sweep(timezone.now())
    known = known_to(dossiers.dossier("somebody"))
    found = [str(each) for each in metric_obstacles(backlog.key, known, section="metrics", anchor="")]
    assert found == ([sentence] if sentence else [])


def test_a_metric_that_ends_says_so_where_it_is_chosen(backlog: Metric) -> None:
    end(backlog)
    offers = World(steward()).metrics
    assert "deprecated: ends" in offers[backlog.key].label
    assert "deprecated" not in offers[RESOLUTION].label


def test_a_retired_metric_without_successor() -> None:
    known = Known(metrics={"old": KnownMetric(name="Old", retired=True)})
    [found] = metric_obstacles("old", known, section="metrics", anchor="")
    assert str(found) == "The metric “Old” is retired; choose another."


def test_who_left_is_not_the_one_who_hears(backlog: Metric) -> None:
    decision = in_force()
    User.objects.filter(pk=decision.owner_id).update(is_active=False)
    assert list(retirements.listeners(backlog)) != [decision.owner]


def test_the_question_can_be_read(backlog: Metric, client: Client) -> None:
    decision = in_force()
    end(backlog, remove_in=0)
    ending.sweep(timezone.now())
    retirements.question_retired(timezone.now())
    client.force_login(decision.owner)
    for address in (f"/reevaluations/{Reevaluation.objects.get().pk}/", f"/decisions/{decision.reference}/"):
        assert "is retired and gets no more values" in client.get(address).content.decode()
