"""Pulls as they are made: values with their revisions, failures that wait and stop, workers that die or meet."""

import json
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.utils import timezone

from approvals.models import ApprovalRequest, LedgerEntry, Notice, User
from approvals.roles import STEWARDS
from metrics.domain.freezing import Window
from metrics.domain.pacing import MOST_FAILURES
from metrics.models import Metric, Observation, Pull, PullRun
from metrics.queries.chores import Chore
from metrics.queries.desk import waiting_for
from metrics.services import freezes, observations, pulling, pulls, trying_pulls
from metrics.services.pulling import LEASE, Means
from tests.factories.approvals import approver, owner, person, sign, steward
from tests.factories.metrics import entry, metric, weeks_ago
from tests.factories.pulls import pull
from tests.metrics.pulls.making import counts, current, figures, make, rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def running() -> Pull:
    return pull(target=figures(*rows(5, 6)), state=Pull.State.ON)


def test_values_come_in_under_the_pulls_name_and_a_second_time_change_nothing(running: Pull):
    run = make(running)
    assert (run.outcome, counts(run)) == ("good", (2, 0, 0, 0))
    kept = running.metric.observations.latest("period_start")
    assert (kept.source, kept.recorded_by) == (f"pull {running.name}", None)
    assert kept.external_id.startswith(f"pull-{running.pk}:")
    assert LedgerEntry.objects.filter(verb="values.recorded").count() == 1
    assert counts(make(running)) == (0, 0, 2, 0)
    assert Observation.objects.count() == 2
    assert running.next_run_at - timezone.now() > timedelta(minutes=59)


def test_late_and_changed_values_become_revisions_with_their_reason(running: Pull):
    make(running)
    figures(*rows(4, 5, 6.5))
    assert counts(make(running)) == (1, 1, 1, 0)
    assert current(running.metric) == [4, 5, Decimal("6.5")]
    assert running.metric.observations.get(revision=2).reason == "The source now says 6.5."
    figures(*rows(4, 5, 6))
    assert counts(make(running)) == (0, 1, 2, 0)  # back to what it said first
    assert current(running.metric) == [4, 5, 6]


def test_a_correction_by_hand_stands_until_the_source_says_something_else(running: Pull):
    make(running)
    by = steward()
    observations.record(running.metric, [entry(weeks_ago(1), 9, reason="Counted again.")], by=by)
    assert counts(make(running)) == (0, 0, 2, 0)
    assert current(running.metric) == [5, 9]
    figures(*rows(5, 8))
    assert counts(make(running)) == (0, 1, 1, 0)
    assert current(running.metric) == [5, 8]


def test_a_correction_of_a_frozen_period_is_wished_for_once_also_when_it_was_turned_down():
    signer, keeper = approver(), steward()
    made = pull(metric(owner=owner(), steward=keeper), target=figures(*rows(5, 6)), state=Pull.State.ON)
    make(made)
    today = timezone.localdate()
    window = Window(
        reason="The yearly evaluation.",
        begins_on=today,
        ends_on=today + timedelta(days=5),
        first_day=weeks_ago(2),
        last_day=weeks_ago(1),
    )
    freezes.declare(freezes.Scope(metric=made.metric), window, by=keeper)
    figures(*rows(5, 8))
    run = make(made)
    assert (run.outcome, counts(run), run.waiting) == ("good", (0, 0, 1, 0), 1)
    sign(ApprovalRequest.objects.get(kind="metric_correction"), by=signer, verdict="reject", comment="No.")
    make(made)
    assert ApprovalRequest.objects.filter(kind="metric_correction").count() == 1
    assert current(made.metric) == [5, 6]
    figures(*rows(5, 9))
    make(made)
    assert ApprovalRequest.objects.filter(kind="metric_correction").count() == 2


def test_open_periods_wait_and_bad_rows_are_refused_beside_good_ones():
    made = pull(target=figures(*rows(5, "x", None), *rows(7, until=0)), state=Pull.State.ON)
    run = make(made)
    assert (run.outcome, counts(run), run.waiting, run.rows) == ("partly", (1, 0, 0, 1), 1, 4)
    assert run.refusals == ["Row 2: The value is not a number."]
    assert made.failures == 0


def test_rows_that_are_all_refused_are_a_failure():
    made = pull(target=figures(*rows("x", "NaN")), state=Pull.State.ON)
    run = make(made)
    assert run.outcome == "failed"
    assert run.error.startswith("None of its 2 rows could be taken. Row 1:")
    assert made.failures == 1


def test_segments_and_sample_sizes_come_by_their_columns():
    day = weeks_ago(1).isoformat()
    made = pull(
        target=figures((day, 5, "north", 120), (day, 7, "south", 80)),
        statement="SELECT * FROM figures",
        segment_column="region",
        sample_column="cases",
        state=Pull.State.ON,
    )
    make(made)
    kept = made.metric.observations.order_by("segment").values_list("segment", "value", "sample_size")
    assert list(kept) == [("north", 5, 120), ("south", 7, 80)]


def test_failures_wait_ever_longer_then_stop_it_and_the_steward_is_told_once():
    who = person(STEWARDS)
    made = pull(metric(steward=who), target="sqlite:///nothing.sqlite3", state=Pull.State.ON)
    waits = []
    for _ in range(MOST_FAILURES - 1):
        make(made, chance=lambda: 0.5)
        waits.append(round((made.next_run_at - made.last_run_at).total_seconds() / 60))
    assert waits[:5] == [1, 2, 4, 8, 16]
    assert not Notice.objects.exists()
    [chore] = _chores(who)
    assert "does not answer" in chore.title
    make(made)
    assert (made.state, made.next_run_at, made.failures) == (Pull.State.FAILED, None, MOST_FAILURES)
    notice = Notice.objects.get()
    assert notice.to == who
    assert "PULL_FOLDERS" in notice.body
    assert LedgerEntry.objects.filter(verb="pull.stopped").count() == 1
    assert pulling.run_due() == {}
    [chore] = _chores(who)
    assert "was stopped" in chore.title
    assert chore.url == f"/metrics/{made.metric.key}/pulls/{made.pk}/"


def _chores(who: User) -> list[Chore]:
    return [each for each in waiting_for(who, timezone.now()) if each.kind == "Pulls that fail"]


def test_that_values_arrive_again_is_said_too():
    who = person(STEWARDS)
    made = pull(metric(steward=who), target="sqlite:///later.sqlite3", state=Pull.State.ON, failures=MOST_FAILURES - 1)
    make(made)
    figures(*rows(5), name="later.sqlite3")
    pulls.start(made, by=who)
    make(made)
    make(made)
    assert [notice.title.partition(":")[0] for notice in Notice.objects.order_by("pk")] == [
        "A pull was stopped",
        "Values arrive again",
    ]
    assert (made.failures, made.error, made.told) == (0, "", False)


def test_a_retired_metrics_pull_fails_with_its_sentence(running: Pull):
    Metric.objects.filter(pk=running.metric_id).update(state=Metric.State.RETIRED)
    assert "takes no more values" in make(running).error


def _claimed(now: datetime) -> PullRun:
    run = pulling._claim(now, 1)
    assert run is not None
    return run


def test_a_claimed_pull_is_nobody_elses_until_its_lease_runs_out(running: Pull):
    now = timezone.now()
    first = _claimed(now)
    assert pulling._claim(now, 9) is None
    later = now + LEASE + timedelta(seconds=1)
    second = _claimed(later)
    first.refresh_from_db()
    assert (first.outcome, first.error) == ("failed", pulling.DIED)
    assert second.turn == first.turn + 1
    running.refresh_from_db()
    assert running.failures == 1
    assert pulling._make(first, Means()) == "lost"  # who was only slow keeps nothing
    assert not Observation.objects.exists()
    assert pulling._make(second, Means()) == "made"
    assert Observation.objects.count() == 2


def test_a_pull_that_kills_its_workers_is_stopped(running: Pull):
    now = timezone.now()
    for _ in range(MOST_FAILURES):
        _claimed(now)
        now += LEASE + timedelta(seconds=1)
    assert pulling._claim(now, 1) is None
    running.refresh_from_db()
    assert (running.state, running.error) == (Pull.State.FAILED, pulling.DIED)


def test_what_is_changed_or_paused_meanwhile_keeps_nothing_of_the_run(running: Pull):
    run = _claimed(timezone.now())
    pulls.pause(running, by=steward())
    assert pulling._make(run, Means()) == "lost"
    run.refresh_from_db()
    assert (run.outcome, run.error) == ("failed", pulls.INTERRUPTED)
    assert not Observation.objects.exists()


def test_some_workers_stay_free_however_many_sources_hang(running: Pull):
    pull(target=figures(*rows(5)), state=Pull.State.ON)
    assert _claimed(timezone.now())
    assert pulling.run_due() == {}  # one is in hand
    assert pulling.sweep(timezone.now()) == {"made": 1}


def test_a_run_that_was_asked_for_says_by_whom(running: Pull):
    by = steward()
    make(running)
    pulls.run_now(running, by=by)
    assert pulling.run_due() == {"made": 1}
    run = running.runs.first()
    assert run.asked_by == by
    running.refresh_from_db()
    assert running.asked_by is None


def test_old_runs_are_dropped(running: Pull, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pulling, "KEPT_RUNS", 3)
    for _ in range(5):
        make(running)
    assert list(running.runs.values_list("turn", flat=True)) == [5, 4, 3]


def test_the_sweep_makes_pulls_before_anything_else(running: Pull, capsys: pytest.CaptureFixture[str]):
    call_command("sweep")
    done = json.loads(capsys.readouterr().out)
    assert next(iter(done)) == "pulls"
    assert done["pulls"] == {"made": 1}


def test_a_try_shows_what_would_come_and_keeps_nothing(running: Pull):
    by = steward()
    tried = trying_pulls.try_out(running, by=by)
    assert [(row.value, row.status) for row in tried.rows] == [(6, "stored"), (5, "stored")]
    assert not Observation.objects.exists()
    make(running)
    figures(*rows(5, 7, "x"))
    tried = trying_pulls.try_out(running, by=by)
    assert [(row.value, row.status) for row in tried.rows] == [(7, "revised"), (5, "stored")]
    assert tried.refused == ["Row 3: The value is not a number."]
    assert Observation.objects.count() == 2
    assert trying_pulls.try_out(pull(target="sqlite:///nothing.sqlite3"), by=by).error


def test_a_name_of_a_pull_never_passes_for_a_source_of_premises_own(running: Pull):
    Pull.objects.filter(pk=running.pk).update(name="premise.derived")
    make(running)
    assert set(running.metric.observations.values_list("source", flat=True)) == {"pull premise.derived"}


def test_an_error_of_our_own_is_kept_by_its_kind_and_logged_without_its_words(
    running: Pull, caplog: pytest.LogCaptureFixture
):
    run = make(running, reach=object())
    assert run.error == "Premise could not read the answer (AttributeError)."
    assert "Traceback" not in caplog.text
    assert "fetching.py" in caplog.text
