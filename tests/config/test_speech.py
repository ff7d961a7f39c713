"""Statements said to PostgreSQL in one message: their order, their errors, and connections that break off."""

from contextlib import suppress
from typing import Any

import pytest
from django.db import DatabaseError, InternalError, OperationalError, connection, transaction
from django.db.models import IntegerField, Value

from config.kit.postgresql.speech import Statement
from config.kit.prepared import ID, TEXT, PreparedInsert, PreparedRows, Slot, together
from metrics.models import Metric, QualityState
from tests.factories import metrics

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]

KEEP = PreparedInsert(QualityState, ["metric_id", "newest"])
NEWEST = PreparedRows(lambda: QualityState.objects.filter(metric_id=Slot("metric", ID)).values_list("newest"))
NAMED = PreparedRows(lambda: Metric.objects.filter(name=Slot("name", TEXT)).values_list("key"))
ONE = PreparedRows(lambda: Metric.objects.annotate(one=Value(1, IntegerField())).values_list("one"))


def database() -> Any:
    return connection


def kept() -> list[int]:
    return list(QualityState.objects.order_by("newest").values_list("newest", flat=True))


def say(*statements: Statement) -> None:
    with together():
        for each in statements:
            database().ask(each.sql, each.values)


@transaction.atomic
def keep_and_say(metric: Metric, *statements: Statement) -> None:
    KEEP.ask(metric_id=metric.pk, newest=1)
    say(*statements)


@transaction.atomic
def keep_and_break_off(metric: Metric, *, before_commit: bool) -> None:
    process = server_process()
    if before_commit:
        KEEP.run_last(metric_id=metric.pk, newest=1)
    else:
        KEEP.ask(metric_id=metric.pk, newest=1)
    break_off(process)
    if not before_commit:
        NAMED.rows(name="nobody")


@transaction.atomic
def go_on_after_an_error() -> None:
    with suppress(DatabaseError):
        say(Statement("SELECT 1 / %s", [0]))
    say(Statement("SELECT 1"))


def server_process() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def break_off(process: int) -> None:
    """End the connection from the server's side, as a restart or a network does."""
    other = connection.copy("other")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [process])
    finally:
        other.close()


class TestOrder:
    def test_an_insert_is_there_for_whatever_is_asked_next(self):
        one = metrics.metric(key="speech_next")
        with transaction.atomic():
            made = KEEP.ask(metric_id=one.pk, newest=3)
            assert NEWEST.column(metric=one.pk) == [3]
            assert made.answer == QualityState.objects.get().pk

    def test_it_is_there_for_other_queries_and_for_the_commit(self):
        first, second = metrics.metric(key="speech_first"), metrics.metric(key="speech_second")
        with transaction.atomic():
            KEEP.ask(metric_id=first.pk, newest=1)
            assert kept() == [1]
            KEEP.ask(metric_id=second.pk, newest=2)
        assert kept() == [1, 2]

    def test_it_goes_with_the_transaction_or_savepoint_that_it_belongs_to(self):
        first, second = metrics.metric(key="speech_undone"), metrics.metric(key="speech_stays")
        with transaction.atomic():
            with suppress(RuntimeError), transaction.atomic():
                KEEP.ask(metric_id=first.pk, newest=1)
                raise RuntimeError
            KEEP.ask(metric_id=second.pk, newest=2)
        with suppress(RuntimeError), transaction.atomic():
            KEEP.ask(metric_id=first.pk, newest=3)
            raise RuntimeError
        assert kept() == [2]

    def test_its_id_is_fetched_when_nothing_else_was_asked(self):
        one = metrics.metric(key="speech_alone")
        with transaction.atomic():
            assert KEEP.ask(metric_id=one.pk, newest=1).answer == QualityState.objects.get().pk


class TestErrors:
    def test_what_comes_after_one_is_not_executed_and_the_connection_serves_on(self):
        one = metrics.metric(key="speech_error")
        wrong, right = Statement("SELECT 1 / %s", [0]), Statement("SELECT %s::int", [7])
        with pytest.raises(DatabaseError, match="division by zero"):
            keep_and_say(one, right, wrong, right)
        assert kept() == []
        say(right)
        assert database().ask(right.sql, [8]).rows == [(8,)]

    def test_in_a_transaction_that_is_broken_nothing_more_is_said(self):
        with pytest.raises(InternalError):
            go_on_after_an_error()

    def test_what_cannot_be_a_value_is_refused_before_anything_is_sent(self):
        one = metrics.metric(key="speech_value")
        with pytest.raises(DatabaseError, match="adapt"):
            keep_and_say(one, Statement("SELECT %s", [object()]))
        assert kept() == []
        say(Statement("SELECT 1"))

    def test_what_was_to_be_said_soon_is_kept_when_the_next_could_not_be(self):
        one = metrics.metric(key="speech_kept")
        with transaction.atomic():
            KEEP.ask(metric_id=one.pk, newest=1)
            with pytest.raises(DatabaseError, match="adapt"):
                say(Statement("SELECT %s", [object()]))
        assert kept() == [1]

    def test_an_answer_that_was_never_said_is_an_error_of_the_caller(self):
        with together():
            asked = NAMED.ask(name="nobody")
            with pytest.raises(RuntimeError, match="never said"):
                asked.answer  # noqa: B018 asking for it is what fails
        assert asked.answer == []

    def test_a_statement_that_fails_is_prepared_once_all_the_same(self):
        wrong = Statement("SELECT 3 / %s", [0])
        for _ in range(3):
            with pytest.raises(DatabaseError, match="division by zero"):
                say(wrong)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT 3 /%%'", [])
            assert cursor.fetchone() == (1,)

    def test_a_statement_that_the_server_forgot_is_prepared_again(self):
        assert NAMED.rows(name="nobody") == []
        with connection.cursor() as cursor:
            cursor.execute("DEALLOCATE ALL")
        with pytest.raises(DatabaseError, match="does not exist"):
            NAMED.rows(name="nobody")
        assert NAMED.rows(name="nobody") == []


class TestSizes:
    def test_much_may_be_asked_and_answered_in_one_message(self):
        long = "x" * 3_000_000
        with together():
            answers = [database().ask("SELECT repeat('y', 3000000), length(%s)", [long]) for _ in range(4)]
        assert [(len(text), length) for answer in answers for text, length in answer.rows] == [(3_000_000,) * 2] * 4

    def test_a_percent_sign_and_a_question_mark_stay_what_they_are(self):
        asked = database().ask("SELECT 'a' LIKE 'a%%', %s || '?', '%%s', %s::int", ["100 %", 5])
        assert asked.rows == [(True, "100 %?", "%s", 5)]


class TestBrokenOff:
    def test_the_first_question_of_a_request_is_asked_again_on_a_new_connection(self):
        one = metrics.metric(key="speech_again", name="Asked again")
        before = server_process()
        break_off(before)
        # As Django does between two requests.
        database().health_check_enabled, database().health_check_done = True, False
        assert NAMED.column(name="Asked again") == [one.key]
        assert server_process() != before

    def test_a_write_is_not_said_twice_but_checked_for_before(self):
        one = metrics.metric(key="speech_write")
        break_off(server_process())
        database().health_check_enabled, database().health_check_done = True, False
        KEEP.ask(metric_id=one.pk, newest=1)
        assert kept() == [1]

    def test_later_ones_fail_and_leave_nothing_behind(self):
        one = metrics.metric(key="speech_later")
        with pytest.raises(OperationalError):
            keep_and_break_off(one, before_commit=False)
        assert kept() == []

    def test_so_does_a_commit(self):
        one = metrics.metric(key="speech_commit")
        with pytest.raises(OperationalError):
            keep_and_break_off(one, before_commit=True)
        assert kept() == []


def test_each_statement_counts_as_a_query(django_assert_num_queries):
    with django_assert_num_queries(2) as seen, together():
        NAMED.ask(name="it's")
        ONE.ask()
    assert "'it''s'" in seen.captured_queries[0]["sql"]
