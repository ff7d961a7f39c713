"""Values of metrics with long histories: judged by the end of it, and the same as by all of it."""

from collections.abc import Iterator
from datetime import UTC, datetime, time
from typing import ClassVar
from unittest.mock import patch

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from metrics.models import Condition, Episode, Metric, MetricSignal
from metrics.services import aggregating, conditions, deriving, observations, series
from tests.factories.metrics import condition, entry, metric, weekly, weeks_ago

ABOVE_10 = {"kind": "above", "bound": 10}
LONG = 80
EVENTS = st.lists(
    st.one_of(
        st.tuples(st.integers(1, 6), st.sampled_from([None, 5, 9, 11, 15])),
        st.tuples(st.integers(1, LONG), st.sampled_from([None, 5, 11])),
        st.just("sweep"),
    ),
    min_size=1,
    max_size=10,
)


@pytest.fixture(name="rows")
def _rows() -> Iterator[list[int]]:
    """Count the values that each evaluation read."""
    counts: list[int] = []
    real = series._laid_out

    def counted(rows):
        counts.append(len(rows))
        return real(rows)

    with patch.object(series, "_laid_out", counted):
        yield counts


def put(target: Metric, week: int, value: object) -> None:
    [result] = observations.record(target, [entry(weeks_ago(week), value, reason="Recount.")], by=None)
    assert result.status in {"stored", "revised", "unchanged"}, result.sentence


@pytest.mark.django_db
class TestReading:
    @pytest.fixture
    def target(self) -> Metric:
        target = metric()
        weekly(target, [5] * LONG)
        return target

    def test_a_value_is_judged_by_the_last_ones(self, target, rows):
        armed = condition(target, ABOVE_10)
        rows.clear()
        put(target, 0, 11)
        put(target, 1, 12)
        assert rows == [series.BEFORE + 1, series.BEFORE + 3]
        armed.refresh_from_db()
        assert (armed.state, Episode.objects.get().start.date()) == ("breached", weeks_ago(1))
        assert MetricSignal.objects.get().late is False

    def test_while_a_breach_goes_on_all_of_it_is_read(self, target, rows):
        condition(target, ABOVE_10)
        put(target, 1, 11)
        rows.clear()
        put(target, 1, 9)
        assert rows == [LONG + 2]
        assert Episode.objects.get().ending == "retracted"

    def test_so_it_is_where_no_clear_value_is_near(self, target, rows):
        condition(target, {"kind": "above", "bound": 4, "sustained": LONG + 1})
        rows.clear()
        put(target, 0, 5)
        put(target, 1, 6)
        assert rows == [series.BEFORE + 1, LONG + 1, series.BEFORE + 3, LONG + 2]

    def test_a_correction_long_ago_is_found(self, target, rows):
        condition(target, ABOVE_10)
        rows.clear()
        put(target, 50, 11)
        assert rows == [series.BEFORE + 51]
        assert Episode.objects.get().fired.date() == weeks_ago(50)

    def test_a_breach_may_begin_where_one_that_moved_has_its_key(self, target):
        condition(target, ABOVE_10)
        for week, value in ((2, 11), (3, 11), (4, 11), (1, 5), (3, 5), (2, 5), (2, 11)):
            put(target, week, value)
        assert conditions.rebuild() == 0
        assert [row.start.date() for row in Episode.objects.filter(retracted_at=None).order_by("start")] == [
            weeks_ago(4),
            weeks_ago(2),
        ]

    def test_one_that_read_more_than_bounds_reads_all(self, target, rows):
        condition(target, {"kind": "change", "percent": 50, "against": 40})
        rows.clear()
        put(target, 1, 11)
        assert rows == [LONG + 1]

    def test_a_condition_that_failed_is_evaluated_whole(self, target, rows):
        armed = condition(target, ABOVE_10)
        Condition.objects.filter(pk=armed.pk).update(error="It could not be stored.", health="error")
        rows.clear()
        put(target, 1, 9)
        assert rows == [LONG + 1]
        armed.refresh_from_db()
        assert (armed.error, armed.health) == ("", "fresh")


class TestCache(TestCase):
    """What is kept equals what a fold of everything makes of it, whichever way each value was judged."""

    @settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(EVENTS, st.sampled_from([{}, {"sustained": 2}, {"clear": {"bound": 9, "sustained": 2}}, {"no_data": "ok"}]))
    def test_cache_equals_rebuild(self, events, rules):
        target = metric()
        weekly(target, [5] * (LONG // 2) + [11, 11] + [5] * (LONG // 2))
        condition(target, ABOVE_10 | rules)
        condition(target, {"kind": "below", "bound": 6, "sustained": 3} | {"cooldown": 2})
        for event in events:
            if event == "sweep":
                conditions.sweep(timezone.now())
            else:
                put(target, *event)
        assert conditions.rebuild() == 0


class _Moment(int):
    """A period that counts how often it is compared, and a value: all that a course asks of either."""

    compared: ClassVar[int] = 0
    value = 1

    def __lt__(self, other: int) -> bool:
        _Moment.compared += 1
        return int(self) < int(other)


@pytest.mark.parametrize("size", [1_000, 16_000])
def test_what_counts_where_a_value_is_missing_is_found_in_a_few_steps(size):
    course = deriving.Course({_Moment(at): _Moment(at) for at in range(0, size, 2)})
    _Moment.compared = 0
    found = [course.counting(_Moment(at), last=True) for at in range(size)]
    assert found == [at - at % 2 for at in range(size)]
    assert _Moment.compared <= size * 14
    assert deriving.NOTHING.counting(_Moment(5), last=True) is None


@pytest.mark.django_db
def test_of_a_long_history_only_the_last_value_before_is_read_where_it_counts():
    whole = metric(unit="tickets", aggregation="sum", aggregation_over="region", missing_parts="last")
    rows = [entry(weeks_ago(LONG - at), at, segment=name) for at in range(LONG) for name in ("North", "South")]
    observations.record(whole, [*rows, entry(weeks_ago(1), None, segment="South", reason="Wrong.")], by=None)
    parts = aggregating._rows(whole.key, whole.definition, ["North", "South"], [_midnight(0)])
    assert {name: [row.value for row in course.rows.values()] for name, course in parts.items()} == {
        "North": [LONG - 1],
        "South": [LONG - 2],
    }
    one, other = metric(key="one", unit="tickets"), metric(key="other", unit="tickets")
    sum_of = metric(unit="tickets", expression="one + other", missing_inputs="last")
    weekly(one, range(LONG))
    weekly(other, [7], until=3)
    found = deriving._inputs(sum_of, "", [_midnight(1)])
    assert [[row.value for row in found[key].rows.values()] for key in ("one", "other")] == [[LONG - 2, LONG - 1], [7]]
    assert sum_of.observations.current().latest("period_start").value == LONG + 6


def _midnight(week: int) -> datetime:
    return datetime.combine(weeks_ago(week), time(), UTC)
