"""Pulls as they are made: values with their revisions, failures that wait and stop, workers that die or meet."""

import json
import logging
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from approvals.models import ApprovalRequest, LedgerEntry, Notice, User
from approvals.roles import STEWARDS
from metrics.domain.destinations import Allowed, destination
from metrics.domain.freezing import Window
from metrics.domain.pacing import MOST_FAILURES
from metrics.models import Metric, Observation, Pull, PullRun
from metrics.queries.chores import Chore
from metrics.queries.desk import waiting_for
from metrics.services import fetching, freezes, observations, pulling, pulls, sealing, trying_pulls
from metrics.services.pulling import LEASE, Means
from metrics.services.reaching import Limits, Reach
from tests.factories.approvals import approver, owner, person, sign, steward
from tests.factories.metrics import entry, metric, weeks_ago
from tests.factories.pulls import pull, source_file
from tests.metrics.pulls.servers import Answer, hangs, says, server, tells

pytestmark = pytest.mark.django_db

SECRET = "Bearer s3cr3t"


def rows(*values: Any, until: int = 1) -> list[tuple[str, Any]]:
    """Rows of the weeks up to so many weeks ago."""
    return [(weeks_ago(until + len(values) - 1 - place).isoformat(), value) for place, value in enumerate(values)]


def figures(*given: tuple[Any, ...], name: str = "flow.sqlite3") -> str:
    return source_file(given, name=name)


def make(made: Pull, **means: Any) -> PullRun:
    """Have the pull made now; returns its run."""
    Pull.objects.filter(pk=made.pk, state=Pull.State.ON).update(next_run_at=timezone.now())
    pulling.run_due(1, means=Means(**means))
    made.refresh_from_db()
    return made.runs.first()


def counts(run: PullRun) -> tuple[int, int, int, int]:
    return run.stored, run.revised, run.unchanged, run.refused


def current(of: Metric) -> list[Decimal | None]:
    return list(of.observations.current().order_by("period_start").values_list("value", flat=True))


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


Served = Callable[..., tuple[Pull, Means]]


@pytest.fixture
def served(request: pytest.FixtureRequest) -> Iterator[Served]:
    """Serve an answer, and set up a pull of it with a credential."""
    open_servers = []

    def serve(answer: Answer, path: str = "/", **fields: Any) -> tuple[Pull, Means]:
        context = server(answer)
        seen = context.__enter__()
        open_servers.append(context)
        made = pull(target=f"http://localhost:{seen.port}{path}", state=Pull.State.ON, **fields)
        made.sealed = sealing.seal(SECRET, place=fetching.place_of(made, destination(made.target)))
        made.save()
        allowed = Allowed(schemes={"http"}, private_hosts={"localhost"}, ports={seen.port})
        made.seen = seen  # type: ignore[attr-defined]
        return made, Means(reach=Reach(allowed=allowed, limits=Limits(seconds=2, size=100_000, rows=100)))

    yield serve
    for context in open_servers:
        context.__exit__(None, None, None)


JSON_ROWS = {
    "kind": Pull.Kind.JSON,
    "statement": "$.data[*]",
    "period_column": "when",
    "value_column": "$.n.value",
    "header_name": "X-Key",
}


def test_json_rows_are_recorded_and_the_credential_goes_in_its_header(served: Served):
    document = {"data": [{"when": day, "n": {"value": value}} for day, value in rows(1.25, 2)]}
    made, means = served(tells(document), **JSON_ROWS)
    assert counts(make(made, reach=means.reach)) == (2, 0, 0, 0)
    assert f"X-Key: {SECRET}" in made.seen.heads[0]
    assert current(made.metric) == [Decimal("1.25"), 2]


def test_a_value_without_a_date_is_taken_once_for_each_period(served: Served):
    numbers = iter([17, 18])

    def answer(sock: Any, head: str) -> None:
        tells({"open": next(numbers)})(sock, head)

    made, means = served(answer, kind=Pull.Kind.JSON, statement="", period_column="", value_column="open")
    assert counts(make(made, reach=means.reach)) == (1, 0, 0, 0)
    assert counts(make(made, reach=means.reach)) == (0, 0, 1, 0)
    assert current(made.metric) == [17]


def test_prometheus_is_asked_for_the_ends_of_periods(served: Served):
    def answer(sock: Any, head: str) -> None:
        asked = dict(pair.split("=") for pair in head.split(" ")[1].partition("?")[2].split("&"))
        assert asked["query"] == "sum%28x%29"
        moments = range(int(asked["start"]), int(asked["end"]) + 1, int(asked["step"]))
        series = {"metric": {}, "values": [[at, str(at % 1000)] for at in moments]}
        tells({"status": "success", "data": {"resultType": "matrix", "result": [series]}})(sock, head)

    made, means = served(answer, kind=Pull.Kind.PROMETHEUS, statement="sum(x)", look_back=5)
    assert counts(make(made, reach=means.reach)) == (5, 0, 0, 0)
    assert made.seen.heads[0].startswith("GET /api/v1/query_range?query=")
    assert f"Authorization: {SECRET}" in made.seen.heads[0]


def test_many_questions_to_prometheus_share_one_time_limit(served: Served):
    def slow(sock: Any, head: str) -> None:
        time.sleep(0.15)
        tells({"status": "success", "data": {"resultType": "matrix", "result": []}})(sock, head)

    fields = {"kind": Pull.Kind.PROMETHEUS, "statement": "x", "look_back": 60}
    made, means = served(slow, of=metric(cadence="monthly"), **fields)
    brief = Reach(allowed=means.reach.allowed, limits=Limits(seconds=0.4))
    assert "no whole answer" in make(made, reach=brief).error
    assert 1 < len(made.seen.heads) < 6


@pytest.mark.parametrize(
    "answer, words",
    [
        (says("secret-body", status="302 Found", Location="http://127.0.0.1/"), "redirects"),
        (says("secret-body", status="500 No"), "status 500"),
        (says('["secret-body"]'), "nothing at the path"),
        (tells({"data": [{"when": "2026-11-02", "n": {"value": "secret-body"}}]}), "not a number"),
        (tells({"data": [{"when": "secret-body", "n": {"value": 5}}]}), "not a date"),
        (tells({"data": [{"when": "2026-11-02", "n": {"value": {"secret-body": 1}}}]}), "not a number"),
    ],
)
def test_no_word_of_an_answer_or_a_credential_is_kept_or_logged(
    served: Served, answer: Answer, words: str, caplog: pytest.LogCaptureFixture
):
    made, means = served(answer, **JSON_ROWS)
    with caplog.at_level(logging.DEBUG):
        run = make(made, reach=means.reach)
    assert words in run.error
    kept = str([run.error, run.refusals, made.error, *LedgerEntry.objects.values_list("payload", flat=True)])
    for secret in ("secret-body", "s3cr3t"):
        assert secret not in kept + caplog.text


@pytest.mark.parametrize("path", ["$", "$.headers", "$[?@.Authorization < 'Bearer t']"])
def test_a_server_that_echoes_the_request_tells_no_credential(served: Served, path: str):
    echo = tells({"when": "2026-11-02", "value": 5, "headers": {"Authorization": SECRET, "value": 5}})
    fields = {"kind": Pull.Kind.JSON, "statement": path, "segment_column": "$.headers.Authorization"}
    made, means = served(echo, period_column="when", value_column="value", **fields)
    run = make(made, reach=means.reach)
    assert "repeats the credential" in run.error
    assert "s3cr3t" not in run.error
    assert "repeats the credential" in trying_pulls.try_out(made, by=steward(), reach=means.reach).error


def test_a_credential_is_known_when_it_comes_back_unpacked():
    secrets = fetching._secrets("Basic cmVhZGVyOmhvcnNlLWJhdHRlcnk=")
    assert secrets == {"Basic cmVhZGVyOmhvcnNlLWJhdHRlcnk=", "cmVhZGVyOmhvcnNlLWJhdHRlcnk=", "horse-battery"}
    assert fetching._secrets("Bearer s3cr3t") == {"Bearer s3cr3t", "s3cr3t"}
    assert fetching._secrets("") == set()


def test_a_source_that_hangs_fails_in_time(served: Served):
    made, means = served(hangs, **JSON_ROWS)
    brief = Reach(allowed=means.reach.allowed, limits=Limits(seconds=0.3))
    assert "within the time limit" in make(made, reach=brief).error


def test_an_error_of_our_own_is_kept_by_its_kind_and_logged_without_its_words(
    running: Pull, caplog: pytest.LogCaptureFixture
):
    run = make(running, reach=object())
    assert run.error == "Premise could not read the answer (AttributeError)."
    assert "Traceback" not in caplog.text
    assert "fetching.py" in caplog.text


def test_a_name_of_a_pull_never_passes_for_a_source_of_premises_own(running: Pull):
    Pull.objects.filter(pk=running.pk).update(name="premise.derived")
    make(running)
    assert set(running.metric.observations.values_list("source", flat=True)) == {"pull premise.derived"}
