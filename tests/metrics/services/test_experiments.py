"""Plan, start, look, judge: who may, what freezes, what is refused, what the ledger keeps."""

import hashlib
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from approvals.models import LedgerEntry, Notice
from config.kit.refusals import BadInput, MoveRefused, StaleWrite
from metrics.models import Experiment, Metric
from metrics.queries import experimenting, page_facts
from metrics.services import experiments, judging, registry
from tests.factories.approvals import auditor, owner, person, steward
from tests.factories.experiments import PLAN, looked, planned, running
from tests.factories.metrics import metric

pytestmark = pytest.mark.django_db


def verbs(made: Experiment) -> list[str]:
    rows = LedgerEntry.objects.filter(stream=f"metric:{made.metric.key}", verb__startswith="experiment.")
    return [verb.partition(".")[2] for verb in rows.order_by("seq").values_list("verb", flat=True)]


def test_a_plan_works_out_its_size_and_may_change_until_it_starts():
    made = planned()
    assert (made.sample, made.state, made.plan_digest) == (388, "planned", "")
    changed = experiments.change(made, expected_version=1, by=made.owner, **PLAN | {"effect": Decimal(5)})
    assert (changed.sample, changed.version) == (1534, 2)
    with pytest.raises(StaleWrite):
        experiments.change(made, expected_version=1, by=made.owner, **PLAN)
    assert verbs(made) == ["planned", "replanned"]


def test_the_plan_freezes_at_the_start_with_a_digest_on_the_ledger():
    made = planned()
    begun = experiments.start(made, by=made.owner)
    assert hashlib.sha256(begun.plan_text.encode()).hexdigest() == begun.plan_digest
    for again in (
        lambda: experiments.change(made, expected_version=2, by=made.owner, **PLAN),
        lambda: experiments.start(made, by=made.owner),
    ):
        with pytest.raises(MoveRefused):
            again()
    # A column that is changed behind the service's back changes nothing of the plan that is judged by.
    Experiment.objects.filter(pk=made.pk).update(hypothesis="A longer form is finished more often.", sample=2)
    plan = experiments.plan_of(Experiment.objects.get(pk=made.pk))
    assert (plan["hypothesis"], plan["sample"]) == (PLAN["hypothesis"], 388)
    entry = LedgerEntry.objects.get(verb="experiment.started")
    assert begun.plan_digest in entry.payload


def test_every_look_is_kept_and_an_early_one_is_marked():
    made = looked(running(), (40, 100), (52, 100))
    looked(made, (160, 400), (200, 400))
    looked(made, (160, 400), (200, 400))
    looks = list(made.looks.order_by("number"))
    assert [each.early for each in looks] == [True, False]
    for forbidden in (looks[0].save, looks[0].delete, made.looks.all().delete, made.delete, Experiment.objects.delete):
        with pytest.raises(NotImplementedError):
            forbidden()


def test_figures_that_cannot_be_are_refused_with_their_place():
    made = running()
    with pytest.raises(BadInput) as refused:
        looked(made, (40, 100), (101, 100))
    assert list(refused.value.errors) == [f"{made.metric.key}:1"]
    with pytest.raises(BadInput):
        looked(made, (40, 100))
    with pytest.raises(MoveRefused):
        looked(planned(), (1, 2), (1, 2))


def test_a_verdict_against_the_figures_asks_why_it_stands():
    made = looked(running(), (160, 400), (162, 400))
    with pytest.raises(BadInput) as refused:
        judging.judge(made, verdict="supported", reason="We like it.", by=made.owner)
    assert "over zero" in refused.value.errors["despite"][0]
    told = {"verdict": "supported", "reason": "We like it.", "despite": "The law asks for it."}
    judged = judging.judge(made, by=made.owner, **told)
    assert (judged.verdict, len(judged.concerns), judged.despite) == ("supported", 1, "The law asks for it.")
    with pytest.raises(MoveRefused, match="not changed"):
        judging.judge(made, verdict="stopped", reason="Never mind.", by=made.owner)
    with pytest.raises(MoveRefused):
        looked(made, (160, 400), (200, 400))
    assert verbs(made) == ["planned", "started", "looked", "judged"]


def test_a_failure_is_judged_without_more_ado_and_told_to_the_metrics_people():
    keeper = owner()
    made = looked(running(metric(owner=keeper)), (200, 400), (160, 400))
    judged = judging.judge(made, verdict="not_supported", reason="Fewer finished.", by=made.owner, despite="unasked")
    assert (judged.state, judged.despite, judged.concerns) == ("judged", "", [])
    assert Notice.objects.filter(to=keeper, title__startswith="Not supported").count() == 1


def test_what_never_ran_can_only_be_stopped():
    made = planned()
    for early in (made, running()):
        with pytest.raises(MoveRefused):
            judging.judge(early, verdict="supported", reason="Surely.", by=early.owner)
    stopped = judging.judge(made, verdict="stopped", reason="The form went away.", by=made.owner)
    assert stopped.plan_digest
    with pytest.raises(BadInput) as refused:
        judging.judge(planned(), verdict="failed", reason=" ", by=steward())
    assert set(refused.value.errors) == {"verdict", "reason"}


def test_who_may():
    secret = metric(classification="confidential", owner=owner())
    contributor, stranger = person(), person()
    registry.grant(secret, to=contributor, permission="contribute_metric", by=None)
    made = planned(secret, by=contributor)
    assert planned(by=owner()).pk
    for nobody in (auditor(), stranger):
        with pytest.raises(PermissionDenied):
            planned(metric(), by=nobody)
        with pytest.raises(PermissionDenied):
            experiments.start(made, by=nobody)
    seen = Experiment.objects.visible_to
    assert (seen(contributor).count(), seen(stranger).count(), seen(auditor()).count()) == (2, 1, 2)


def test_an_experiment_is_seen_only_with_all_its_metrics():
    keeper = owner()
    secret, open_one = metric(classification="confidential", owner=keeper), metric()
    planned(open_one, by=keeper, further=[secret])
    assert Experiment.objects.visible_to(keeper).count() == 1
    assert Experiment.objects.visible_to(owner()).count() == 0
    with pytest.raises(BadInput) as refused:
        planned(open_one, by=owner(), further=[secret])
    assert "further" in refused.value.errors
    with pytest.raises(BadInput) as refused:
        planned(open_one, by=keeper, further=[secret], owner=owner())
    assert "may not see" in refused.value.errors["owner"][0]


@pytest.mark.parametrize(
    "fields, wrong",
    [
        ({"title": " "}, "title"),
        ({"hypothesis": ""}, "hypothesis"),
        ({"variants": ["Only"]}, "variants"),
        ({"variants": ["One", "one"]}, "variants"),
        ({"variants": ["A", "B" * 61]}, "variants"),
        ({"base": Decimal(101)}, "base"),
        ({"base": None}, "base"),
        ({"effect": Decimal(0)}, "effect"),
        ({"effect": Decimal(61)}, "effect"),
        ({"effect": Decimal(41), "expects": "fall"}, "effect"),
        ({"effect": Decimal("0.000001")}, "effect"),
        ({"measured": "mean"}, "deviation"),
        ({"measured": "mode"}, "measured"),
        ({"alpha": Decimal(50)}, "alpha"),
        ({"power": Decimal(100)}, "power"),
        ({"sample": 1}, "sample"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_beside_its_field(fields, wrong):
    with pytest.raises(BadInput) as refused:
        planned(**fields)
    assert wrong in refused.value.errors


def test_what_waits_for_a_verdict_stands_on_the_desk_of_its_owner_and_of_the_steward():
    now, keeper = timezone.now(), steward()
    on = metric(steward=keeper)
    full = looked(running(on, title="Full"), (160, 400), (200, 400))
    late = running(on, title="Late", ends_on=(now - timedelta(days=1)).date(), by=full.owner)
    looked(running(on, title="Early", by=full.owner), (1, 10), (2, 10))
    for who in (keeper, full.owner):
        found = {chore.title: chore.why for chore in experimenting.to_judge(who, now)}
        assert set(found) == {"Full", "Late"}
        assert "without" in found["Late"]
    for nobody in (owner(), auditor()):
        assert list(experimenting.to_judge(nobody, now)) == []
    shown = page_facts.shown(keeper, on.key)
    assert (shown.experiment_count, shown.experiments_running) == (3, 3)
    judging.judge(late, verdict="stopped", reason="Nobody counted.", by=keeper)
    assert "3, 2 running" in [line.words for line in page_facts.lines(page_facts.shown(keeper, on.key))]


def test_nothing_starts_on_a_retired_metric():
    made = planned()
    Metric.objects.filter(pk=made.metric.pk).update(state="retired")
    with pytest.raises(MoveRefused, match="retired"):
        experiments.start(made, by=made.owner)


def test_the_database_knows_that_a_verdict_ends_an_experiment():
    made = planned()
    for broken in ({"verdict": "supported"}, {"state": "running"}, {"state": "judged", "plan_digest": "x"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Experiment.objects.filter(pk=made.pk).update(**broken)
