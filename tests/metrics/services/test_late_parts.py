"""Wholes that stand without a segment which is by now a part of their periods."""

import pytest

from metrics.models import Metric
from metrics.services import segments
from tests.factories.metrics import metric
from tests.metrics.services.test_segments import made, put, wholes

pytestmark = pytest.mark.django_db


@pytest.fixture(name="target")
def _target() -> Metric:
    """Five weeks of North and South; then East comes with a value of the second week."""
    target = made("sum")
    for week in (5, 4, 3, 2, 1):
        put(target, week, North=5, South=7)
    put(target, 4, East=1)
    return target


class TestAPartThatComesLate:
    def test_later_wholes_stand_without_it_until_one_of_their_parts_is_corrected(self, target):
        assert wholes(target) == [(12, 1), (12, 1), (13, 2), (12, 1), (12, 1), (12, 1)]
        put(target, 2, North=6)
        assert wholes(target)[-3:] == [(12, 1), (None, 2), (12, 1)]

    def test_what_an_input_only_brought_along_is_no_part_of_a_ratio_before_its_first_value(self):
        above, below = metric(key="resolved", unit="tickets"), metric(key="opened", unit="tickets")
        rate = made("ratio", unit="%", aggregation_numerator="resolved", aggregation_denominator="opened")
        put(above, 3, North=9)
        put(below, 3, North=10)
        segments.restrict_new(above, restricted=True, by=None)
        put(above, 2, North=9, East=1)
        put(below, 2, North=10, East=1)
        [east, north] = rate.segments.order_by("name")
        assert (east.restricted, east.dimension, east.opened_from > north.opened_from) == (True, "region", True)
        put(above, 3, North=8)
        assert wholes(rate)[:2] == [(90, 1), (80, 2)]
