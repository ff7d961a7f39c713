"""Answered, but still breached: the decision stands near break, and what gets worse calls again."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from approvals.models import LedgerEntry, Notice, User
from decisions import access
from decisions.domain import dossier as d
from decisions.models import Decision, Escalation, Reevaluation
from decisions.queries import portfolio
from decisions.queries.answering import open_question
from decisions.queries.inbox import answerable
from decisions.queries.muting import standing_now
from decisions.services import receiving, reevaluations
from metrics.models import Metric
from tests.factories import dossiers, metrics
from tests.factories.approvals import owner, person
from tests.factories.decisions import in_force

pytestmark = pytest.mark.django_db


def two_bounds(who: str) -> d.Criteria:
    """Breaks at 10, and critically at 20."""
    grave = dossiers.condition(id="c2", bound=Decimal(20), severity="critical")
    assumption = dossiers.assumption(who, conditions=(dossiers.condition(), grave))
    return replace(dossiers.dossier(who).criteria, assumptions=(assumption,))


def standing(decision: Decision) -> str:
    found = portfolio.annotated(Decision.objects.filter(pk=decision.pk))
    now = Reevaluation.objects.latest("opened_at").opened_at
    return str(next(portfolio.rows_of(found, now=now)).standing)


def test_what_was_answered_and_goes_on_is_near_break_and_the_next_severity_calls_again(backlog: Metric) -> None:
    who = owner(username="decider")
    decision = in_force(who, criteria=two_bounds("decider"))
    metrics.weekly(backlog, [14], until=2)
    assert receiving.receive_signals() == {"opened": 1}
    reevaluations.answer(Reevaluation.objects.get(), outcome="reaffirm", reason="A holiday.", by=who)
    assert standing(decision) == "near break"
    metrics.weekly(backlog, [25], until=1)
    assert receiving.receive_signals() == {"opened": 1}
    again = Reevaluation.objects.get(state="open")
    assert (again.severity, again.due_at - again.opened_at) == ("critical", timedelta(hours=24))
    assert Notice.objects.get(cause_key=f"reevaluation:{again.pk}:opened").urgent


def test_a_new_episode_of_the_same_condition_calls_again(backlog: Metric) -> None:
    decision = in_force()
    metrics.weekly(backlog, [14, 3], until=2)
    receiving.receive_signals()
    reevaluations.answer(Reevaluation.objects.get(), outcome="reaffirm", reason="A holiday.", by=decision.owner)
    metrics.weekly(backlog, [15], until=1)
    assert receiving.receive_signals() == {"opened": 1}


@pytest.fixture
def climbing(backlog: Metric) -> tuple[Reevaluation, list[User]]:
    """A confidential decision whose late answer goes to three people in turn, the second of whom has left."""
    people = [person() for _ in range(3)]
    steps = tuple(d.EscalationStep(person=each.username, hours=10) for each in people)
    scenario = dossiers.scenario("decider", escalation=steps)
    who = owner(username="decider")
    in_force(who, risks=replace(dossiers.dossier("decider").risks, scenarios=(scenario,)))
    people[1].is_active = False
    people[1].save()
    Decision.objects.update(classification="confidential")
    metrics.weekly(backlog, [14])
    receiving.receive_signals()
    return Reevaluation.objects.get(), people


def test_time_takes_a_late_answer_up_the_path_and_nobody_waits_for_who_has_left(
    climbing: tuple[Reevaluation, list[User]],
) -> None:
    asked, people = climbing
    told = [reevaluations.escalate(asked.due_at + timedelta(hours=hours)) for hours in (-1, 1, 9, 11, 19, 30)]
    # The owner and the first at once; after ten hours the second, who has left, and so the third.
    assert told == [0, 2, 0, 1, 0, 0]
    steps = Escalation.objects.filter(reevaluation=asked)
    assert [each.person for each in steps] == [asked.decision.owner, people[0], None, people[2]]
    assert LedgerEntry.objects.filter(verb="reevaluation.escalated").count() == 2
    for each in (people[0], people[2]):
        assert Notice.objects.filter(to=each, title__contains="is overdue").count() == 1


def test_whom_a_late_answer_reached_may_read_and_answer(climbing: tuple[Reevaluation, list[User]]) -> None:
    asked, people = climbing
    first = people[0]
    assert not Decision.objects.visible_to(first).exists()
    assert not access.may_answer(first, asked.decision)
    reevaluations.escalate(asked.due_at + timedelta(hours=1))
    assert Decision.objects.visible_to(first).exists()
    assert list(answerable(first, timezone.now())) == [asked]
    reevaluations.answer(asked, outcome="reaffirm", reason="Seen.", by=first)
    assert not access.may_answer(first, asked.decision)


def test_what_comes_back_within_its_cooldown_is_counted_and_does_not_call_again(backlog: Metric) -> None:
    who = owner(username="decider")
    calm = dossiers.assumption("decider", conditions=(dossiers.condition(cooldown="4"),))
    in_force(who, criteria=replace(dossiers.dossier("decider").criteria, assumptions=(calm,)))
    metrics.weekly(backlog, [14], until=3)
    assert receiving.receive_signals() == {"opened": 1}
    reevaluations.answer(Reevaluation.objects.get(), outcome="reaffirm", reason="A holiday.", by=who)
    metrics.weekly(backlog, [3, 15], until=1)
    assert receiving.receive_signals() == {}
    asked = Reevaluation.objects.get()
    [row] = open_question(who, asked.pk, now=asked.opened_at).broken
    assert row.flaps == 1
    [condition] = standing_now(asked.decision.reference, asked.opened_at).values()
    assert (condition.flaps, condition.muted_until) == (1, None)
