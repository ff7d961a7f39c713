"""What servers answer: read by their kind, within one time limit, and without a word of it or a credential kept."""

import logging
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from approvals.models import LedgerEntry
from metrics.domain.destinations import Allowed, destination
from metrics.models import Pull
from metrics.services import fetching, sealing, trying_pulls
from metrics.services.pulling import Means
from metrics.services.reaching import Limits, Reach
from tests.factories.approvals import steward
from tests.factories.metrics import metric
from tests.factories.pulls import pull
from tests.metrics.pulls.making import counts, current, make, rows
from tests.metrics.pulls.servers import Answer, hangs, says, server, tells

pytestmark = pytest.mark.django_db
SECRET = "Bearer s3cr3t"
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
