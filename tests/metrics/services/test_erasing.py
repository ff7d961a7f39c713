"""What is erased when its time is up, what stays, and what keeps it."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from approvals.models import LedgerEntry, Notice
from approvals.services import people, verification
from config.kit.refusals import BadInput, MoveRefused
from metrics.models import Derivation, Episode, Erasure, Forecast, Metric, MetricSignal, Observation
from metrics.services import conditions, erasing, holds, observations
from tests.factories import metrics as factory
from tests.factories.approvals import administrator, auditor, owner
from tests.factories.approvals import steward as a_steward

pytestmark = pytest.mark.django_db
WEEKS, DAYS = 20, 70


@pytest.fixture
def steward() -> Any:
    return a_steward()


def personal(by: Any, *, values: bool = False, numbers: Any = None, **fields: Any) -> Metric:
    """Twenty weeks of values with details, kept for ten weeks."""
    made = factory.metric(personal_data=True, retention_days=DAYS, personal_values=values, steward=by, **fields)
    numbers = numbers or [50 + week for week in range(WEEKS)]
    rows = [
        factory.entry(factory.weeks_ago(WEEKS - at), number, external_id=f"case-{at}", note="Ms Smith called.")
        for at, number in enumerate(numbers)
    ]
    observations.record(made, rows, by=by, source="test")
    return made


def begun(metric: Metric, by: Any) -> Metric:
    erasing.start(metric, by=by)
    return metric


def swept(metric: Metric) -> Erasure | None:
    return erasing.erase(metric, now=timezone.now())


def old(metric: Metric) -> Any:
    return metric.observations.filter(period_end__lte=timezone.now() - timedelta(days=DAYS))


def test_details_go_and_values_stay(steward):
    target = begun(personal(steward), steward)
    values = list(target.observations.values_list("value", flat=True))
    erasure = swept(target)
    gone, kept = old(target), target.observations.exclude(external_id="")
    assert erasure is not None
    assert (erasure.details, erasure.values) == (gone.count(), 0)
    assert gone.count() in {10, 11}
    assert set(gone.values_list("external_id", "note", "recorded_by")) == {("", "", None)}
    assert kept.count() == WEEKS - gone.count()
    assert list(target.observations.values_list("value", flat=True)) == values
    assert swept(target) is None, "a second time there is nothing left to erase"
    entry = LedgerEntry.objects.get(verb="values.erased")
    assert f'"details":{erasure.details}' in entry.payload
    assert "Smith" not in entry.payload


def test_nothing_goes_before_somebody_let_it_begin(steward):
    target = personal(steward)
    found = erasing.reach(target, timezone.now())
    assert found is not None
    assert found.details in {10, 11}
    assert swept(target) is None
    assert erasing.sweep(timezone.now()) == {"erased": 0}
    begun(target, steward)
    assert erasing.sweep(timezone.now()) == {"erased": 1}


def test_only_those_who_manage_the_metric_let_it_begin(steward):
    target = personal(steward)
    for somebody in (owner(), auditor()):
        with pytest.raises(PermissionDenied):
            erasing.start(target, by=somebody)
    erasing.start(target, by=administrator())
    with pytest.raises(MoveRefused, match="no personal data"):
        erasing.start(factory.metric(), by=steward)


def test_reasons_of_corrections_go_and_the_correction_stays(steward):
    target = begun(personal(steward), steward)
    observations.record(
        target, [factory.entry(factory.weeks_ago(15), 7, reason="Ms Smith was ill.")], by=steward, source="test"
    )
    swept(target)
    assert list(target.observations.filter(revision=2).values_list("value", "reason")) == [(7, "Erased.")]
    assert not LedgerEntry.objects.filter(payload__contains="Smith").exists()
    assert swept(target) is None


def test_personal_values_go_and_are_not_taken_again(steward):
    target = begun(personal(steward, values=True), steward)
    before = target.observations.count()
    erasure = swept(target)
    assert erasure is not None
    assert erasure.values == before - target.observations.count() > 9
    target.refresh_from_db()
    assert target.erased_through == target.observations.order_by("period_start")[0].period_start
    [answer] = observations.record(target, [factory.entry(factory.weeks_ago(18), 1)], by=steward)
    assert str(answer.status) == "refused"
    assert "are erased" in answer.sentence
    assert not old(target).exists()


def test_a_breach_of_the_past_stays_as_it_was(steward):
    """Episodes and signals among the erased values: neither opened, ended, moved nor taken back."""
    numbers = [5] * 3 + [200] * 3 + [5] * (WEEKS - 6)
    target = begun(personal(steward, values=True, numbers=numbers), steward)
    watched = factory.condition(target)
    facts = ("key_start", "start", "fired", "end", "ending", "value", "retracted_at")
    episodes = list(Episode.objects.values_list(*facts))
    signals = MetricSignal.objects.count()
    erasure = swept(target)
    assert erasure is not None
    assert erasure.values
    conditions.rebuild()
    factory.weekly(target, [6])
    watched.refresh_from_db()
    assert list(Episode.objects.values_list(*facts)) == episodes
    assert len(episodes) == 1
    assert (MetricSignal.objects.count(), watched.state, watched.error) == (signals, "ok", "")


def test_values_stay_with_a_breach_that_lasts(steward):
    numbers = [5] * 3 + [200] * (WEEKS - 3)
    target = begun(personal(steward, values=True, numbers=numbers), steward)
    watched = factory.condition(target)
    start = Episode.objects.get().start
    erasure = swept(target)
    conditions.rebuild()
    watched.refresh_from_db()
    assert erasure is not None
    assert erasure.values == 3
    assert target.observations.order_by("period_start")[0].period_start == start
    assert (watched.state, Episode.objects.get().start) == ("breached", start)
    found = erasing.reach(target, timezone.now())
    assert found is not None
    assert "lasts into what stays" in found.kept[0]


def test_values_stay_while_a_condition_would_judge_otherwise_without_them(steward):
    numbers = [50, 52] * 6 + [50, 52] * 3 + [70, 50]
    target = begun(personal(steward, values=True, numbers=numbers), steward)
    factory.condition(target, {"kind": "process", "rules": [1], "baseline": 12})
    erasure = swept(target)
    found = erasing.reach(target, timezone.now())
    assert erasure is not None
    assert (erasure.values, erasure.details > 9) == (0, True), "the details have no part in any judgement"
    assert found is not None
    assert "would judge otherwise" in found.kept[0]


def test_calculated_values_stay_and_say_that_an_input_is_gone(steward):
    target = begun(personal(steward, values=True, key="absences"), steward)
    double = factory.metric(key="double_absences", expression="absences * 2", unit="%")
    observations.calculate_everything(double, why="It came in force.")
    before = list(double.observations.order_by("period_start").values_list("value", flat=True))
    erasure = swept(target)
    assert erasure is not None
    assert erasure.derived == erasure.values
    oldest = Derivation.objects.order_by("observation__period_start")[0]
    assert (oldest.inputs[0]["value"], oldest.inputs[0]["erased"]) == (None, True)
    observations.calculate_everything(double, why="Its formula was approved anew.")
    assert list(double.observations.order_by("period_start").values_list("value", flat=True)) == before


def test_a_segment_loses_its_name_once_nothing_of_it_is_young(steward):
    target = begun(personal(steward), steward)
    for segment, weeks in (("Ms Smith", (18, 15)), ("Mr Jones", (18, 1)), ("Ms Watched", (18, 16))):
        rows = [factory.entry(factory.weeks_ago(week), 5, segment=segment) for week in weeks]
        observations.record(target, rows, by=steward, source="test")
    factory.condition(target, segment="Ms Watched")
    erasure = swept(target)
    names = set(target.observations.values_list("segment", flat=True))
    assert erasure is not None
    assert erasure.segments == 1
    assert {"Mr Jones", "Ms Watched", ""} < names
    [anonymous] = names - {"Mr Jones", "Ms Watched", ""}
    assert anonymous.startswith("erased ")
    assert Forecast.objects.filter(segment=anonymous).exists()
    assert not Forecast.objects.filter(segment="Ms Smith").exists()


class TestHolds:
    def test_while_one_runs_nothing_goes(self, steward):
        target = begun(personal(steward), steward)
        for scope in ({"metric": target}, {}, {"person": steward}):
            hold = holds.place(by=administrator(), reason="A claim was filed.", reference="LG-7", **scope)
            found = erasing.reach(target, timezone.now())
            assert found is not None
            assert not found.anything
            assert "LG-7" in found.kept[0]
            assert swept(target) is None
            holds.lift(hold, by=steward, why="The claim was withdrawn.")
        assert swept(target) is not None

    def test_it_is_on_the_ledger_and_told(self, steward):
        target = personal(steward)
        by = administrator()
        hold = holds.place(by=by, reason="A claim was filed.", reference="LG-7", metric=target)
        with pytest.raises(BadInput, match="runs already"):
            holds.place(by=by, reason="Sent twice.", reference="LG-7", metric=target)
        holds.lift(hold, by=by, why="Withdrawn.")
        told = list(Notice.objects.filter(to=steward, url=f"/metrics/{target.key}/retention/").order_by("pk"))
        assert [each.title for each in told] == ["A legal hold was placed", "A legal hold was lifted"]
        assert [each.verb for each in LedgerEntry.objects.order_by("-seq")[:2]] == ["hold.lifted", "hold.placed"]
        with pytest.raises(MoveRefused, match="lifted already"):
            holds.lift(hold, by=by, why="Again.")

    def test_administrators_and_stewards_place_it_with_a_reason(self, steward):
        for somebody in (owner(), auditor()):
            with pytest.raises(PermissionDenied):
                holds.place(by=somebody, reason="A claim.", reference="LG-7")
        with pytest.raises(BadInput, match="reference"):
            holds.place(by=steward, reason="A claim.", reference=" ")
        with pytest.raises(BadInput, match="why"):
            holds.place(by=steward, reason="", reference="LG-7")

    def test_a_person_is_not_erased_meanwhile(self, steward):
        leaver, by = owner(), administrator()
        hold = holds.place(by=by, reason="A claim.", reference="LG-8", person=leaver)
        with pytest.raises(MoveRefused, match="LG-8"):
            people.erase(leaver, by=by)
        holds.lift(hold, by=by, why="Settled.")
        people.erase(leaver, by=by)


def test_the_database_refuses_what_no_erasure_does(steward):
    target = personal(steward)
    for statement in ("UPDATE metrics_observation SET value = 1", "DELETE FROM metrics_observation"):
        with (
            pytest.raises(IntegrityError, match="only ever added"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
    assert Observation.objects.filter(metric=target, note="Ms Smith called.").count() == WEEKS


def test_the_ledger_holds_after_an_erasure(steward, settings, tmp_path):
    settings.VAR = tmp_path  # with no checkpoint files of other tests' ledgers
    target = begun(personal(steward, values=True), steward)
    swept(target)
    assert verification.verify().problems == []
