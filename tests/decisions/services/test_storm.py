"""One value that breaks two hundred decisions: two hundred re-evaluations, one notice."""

from datetime import timedelta

import pytest

from approvals.models import LedgerEntry, Notice, User
from decisions.models import Decision, Reevaluation
from decisions.services import receiving, reevaluations
from metrics.models import Metric
from tests.factories import metrics
from tests.factories.approvals import owner
from tests.factories.crowds import crowd
from tests.factories.decisions import in_force

pytestmark = pytest.mark.django_db
MANY = 200


def about(start: str, to: User) -> list[Notice]:
    return list(Notice.objects.filter(to=to, cause_key__startswith=start))


def struck(backlog: Metric, count: int) -> Decision:
    """So many decisions of one owner, broken by one value."""
    decision = in_force()
    crowd(decision, count - 1)
    metrics.weekly(backlog, [14])
    return decision


def test_a_storm_is_one_notice_and_every_task_has_its_own_time(backlog: Metric) -> None:
    decision = struck(backlog, MANY)
    assert receiving.receive_signals(MANY * 2) == {"opened": MANY}
    assert Decision.objects.filter(state="questioned").count() == MANY
    tasks = Reevaluation.objects.filter(state="open")
    assert tasks.values("decision").distinct().count() == MANY
    assert all(task.due_at - task.opened_at == timedelta(hours=72) for task in tasks)
    assert LedgerEntry.objects.filter(verb="reevaluation.opened").count() == MANY
    [notice] = about("wave:breached", decision.owner)
    assert notice.title == f"{backlog.name} has broken assumptions of {MANY} of your decisions"
    assert not about("reevaluation:", decision.owner)


def test_what_comes_of_it_is_one_notice_too(backlog: Metric) -> None:
    few = 5
    decision = struck(backlog, few)
    receiving.receive_signals()
    late = max(task.due_at for task in Reevaluation.objects.all()) + timedelta(minutes=1)
    assert reevaluations.escalate(late) >= few
    assert reevaluations.escalate(late + timedelta(seconds=5)) == 0
    titles = [each.title for each in about("late:", decision.owner)]
    assert titles == [f"Answers for {few} decisions are overdue and have come to you"]

    entry = metrics.entry(metrics.weeks_ago(1), 4, reason="The export was wrong.")
    metrics.observations.record(backlog, [entry], by=None)
    assert receiving.receive_signals() == {"retracted": few}
    assert Decision.objects.filter(state="in_force").count() == few
    assert len(about("wave:retracted", decision.owner)) == 1
    assert not about("reevaluation:", decision.owner)


def test_who_owns_one_of_the_struck_is_told_of_that_one(backlog: Metric) -> None:
    first = in_force()
    second, *_ = crowd(first, 3)
    other = owner()
    Decision.objects.filter(pk=second.pk).update(owner=other)
    metrics.weekly(backlog, [14])
    receiving.receive_signals()
    assert len(about("wave:", first.owner)) == 1
    assert not about("wave:", other)
    [notice] = about("reevaluation:", other)
    assert notice.title.startswith(f"{second.reference} is questioned")
