"""Wholes that stand without a segment which is by now a part of their periods."""

import json
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from approvals.models import LedgerEntry, User
from approvals.services import ledger
from config.kit.refusals import MoveRefused
from metrics.domain.freezing import Window
from metrics.models import Metric
from metrics.services import freezes, observations, remaking, segments
from tests.factories.approvals import person, steward
from tests.factories.metrics import entry, metric, weeks_ago
from tests.metrics.services.test_segments import made, put, wholes

pytestmark = pytest.mark.django_db


@pytest.fixture(name="target")
def _target() -> Metric:
    """Five weeks of North and South; then East comes with a value of the second week."""
    target = made("sum", steward=steward())
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

    def test_nor_where_the_rule_comes_in_force_after_its_values(self):
        above, below = metric(key="resolved", unit="tickets"), metric(key="opened", unit="tickets")
        for target, north in ((above, 9), (below, 10)):
            put(target, 3, North=north)
            put(target, 2, North=north, East=1)
            segments.restrict(target, name="East", restricted=True, by=None)
        rate = made("ratio", unit="%", aggregation_numerator="resolved", aggregation_denominator="opened")
        assert rate.segments.get(name="East").restricted
        assert [value for value, _ in wholes(rate)] == [90, Decimal("90.909091")]


def remade(target: Metric) -> tuple[list[tuple[Decimal, Decimal | None, str]], list[str]]:
    """Return before, after and trouble of each period that waits, and the segments it waits for."""
    found = remaking.preview(target)
    return [(each.before, each.after, each.trouble) for each in found.periods], list(found.names)


def remake(target: Metric, by: User | None = None) -> None:
    remaking.remake(target, seen=remaking.preview(target).version, by=by or target.steward)


class TestMakingAnew:
    def test_what_would_change_is_known_before_and_then_done_and_written_down(self, target):
        put(target, 2, East=3)
        assert remade(target) == ([(12, None, "Missing: East.")] * 2, ["East"])
        remake(target)
        assert [value for value, _ in wholes(target)] == [12, 12, 13, 12, None, 12, 15, 12, None]
        last = LedgerEntry.objects.get(verb="wholes.made_anew")
        assert last.actor == ledger.actor_of(target.steward)
        told = {name: json.loads(last.payload)[name] for name in ("segments", "periods", "changed", "withheld")}
        assert told == {"segments": ["East"], "periods": 2, "changed": 0, "withheld": 2}
        assert remade(target) == ([], [])
        with pytest.raises(MoveRefused) as refusal:
            remake(target)
        assert str(refusal.value).startswith("Every whole is made of all")

    def test_the_parts_that_come_meanwhile_are_in_already(self, target):
        for week in (3, 2, 1):
            put(target, week, East=0)
        assert remade(target) == ([], []), "a 0 leaves a sum as it was"

    def test_nothing_is_noted_where_all_of_its_values_come_at_once(self):
        target = made("sum")
        for name in ("North", "South"):
            observations.record(target, [entry(weeks_ago(week), 5, segment=name) for week in (3, 2, 1)], by=None)
        assert [value for value, _ in wholes(target)] == [5, 10] * 3
        assert not target.segments.exclude(missed_at=None).exists()

    @pytest.mark.parametrize(
        ("rule", "missing", "after"),
        [("mean", "zero", [4, 4, 4]), ("min", "zero", [0, 0, 0]), ("max", "zero", [7, 7, 7]), ("sum", "zero", []),
         ("sum", "last", []), ("weighted", "withhold", [None, None, None])],
    )  # fmt: skip
    def test_by_rule_and_policy(self, rule, missing, after):
        target = made(rule, missing_parts=missing)
        for week in (5, 4, 3, 2, 1):
            put(target, week, North=(5, 1), South=(7, 1))
        put(target, 4, East=(1, 1))
        assert [each[1] for each in remade(target)[0]] == after
        if after:
            remake(target)
            assert remade(target) == ([], [])

    def test_who_saw_something_else_looks_again(self, target):
        seen = remaking.preview(target).version
        put(target, 2, East=3)
        with pytest.raises(MoveRefused) as refusal:
            remaking.remake(target, seen=seen, by=target.steward)
        assert "not what you saw" in str(refusal.value)
        assert len(wholes(target)) == 7

    def test_it_is_the_keepers_and_waits_while_frozen(self, target):
        seen = remaking.preview(target).version
        with pytest.raises(PermissionDenied):
            remaking.remake(target, seen=seen, by=person())
        today = timezone.localdate()
        days = {"begins_on": today, "ends_on": today, "first_day": weeks_ago(5), "last_day": weeks_ago(1)}
        freezes.declare(freezes.Scope(metric=target), Window(**days, reason="Audit."), by=target.steward)
        with pytest.raises(MoveRefused) as refusal:
            remake(target)
        assert "is frozen until" in str(refusal.value)

    def test_a_ratio_waits_for_what_came_late_in_its_sums(self):
        above, below = metric(key="resolved", unit="tickets"), metric(key="opened", unit="tickets")
        rate = made("ratio", unit="%", aggregation_numerator="resolved", aggregation_denominator="opened")
        for week in (3, 2, 1):
            put(above, week, North=9)
            put(below, week, North=10)
        put(above, 3, East=1)
        assert remade(rate) == ([(90, None, "Missing: East.")] * 2, ["East"])
        put(above, 2, East=1)
        put(below, 2, East=10)
        assert len(remade(rate)[0]) == 1


class TestSegmentsThatAreDeclared:
    def test_a_mistyped_one_is_closed_from_before_its_first_value(self, target):
        segments.declare(target, name="East", dimension="region", closed_from=weeks_ago(9), by=target.steward)
        assert remade(target) == ([], [])
        assert [row.value for row in target.observations.filter(segment="").current()] == [12] * 5

    def test_other_ones_leave_what_waits_for_a_decision(self, target):
        put(target, 5, West=1)
        assert len(remade(target)[0]) == 4
        segments.declare(target, name="West", dimension="region", closed_from=weeks_ago(9), by=target.steward)
        assert remade(target) == ([(12, None, "Missing: East.")] * 3, ["East"])
        segments.declare(target, name="North", dimension="region", by=target.steward)
        assert [row.value for row in target.observations.filter(segment="").current()] == [12, 13, 12, 12, 12]
