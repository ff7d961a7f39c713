"""Queries built once: the same answers as the ORM's own, whatever they are asked with, on both databases."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import F

from config.kit.among import Among
from config.kit.prepared import (
    ID,
    TEXT,
    TIME,
    PreparedInsert,
    PreparedModels,
    PreparedRows,
    PreparedSubquery,
    PreparedUpdate,
    Slot,
    together,
)
from metrics.models import Condition, Metric, Observation, QualityState
from tests.factories import metrics

NAMED = PreparedModels(lambda: Metric.objects.select_related("definition", "owner").filter(key=Slot("key", TEXT)))
OF_KEYS = PreparedRows(
    lambda: Metric.objects.filter(Among("key", Slot("keys", TEXT, many=True))).order_by("key").values_list("pk", "key")
)
SINCE = PreparedRows(
    lambda: (
        Observation.objects.filter(metric_id=Slot("metric", ID), period_start__gte=Slot("since", TIME))
        .order_by("period_start")
        .values_list("period_start", "value")
    )
)
WATCHED = PreparedSubquery(
    lambda: Condition.objects.filter(key=Slot("key", TEXT), metric__state="approved").values("metric")
)
ANNOTATED: PreparedModels[Condition] = PreparedModels(
    lambda: Condition.objects.filter(metric_id=Slot("metric", ID)).annotate(words=F("metric__name"))
)
LOOK = PreparedUpdate(
    lambda: (
        Condition.objects.filter(Among("pk", Slot("ids", ID, many=True))),
        {"next_settles_at": Slot("at", TIME), "error": Slot("error", TEXT)},
    )
)
MARK = PreparedInsert(QualityState, ["metric_id", "newest"], unique=["metric"], change=["newest"])
KEEP = PreparedInsert(QualityState, ["metric_id", "newest"], ignore=True)
VALUE = PreparedInsert(
    Observation,
    ["metric_id", "segment", "period_start", "period_end", "revision", "value", "recorded_at"],
)
MONDAY = datetime(2026, 11, 16, tzinfo=UTC)


def value(metric: Metric, start: datetime, number: str = "1") -> int:
    end = start + timedelta(days=7)
    given = {"metric_id": metric.pk, "segment": "", "period_start": start, "period_end": end, "revision": 1}
    return VALUE.ask(**given, value=Decimal(number), recorded_at=end).answer


def twice(metric: Metric) -> None:
    value(metric, MONDAY)
    value(metric, MONDAY)


def plans(which: str = "true") -> int:
    """Count how often prepared statements of this connection were executed."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT sum(generic_plans + custom_plans) FROM pg_prepared_statements WHERE {which}", [])
        return int(cursor.fetchone()[0] or 0)


def mark_and_fail(metric: Metric) -> None:
    MARK.run_last(metric_id=metric.pk, newest=1)
    raise ZeroDivisionError


@pytest.mark.django_db
class TestOfOne:
    def test_models_are_those_of_the_orm_with_what_is_selected_along(self, django_assert_num_queries):
        made = metrics.metric(key="prepared_one")
        with django_assert_num_queries(1):
            found = NAMED.first(key="prepared_one")
            assert found is not None
            loaded = found.definition, found.owner
        assert loaded == (made.definition, made.owner)
        mine, theirs = found.__dict__, Metric.objects.get(pk=made.pk).__dict__
        assert {name: mine[name] for name in theirs if name != "_state"} == {
            name: each for name, each in theirs.items() if name != "_state"
        }
        assert not found._state.adding
        assert NAMED.first(key="nonesuch") is None

    def test_each_question_has_its_own_values(self):
        first, second = metrics.metric(key="prepared_a"), metrics.metric(key="prepared_b")
        both = [(first.pk, "prepared_a"), (second.pk, "prepared_b")]
        assert [tuple(row) for row in OF_KEYS.rows(keys={"prepared_b", "prepared_a", 'it\'s "quoted" %s'})] == both
        assert OF_KEYS.column(keys=["prepared_b"]) == [second.pk]
        assert OF_KEYS.rows(keys=[]) == []

    def test_moments_and_numbers_come_back_as_they_were(self):
        one = metrics.metric(key="prepared_times")
        for week, number in enumerate(["1.500000", "-2"]):
            value(one, MONDAY + timedelta(weeks=week), number)
        rows = [tuple(row) for row in SINCE.rows(metric=one.pk, since=MONDAY)]
        assert rows == [(MONDAY, Decimal("1.5")), (MONDAY + timedelta(weeks=1), Decimal(-2))]
        assert SINCE.rows(metric=one.pk, since=MONDAY + timedelta(weeks=2)) == []

    def test_annotations_stand_on_the_instances(self):
        one = metrics.metric(key="prepared_annotated", name="Annotated")
        metrics.condition(one, {"kind": "above", "bound": 1})
        [found] = ANNOTATED.all(metric=one.pk)
        assert (found.words, found.spec["kind"]) == ("Annotated", "above")  # type: ignore[attr-defined]

    def test_one_within_another_query_keeps_to_its_own_values(self):
        first, second = metrics.metric(key="prepared_in"), metrics.metric(key="prepared_out")
        condition = metrics.condition(first, {"kind": "above", "bound": 1}, key="it's 100 %s")
        metrics.condition(second, {"kind": "above", "bound": 1}, key="another")
        asked = Metric.objects.filter(pk__in=WATCHED.of(key=condition.key), key__startswith="prepared_")
        assert list(asked) == [first]
        assert list(Metric.objects.exclude(pk__in=WATCHED.of(key=condition.key)).filter(pk=second.pk)) == [second]

    def test_an_update_changes_the_rows_it_names(self):
        one = metrics.metric(key="prepared_update")
        changed, left = (metrics.condition(one, {"kind": "above", "bound": bound}) for bound in (1, 2))
        LOOK.run(ids=[changed.pk], at=MONDAY, error="none")
        changed.refresh_from_db()
        left.refresh_from_db()
        assert (changed.next_settles_at, changed.error, left.error) == (MONDAY, "none", "")

    def test_an_insert_returns_its_id_and_minds_what_is_there(self):
        one = metrics.metric(key="prepared_insert")
        assert Observation.objects.get(pk=value(one, MONDAY)).period_start == MONDAY
        KEEP.run_last(metric_id=one.pk, newest=5)
        KEEP.run_last(metric_id=one.pk, newest=6)
        assert one.quality.newest == 5
        MARK.run_last(metric_id=one.pk, newest=7)
        one.quality.refresh_from_db()
        assert one.quality.newest == 7

    def test_a_slot_without_a_value_is_an_error_of_the_caller(self):
        with pytest.raises(KeyError, match="since"):
            SINCE.rows(metric=1)


@pytest.mark.django_db(transaction=True)
class TestOfSeveral:
    def test_what_is_asked_together_is_answered_after_the_block(self):
        one = metrics.metric(key="prepared_together")
        with together():
            key, named = OF_KEYS.ask(keys=["prepared_together"]), NAMED.ask(key="prepared_together")
            none = OF_KEYS.ask(keys=["nonesuch"])
        assert (key.answer[0][0], named.answer, none.answer) == (one.pk, [one], [])
        assert named.answer is named.answer

    def test_an_error_is_raised_by_the_block_and_ends_the_transaction_alone(self):
        one = metrics.metric(key="prepared_error")
        with pytest.raises(DatabaseError), transaction.atomic(), together():
            twice(one)
        assert not one.observations.exists()
        assert OF_KEYS.column(keys=["prepared_error"]) == [one.pk]

    def test_what_is_said_last_is_there_after_the_commit_and_not_without_one(self):
        one = metrics.metric(key="prepared_last")
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            mark_and_fail(one)
        assert not QualityState.objects.filter(metric=one).exists()
        with transaction.atomic():
            MARK.run_last(metric_id=one.pk, newest=2)
        assert QualityState.objects.get(metric=one).newest == 2


@pytest.mark.django_db
class TestOnPostgreSQL:
    def test_a_statement_is_planned_once_for_its_connection(self):
        if connection.vendor != "postgresql":
            return

        OF_KEYS.rows(keys=["a"])
        before = plans("statement LIKE '%%metrics_metric%%key%%ANY%%'")
        OF_KEYS.rows(keys=["b"])
        assert plans("statement LIKE '%%metrics_metric%%key%%ANY%%'") == before + 1

    def test_it_is_left_to_a_pooler_when_told_so(self, monkeypatch):
        if connection.vendor != "postgresql":
            return
        before = plans()
        monkeypatch.setattr(connection.connection, "prepare_threshold", None)
        assert OF_KEYS.rows(keys=["a"]) == []
        assert plans() == before
