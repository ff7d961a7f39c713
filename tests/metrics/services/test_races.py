"""Many writers at once: one order of revisions, one signal, and everybody gets an answer."""

import pytest

from approvals.services.defaults import ensure_defaults
from metrics.models import Metric, MetricSignal, Observation
from metrics.services import conditions, disputes, observations, segments
from tests.factories.approvals import person
from tests.factories.metrics import condition, entry, metric, weeks_ago
from tests.together import WRITERS, many_at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def defaults():
    """What migrations leave behind, which an earlier transactional test may have emptied."""
    ensure_defaults()


@pytest.mark.usefixtures("defaults")
class TestWriters:
    def test_writers_of_one_period_make_one_order_of_revisions(self):
        target = metric()
        results = many_at_once(lambda number: observations.record(target, [entry(weeks_ago(1), number)], by=None))
        assert {str(result.status) for [result] in results} <= {"stored", "revised"}
        revisions = Observation.objects.order_by("revision").values_list("revision", flat=True)
        assert list(revisions) == list(range(1, WRITERS + 1))

    def test_the_same_value_from_many_is_stored_once(self):
        target = metric()
        results = many_at_once(lambda _: observations.record(target, [entry(weeks_ago(1), 5)], by=None))
        assert sorted(str(result.status) for [result] in results) == ["stored"] + ["unchanged"] * (WRITERS - 1)

    def test_a_breach_that_many_bring_about_is_said_once(self):
        target = metric()
        condition(target, {"kind": "above", "bound": 10})
        many_at_once(lambda number: observations.record(target, [entry(weeks_ago(number + 1), 11 + number)], by=None))
        standing = target.conditions.get().episodes.filter(retracted_at=None)
        told = MetricSignal.objects.filter(kind="breached", episode__in=standing)
        assert standing.count() == 1
        assert told.count() == 1

    def test_a_value_that_many_dispute_at_once_is_disputed_once(self):
        target, people = metric(), [person() for _ in range(WRITERS)]
        observations.record(target, [entry(weeks_ago(1), 5)], by=None)
        period = target.observations.get().period_start
        many_at_once(lambda number: disputes.dispute_value(target, period=period, reason="No.", by=people[number]))
        assert target.disputes.get().voices.count() == WRITERS

    def test_arming_beside_recording_loses_no_breach(self):
        target = metric()

        def work(number: int) -> None:
            if number % 2:
                condition(target, {"kind": "above", "bound": 10}, key=f"a{number}.c1")
            else:
                observations.record(target, [entry(weeks_ago(1), 11 + number)], by=None)

        many_at_once(work)
        states = Metric.objects.get(pk=target.pk).conditions.values_list("state", flat=True)
        assert list(states) == ["breached"] * (WRITERS // 2)
        assert MetricSignal.objects.count() == WRITERS // 2
        assert conditions.rebuild() == 0

    def test_declaring_a_segment_beside_recording_takes_the_same_locks_in_the_same_order(self):
        target = metric(key="read")
        metric(key="calculated", expression="read + 1")  # newer, but first by key

        def work(number: int) -> None:
            if number % 2:
                segments.declare(target, name=f"s{number}", dimension="region", by=None)
            else:
                observations.record(target, [entry(weeks_ago(1), 11 + number)], by=None)

        for _ in range(3):
            many_at_once(work)
        assert target.segments.count() == WRITERS // 2
