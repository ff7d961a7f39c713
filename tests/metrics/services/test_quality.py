"""Checks of data quality on stored values: marked by the writer, run by the worker, followed by incidents."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from approvals.models import LedgerEntry, Notice
from config.kit.refusals import BadInput, MoveRefused, StaleWrite
from metrics.domain.quality.catalogue import Setting, Severity
from metrics.models import Metric, Observation, QualityIncident, QualityScore, QualityState
from metrics.services import incidents, observations, quality, quality_settings, registry, segments
from tests.factories.approvals import person, steward
from tests.factories.metrics import entry, metric, weekly, weeks_ago

pytestmark = pytest.mark.django_db
STEADY = [80, 81, 79, 80, 82, 80, 81, 79, 80, 81, 80, 79, 81, 80]


def look(seconds: int = 0) -> dict[str, int]:
    """Run what is due, as a sweep some seconds from now would."""
    return quality.sweep(timezone.now() + timedelta(seconds=seconds))


def outlier(**fields: object) -> Metric:
    """A metric whose newest value is ten times too large, looked at."""
    made = metric(**fields)
    weekly(made, [*STEADY, 800])
    look()
    return made


def checks(target: Metric, **changes: dict[str, object]) -> dict[str, Setting]:
    wanted = quality_settings.settings_of(target)
    for key, change in changes.items():
        old = wanted[key]
        wanted[key] = Setting(
            kind=old.kind,
            on=change.pop("on", old.on),
            severity=change.pop("severity", old.severity),
            parameters={**old.parameters, **change},
        )
    return wanted


def set_checks(target: Metric, **changes: dict[str, object]) -> list[str]:
    state, _ = QualityState.objects.get_or_create(metric=target)
    by, wanted = target.steward or steward(), checks(target, **changes)
    return quality_settings.save(target, wanted=wanted, expected_version=state.settings_version, by=by)


def correct(target: Metric, value: object, reason: str = "A slip of the finger.") -> None:
    [result] = observations.record(target, [entry(weeks_ago(1), value, reason=reason)], by=None)
    assert result.status == "revised", result


class TestRuns:
    def test_recording_marks_and_the_worker_looks(self):
        made = metric()
        weekly(made, STEADY)
        state = QualityState.objects.get(metric=made)
        assert state.newest == Observation.objects.latest("pk").pk
        assert state.looked == 0
        assert look() == {"looked at": 1}
        state.refresh_from_db()
        assert (state.looked, state.score) == (state.newest, 100)
        assert state.due_at > timezone.now()
        assert look() == {}

    def test_a_value_in_between_waits_a_moment_and_is_then_looked_at(self):
        made = metric()
        weekly(made, STEADY)
        look()
        weekly(made, [80], until=0)
        assert look() == {}
        assert look(10) == {"looked at": 1}

    def test_too_little_history_is_not_enough_to_say_and_no_pass(self):
        made = metric()
        weekly(made, [80])
        look()
        verdicts = dict(made.quality_results.values_list("check_key", "verdict"))
        assert verdicts["outliers"] == verdicts["completeness"] == verdicts["accuracy"] == "unknown"
        assert made.quality_results.get(check_key="outliers").sentence.startswith("There are 1 values")

    def test_a_metric_without_a_value_has_no_score(self):
        made = metric()
        look()
        assert QualityState.objects.get(metric=made).score is None
        assert not QualityScore.objects.exists()

    def test_a_failing_run_is_tried_again_and_given_up_with_a_word(self, monkeypatch: pytest.MonkeyPatch):
        made = metric(steward=steward())
        weekly(made, STEADY)
        monkeypatch.setattr(quality, "materials", lambda *_: 1 / 0)
        assert look() == {"failed": 1}
        assert look(100) == {"failed": 1}
        assert look(400) == {"given up": 1}
        assert "ZeroDivisionError" in QualityState.objects.get(metric=made).error
        assert Notice.objects.filter(to=made.steward, title__contains="could not be run").count() == 1
        monkeypatch.undo()
        assert look(6 * 3600 + 401) == {"looked at": 1}
        assert QualityState.objects.get(metric=made).error == ""

    def test_what_was_set_during_a_run_is_looked_at_again(self, monkeypatch: pytest.MonkeyPatch):
        made = metric()
        weekly(made, STEADY)
        real = quality.materials

        def meanwhile(*given):
            quality_settings.look_again(made, timezone.now())
            return real(*given)

        monkeypatch.setattr(quality, "materials", meanwhile)
        look()
        monkeypatch.undo()
        assert look(1) == {"looked at": 1}


class TestIncidents:
    def test_an_outlier_opens_one_incident_and_the_steward_hears_once(self):
        keeper = steward()
        made = outlier(steward=keeper)
        incident = made.incidents.get()
        assert (incident.check_key, incident.state, incident.severity) == ("outliers", "open", "medium")
        assert "800" in incident.sentence
        assert Decimal(incident.findings[0]["expected"]) == 80
        weekly(made, [80], until=0)
        look(10)
        incident.refresh_from_db()
        assert incident.failures == 2
        assert Notice.objects.filter(to=keeper, cause_key=f"incident:{incident.pk}").count() == 1

    def test_a_correction_closes_it_and_the_same_again_takes_it_up(self):
        made = outlier()
        correct(made, 80)
        look(10)
        incident = made.incidents.get()
        assert (incident.state, incident.reason) == ("closed", "The check passes again.")
        correct(made, 900, "It was right after all.")
        look(20)
        incident = made.incidents.get()
        assert (incident.state, incident.reopened, incident.failures) == ("open", 1, 2)
        verbs = LedgerEntry.objects.filter(verb__startswith="quality.incident").values_list("verb", flat=True)
        assert [verb.rpartition("_")[2] for verb in verbs.order_by("seq")] == ["opened", "closed", "reopened"]

    def test_what_was_accepted_is_no_failure_again_and_another_value_is(self):
        keeper = steward()
        made = outlier(steward=keeper)
        resolved = incidents.resolve(made.incidents.get(), reason="The campaign did that.", by=keeper)
        assert resolved.accepted == [resolved.findings[0]["key"]]
        assert look() == {"looked at": 1}, "whoever resolves has it looked at again"
        result = made.quality_results.get(check_key="outliers")
        assert result.verdict == "pass"
        assert "accepted with a reason" in result.sentence
        correct(made, 700)
        look(20)
        assert [row.state for row in made.incidents.order_by("pk")] == ["resolved", "open"]

    def test_a_check_switched_off_closes_its_incident(self):
        made = outlier(steward=steward())
        set_checks(made, outliers={"on": False})
        look(10)
        assert made.incidents.get().state == "closed"
        assert not made.quality_results.filter(check_key="outliers").exists()

    def test_acknowledging_and_resolving(self):
        keeper = steward()
        made = outlier(steward=keeper)
        incident = incidents.acknowledge(made.incidents.get(), by=keeper)
        assert (incident.state, incident.acknowledged_by) == ("acknowledged", keeper)
        with pytest.raises(MoveRefused):
            incidents.acknowledge(incident, by=keeper)
        with pytest.raises(BadInput):
            incidents.resolve(incident, reason=" ", by=keeper)
        with pytest.raises(PermissionDenied):
            incidents.resolve(incident, reason="Fine.", by=person())
        incidents.resolve(incident, reason="Fine.", by=keeper)
        with pytest.raises(MoveRefused):
            incidents.resolve(incident, reason="Fine.", by=keeper)

    def test_the_owner_hears_once_of_what_nobody_takes_in_hand(self):
        owner = person()
        outlier(owner=owner, steward=steward())
        told = Notice.objects.filter(to=owner)
        look(71 * 3600)
        assert not told.exists()
        look(73 * 3600)
        look(74 * 3600)
        assert told.count() == 1

    def test_the_score_counts_by_severity_and_keeps_its_making(self):
        made = outlier(steward=steward())
        set_checks(made, outliers={"severity": Severity.HIGH})
        look(10)
        kept = QualityScore.objects.get(metric=made)
        passing = sum(line["weight"] for line in kept.lines if line["verdict"] == "pass")
        assert kept.score == 100 * passing // (passing + 4)
        assert QualityState.objects.get(metric=made).score == kept.score


class TestSettings:
    def test_a_stale_save_is_refused_and_an_unchanged_one_changes_nothing(self):
        made = metric(steward=steward())
        assert set_checks(made) == []
        assert set_checks(made, outliers={"threshold": Decimal(5)}) == ["Outliers"]
        with pytest.raises(StaleWrite):
            quality_settings.save(made, wanted=checks(made), expected_version=0, by=made.steward)
        assert quality_settings.settings_of(made)["outliers"].parameters["threshold"] == 5

    def test_a_comparison_is_with_another_metric_that_the_person_may_see(self):
        made, other = metric(steward=steward()), metric(key="all_cases")
        hidden = metric(classification="confidential")
        for key in ("", made.key, hidden.key, "nonsense"):
            with pytest.raises(BadInput):
                set_checks(made, comparison={"on": True, "metric": key})
        weekly(made, [5, 6])
        weekly(other, [5, 5])
        set_checks(made, comparison={"on": True, "metric": other.key})
        look()
        assert "6 for" in made.incidents.get(check_key="comparison").sentence

    def test_a_control_figure_catches_a_value_and_its_withdrawal_lets_go(self):
        keeper = steward()
        made = metric(steward=keeper)
        weekly(made, [80, 81])
        given = {"segment": "", "tolerance": Decimal(1), "percent": True, "source": "Ledger", "by": keeper}
        figure = quality_settings.enter_figure(made, period=weeks_ago(1), value=Decimal(90), **given)
        look()
        incident = made.incidents.get()
        assert (incident.check_key, incident.severity) == ("accuracy", "high")
        with pytest.raises(BadInput):
            quality_settings.enter_figure(made, period=weeks_ago(1), value=Decimal(90), **given)
        with pytest.raises(BadInput):
            quality_settings.enter_figure(made, period=weeks_ago(0), value=Decimal(90), **given)
        with pytest.raises(BadInput, match="no segment “Nroth”"):
            quality_settings.enter_figure(made, period=weeks_ago(2), value=Decimal(90), **given | {"segment": "Nroth"})
        assert quality_settings.withdraw_figure(made, figure=figure.pk, by=keeper)
        assert not quality_settings.withdraw_figure(made, figure=figure.pk, by=keeper)
        look(10)
        assert made.quality_results.get(check_key="accuracy").verdict == "unknown"
        incident = QualityIncident.objects.get()
        assert (incident.state, incident.reason) == ("closed", "No control figure has been entered.")


class TestAgainstAnotherMetric:
    """What the comparison finds names the other metric's value, so it must be nobody's secret."""

    @pytest.fixture
    def made(self) -> Metric:
        made = metric(key="mine", steward=steward())
        weekly(made, [1, 1, 1])
        return made

    def other(self, made: Metric, **fields: object) -> Metric:
        other = metric(key="other", steward=made.steward, **fields)
        weekly(other, [5, 5, 7131])
        return other

    @staticmethod
    def found(made: Metric) -> str:
        set_checks(made, comparison={"on": True, "metric": "other", "relation": "at_least"})
        look(60)
        return " ".join(QualityIncident.objects.values_list("sentence", flat=True))

    def test_an_open_one_is_compared_with(self, made):
        self.other(made)
        assert "7131 of other" in self.found(made)

    def test_a_confidential_one_is_refused_and_not_read_when_it_becomes_so_later(self, made):
        other = self.other(made)
        set_checks(made, comparison={"on": True, "metric": "other", "relation": "at_least"})
        registry.classify(other, classification="confidential", by=made.steward)
        look(60)
        assert not QualityIncident.objects.filter(check_key="comparison").exists()
        with pytest.raises(BadInput, match="confidential"):
            set_checks(made, comparison={"on": True, "metric": "other", "relation": "at_most"})

    def test_a_restricted_whole_is_compared_only_with_a_restricted_one(self, made):
        segments.restrict(self.other(made), name="", restricted=True, by=None)
        assert "7131" not in self.found(made)
        segments.restrict(made, name="", restricted=True, by=None)
        quality_settings.look_again(made, timezone.now())
        look(120)
        assert "7131 of other" in QualityIncident.objects.get(check_key="comparison").sentence
