"""Setting pulls up and changing them: who may, what is refused, what the ledger says, and where a credential goes."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import override_settings

from approvals.models import LedgerEntry, User
from approvals.roles import AUDITORS, OWNERS, STEWARDS
from config.kit.refusals import BadInput, MoveRefused, StaleWrite
from metrics.domain.answers import NoAnswer
from metrics.domain.destinations import destination
from metrics.models import Metric, Pull
from metrics.services import fetching, pulls, sealing
from metrics.services.reaching import Reach
from tests.factories.approvals import person, steward
from tests.factories.metrics import metric
from tests.factories.pulls import pull, source_file

pytestmark = pytest.mark.django_db

SECRET = "Bearer s3cr3t"
SQL = {"statement": "SELECT day, value FROM figures", "period_column": "day", "value_column": "value"}


@pytest.fixture(autouse=True)
def _allowed() -> Iterator[None]:
    hosts = ["a.example", "b.example"]
    with override_settings(PULL_HOSTS=hosts, PULL_PRIVATE_HOSTS=["inside"], PULL_SCHEMES=["https", "http", "sqlite"],
                           PULL_PORTS=[443, 80, 9090]):  # fmt: skip
        yield


def plan(**fields: Any) -> pulls.Plan:
    return pulls.Plan(**({"kind": "json", "target": "https://a.example/x", "value_column": "v"} | fields))


def set_up(by: User | None = None, of: Metric | None = None, credential: str = "", **fields: Any) -> Pull:
    return pulls.set_up(of or metric(), name="Figures", plan=plan(**fields), credential=credential, by=by or steward())


def test_a_pull_is_kept_without_running_and_its_credential_only_sealed():
    made = set_up(credential=SECRET)
    made.refresh_from_db()
    assert (made.state, made.next_run_at) == (Pull.State.OFF, None)
    assert "s3cr3t" not in str(Pull.objects.filter(pk=made.pk).values().get())
    assert sealing.unseal(made.sealed, place=fetching.place_of(made, destination(made.target))) == SECRET
    entry = LedgerEntry.objects.get(verb="pull.set_up")
    assert "https://a.example:443" in entry.payload
    assert made.sealed not in entry.payload
    assert not LedgerEntry.objects.filter(payload__contains="s3cr3t").exists()


@pytest.mark.parametrize(
    "fields, field, words",
    [
        ({"target": "https://c.example/"}, "target", "PULL_HOSTS"),
        ({"target": "https://a.example:8443/"}, "target", "PULL_PORTS"),
        ({"target": "https://u:p@a.example/"}, "target", "name and password"),
        ({"target": "sqlite:///f.db"}, "target", "begins with https"),
        ({"kind": "sql", "target": "https://a.example/", **SQL}, "target", "begins with sqlite: or postgresql:"),
        ({"kind": "sql", "target": "postgresql://r@a.example/db", **SQL}, "target", "PULL_SCHEMES"),
        ({"kind": "sql", "target": "sqlite:///f.db", **SQL, "statement": "DROP TABLE x"}, "statement", "one SELECT"),
        ({"kind": "sql", "target": "sqlite:///f.db", **SQL, "value_column": ""}, "value_column", "Name the column"),
        ({"kind": "sql", "target": "sqlite:///f.db", **SQL, "credential": SECRET}, "credential", "no credential"),
        ({"statement": "data["}, "statement", "not a JSONPath"),
        ({"statement": "$.data[*]"}, "period_column", "where in a row"),
        ({"value_column": ""}, "value_column", "where the value is"),
        ({"value_column": "$["}, "value_column", "not a JSONPath"),
        ({"header_name": "X Key"}, "header_name", "not the name of a header"),
        ({"header_name": "Host"}, "header_name", "Premise's own"),
        ({"credential": "a\nb"}, "credential", "on one line"),
        ({"target": "http://a.example/", "credential": SECRET}, "credential", "https only"),
        ({"kind": "prometheus", "statement": ""}, "statement", "expression"),
        ({"kind": "prometheus", "statement": "up", "segment_column": "a-b"}, "segment_column", "label"),
        ({"kind": "prometheus", "statement": "up", "look_back": 0}, "look_back", "Look back"),
        ({"kind": "prometheus", "statement": "up", "target": "https://a.example/?x"}, "target", "without a query"),
        ({"kind": "ftp"}, "kind", "kind of source"),
        ({"every": 7}, "every", "how often"),
    ],
)
def test_what_cannot_work_is_refused_beside_its_field(fields: dict[str, Any], field: str, words: str):
    with pytest.raises(BadInput) as refusal:
        set_up(**fields)
    assert words in " ".join(refusal.value.errors[field])
    assert "s3cr3t" not in str(refusal.value)
    assert not Pull.objects.exists()


def test_nothing_is_allowed_where_nobody_said_so():
    with override_settings(PULL_HOSTS=[], PULL_PRIVATE_HOSTS=[]), pytest.raises(BadInput, match="PULL_HOSTS"):
        set_up()


def test_a_credential_goes_to_private_hosts_without_tls():
    assert set_up(target="http://inside:9090/", credential=SECRET).has_credential


@pytest.mark.parametrize("roles", [(OWNERS,), (AUDITORS, STEWARDS)])
def test_only_stewards_who_manage_the_metric_look_after_its_pulls(roles: tuple[str, ...]):
    who = person(*roles)
    of = metric(owner=who)
    with pytest.raises(PermissionDenied):
        set_up(by=who, of=of)
    made = pull(of)
    for act in (pulls.start, pulls.pause, pulls.run_now):
        with pytest.raises(PermissionDenied):
            act(made, by=who)


def test_a_name_is_its_metrics_own():
    of, by = metric(), steward()
    set_up(of=of, by=by)
    with pytest.raises(BadInput, match="has this name"):
        set_up(of=of, by=by)


def test_calculated_and_retired_metrics_take_no_pulls():
    retired = metric()
    Metric.objects.filter(pk=retired.pk).update(state=Metric.State.RETIRED)
    retired.refresh_from_db()
    metric(key="tickets")
    calculated = metric(expression="tickets * 2")
    for of, words in ((retired, "is retired"), (calculated, "is calculated")):
        with pytest.raises(MoveRefused, match=words):
            set_up(of=of)


def _change(made: Pull, credential: str = "", forget: bool = False, **fields: Any) -> Pull:
    return pulls.change(
        made,
        plan=plan(**fields),
        credential=credential,
        forget=forget,
        expected_version=made.version,
        by=steward(),
    )


def test_a_credential_never_follows_its_pull_to_another_server():
    made = set_up(credential=SECRET)
    made = _change(made, target="https://a.example/other/path")
    assert made.has_credential
    with pytest.raises(BadInput, match="another server"):
        _change(made, target="https://b.example/x")
    Pull.objects.filter(pk=made.pk).update(target="https://b.example/x")  # by a hand in the database
    made.refresh_from_db()
    with pytest.raises(NoAnswer, match="cannot be decrypted"):
        fetching.rows_of(made, now=made.created_at, reach=Reach())
    assert not _change(made, target="https://b.example/y", forget=True).has_credential


def test_a_change_is_told_by_its_fields_and_an_unchanged_save_is_none():
    made = set_up(credential=SECRET)
    assert _change(made).version == made.version
    changed = _change(made, value_column="w", credential="Bearer other")
    assert changed.version == made.version + 1
    entry = LedgerEntry.objects.get(verb="pull.changed")
    assert '"fields":["value_column"]' in entry.payload
    assert '"credential":"given"' in entry.payload
    with pytest.raises(StaleWrite):
        _change(made, value_column="x")


def test_moves_that_make_no_sense_are_refused():
    by = steward()
    made = pull(target=source_file([]))
    for act in (pulls.pause, pulls.run_now):
        with pytest.raises(MoveRefused):
            act(made, by=by)
    started = pulls.start(made, by=by)
    assert started.next_run_at is not None
    with pytest.raises(MoveRefused, match="running already"):
        pulls.start(made, by=by)
    pulls.run_now(made, by=by)
    assert pulls.pause(made, by=by).state == Pull.State.OFF
    verbs = LedgerEntry.objects.filter(verb__startswith="pull.").order_by("seq").values_list("verb", flat=True)
    assert list(verbs) == ["pull.started", "pull.paused"]
