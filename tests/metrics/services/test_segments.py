"""The whole follows its segments: stored with its derivation, corrected with its parts, and never by hand."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals.models import LedgerEntry
from config.kit.refusals import BadInput, MoveRefused
from metrics.models import Metric, MetricSegment, Observation
from metrics.services import conditions, content, definitions, observations, segments
from tests.factories.approvals import person, steward
from tests.factories.metrics import condition, entry, metric, weekly, weeks_ago

pytestmark = pytest.mark.django_db


def made(rule: str, *, unit: str = "tickets", **fields: Any) -> Metric:
    return metric(unit=unit, aggregation=rule, aggregation_over="region", **fields)


def put(target: Metric, week: int = 1, **values: Any) -> list[observations.RowResult]:
    """Record `North=5` or `North=(90, 10)` (with its sample) for a week."""
    pairs = {name: value if isinstance(value, tuple) else (value, None) for name, value in values.items()}
    rows = [
        entry(weeks_ago(week), v, segment=name, sample_size=n, reason="Counted again.")
        for name, (v, n) in pairs.items()
    ]
    return observations.record(target, rows, by=None)


def wholes(target: Metric) -> list[tuple[Decimal | None, int]]:
    """Return value and revision of every revision of the whole, oldest period first."""
    rows = Observation.objects.filter(metric=target, segment="").order_by("period_start", "revision")
    return list(rows.values_list("value", "revision"))


class TestTheWhole:
    def test_it_is_stored_with_its_parts_and_corrected_with_them(self):
        target = made("sum")
        put(target, North=5, South=7)
        put(target, South=8)
        assert wholes(target) == [(12, 1), (13, 2)]
        last = Observation.objects.get(metric=target, segment="", revision=2)
        assert (last.source, last.reason) == ("premise.aggregation", f"{target.name} was recorded by segment.")
        assert last.derivation.formula == "sum over region"
        told = [(each["segment"], each["value"], each["revision"]) for each in last.derivation.inputs]
        assert told == [("North", "5", 1), ("South", "8", 2)]
        kept = [Observation.objects.get(pk=each["observation"]).value for each in last.derivation.inputs]
        assert kept == [5, 8]

    def test_a_withdrawn_part_withdraws_it_and_says_why(self):
        target = made("sum")
        put(target, North=5, South=7)
        put(target, South=None)
        assert wholes(target) == [(12, 1), (None, 2)]
        last = Observation.objects.get(metric=target, segment="", revision=2)
        assert last.note == last.derivation.trouble == "Missing: South."

    def test_a_weighted_mean_needs_samples_and_carries_their_sum(self):
        target = made("weighted", unit="%")
        put(target, North=(90, 10), South=(50, 990))
        row = Observation.objects.get(metric=target, segment="")
        assert (row.value, row.sample_size) == (Decimal("50.4"), 1000)
        put(target, 2, North=(90, 10), South=50)
        assert len(wholes(target)) == 1

    def test_a_ratio_of_sums_follows_both_metrics(self):
        above, below = metric(key="resolved", unit="tickets"), metric(key="opened", unit="tickets")
        rate = made("ratio", unit="%", aggregation_numerator="resolved", aggregation_denominator="opened")
        put(above, North=9, South=495)
        assert wholes(rate) == []
        put(below, North=10, South=990)
        assert wholes(rate) == [(Decimal("50.4"), 1)]
        put(above, South=505)
        assert wholes(rate) == [(Decimal("50.4"), 1), (Decimal("51.4"), 2)]
        assert {each["key"] for each in Observation.objects.latest("pk").derivation.inputs} == {"resolved", "opened"}
        assert set(rate.segments.values_list("name", flat=True)) == {"North", "South"}

    def test_by_hand_it_is_refused_in_a_row_of_its_own(self):
        target = made("sum")
        [part, whole] = observations.record(
            target, [entry(weeks_ago(1), 5, segment="North"), entry(weeks_ago(1), 5)], by=None
        )
        assert (part.status, whole.status) == ("stored", "refused")
        assert "is the sum over region: record its segments, and it follows." in whole.sentence

    def test_a_condition_on_the_whole_breaks_in_the_same_turn(self):
        target = made("sum")
        watch = condition(target, {"kind": "above", "bound": 100})
        put(target, North=60, South=61)
        watch.refresh_from_db()
        assert watch.state == "breached"
        assert conditions.rebuild(metric=target) == 0

    def test_a_segment_used_first_is_a_part_from_then_on_and_not_missed_before(self):
        target = made("sum")
        put(target, 3, North=5)
        put(target, 2, North=6, West=1)
        put(target, 1, North=7)
        assert [value for value, _ in wholes(target)] == [5, 7]
        days = {"opened_from": MetricSegment.objects.get(name="West").opened_from, "closed_from": weeks_ago(1)}
        segments.declare(target, name="West", dimension="region", by=None, **days)
        assert [value for value, _ in wholes(target)] == [5, 7, 7]
        [late] = put(target, 1, West=2)
        assert "closed from" in late.sentence

    @pytest.mark.parametrize(("policy", "expected"), [("withhold", [12]), ("last", [12, 15]), ("zero", [12, 8])])
    def test_what_a_missing_part_counts_as(self, policy, expected):
        target = made("sum", missing_parts=policy)
        put(target, 2, North=5, South=7)
        put(target, 1, North=8)
        assert [value for value, _ in wholes(target)] == expected

    def test_a_corrected_part_reaches_the_later_periods_that_it_stands_in_for(self):
        target = made("sum", missing_parts="last")
        put(target, 2, North=5, South=7)
        put(target, 1, North=8)
        put(target, 2, South=9)
        assert wholes(target) == [(12, 1), (14, 2), (15, 1), (17, 2)]

    def test_a_rule_that_comes_in_force_makes_what_is_there_and_leaves_what_has_no_parts(self):
        target = metric(unit="tickets")
        weekly(target, [40], until=3)
        put(target, 2, North=5, South=7)
        definitions.save_draft(
            target, changes={"aggregation": "sum", "aggregation_over": "region"}, expected_version=None, by=None
        )
        definitions.approve_without_request(target)
        assert [value for value, _ in wholes(target)] == [40, 12]
        assert set(target.segments.values_list("dimension", flat=True)) == {"region"}

    def test_the_order_in_which_parts_arrive_does_not_matter(self):
        one, other = made("weighted", unit="%"), made("weighted", unit="%")
        for target in (one, other):
            for name in ("North", "South"):
                segments.declare(target, name=name, dimension="region", by=None)
        put(one, North=(90, 10), South=(50, 30))
        put(other, South=(50, 30))
        put(other, North=(90, 10))
        assert wholes(one) == wholes(other) == [(60, 1)]


class TestTheDefinition:
    @pytest.mark.parametrize("rule", ["sum", "mean"])
    def test_a_ratio_is_neither_summed_nor_plainly_averaged(self, rule):
        with pytest.raises(BadInput) as refusal:
            made(rule, unit="%")
        [sentence] = refusal.value.errors["aggregation"]
        assert "Choose the mean weighted by sample size, or the ratio of the sums" in sentence

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"aggregation": "sum", "unit": "tickets"}, "aggregation_over"),
            ({"aggregation": "ratio", "aggregation_over": "region"}, "aggregation_numerator"),
            (
                {"aggregation": "ratio", "aggregation_over": "r", "aggregation_numerator": "x",
                 "aggregation_denominator": "y"},
                "aggregation_numerator",
            ),
            ({"aggregation": "sum", "unit": "tickets", "aggregation_over": "r", "expression": "a * 1"}, "aggregation"),
        ],
    )  # fmt: skip
    def test_what_a_rule_lacks_is_said_at_its_field(self, fields, field):
        with pytest.raises(BadInput) as refusal:
            metric(**fields)
        assert field in refusal.value.errors

    def test_it_is_signed_only_where_there_is_a_rule(self):
        plain, ruled = metric(), made("sum")
        assert plain.definition is not None
        assert ruled.definition is not None
        assert not {"aggregation", "missing_parts"} & content.frozen(plain.definition).keys()
        assert content.frozen(ruled.definition)["aggregation"] == "sum"

    def test_segments_of_another_kind_stand_in_its_way(self):
        target = metric(unit="tickets", owner=person(), steward=person())
        segments.declare(target, name="Premium", dimension="product", by=None)
        who = steward()
        definitions.save_draft(
            target, changes={"aggregation": "sum", "aggregation_over": "region"}, expected_version=None, by=who
        )
        with pytest.raises(MoveRefused) as refusal:
            definitions.submit(target, by=who, reason="Regions.")
        assert "would be counted twice" in str(refusal.value)


class TestLookingAfterThem:
    def test_a_segment_has_its_row_from_its_first_value_on(self):
        target = metric()
        put(target, North=5)
        put(target, North=6, South=7)
        assert list(target.segments.values_list("name", "restricted")) == [("North", False), ("South", False)]
        assert LedgerEntry.objects.filter(verb="segments.entered").count() == 2

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"name": ""}, "name"),
            ({"dimension": " "}, "dimension"),
            ({"dimension": "product"}, "dimension"),
            ({"name": "a\x00b"}, "name"),
            ({"opened_from": weeks_ago(1), "closed_from": weeks_ago(1) - timedelta(days=1)}, "closed_from"),
        ],
    )
    def test_what_is_wrong_with_one_is_said_at_its_field(self, given, field):
        with pytest.raises(BadInput) as refusal:
            segments.declare(made("sum"), by=None, **{"name": "North", "dimension": "region"} | given)
        assert list(refusal.value.errors) == [field]

    def test_who_does_not_manage_the_metric_changes_nothing(self):
        target, who = metric(), person()
        put(target, North=5)
        row = MetricSegment.objects.get()
        for act in (
            lambda: segments.declare(target, name="South", dimension="region", by=who),
            lambda: segments.restrict(target, name="North", restricted=True, by=who),
            lambda: segments.restrict_new(target, restricted=True, by=who),
            lambda: segments.grant(row, to=who, permission="view_metricsegment", by=who),
            lambda: segments.revoke(row, to=who, permission="view_metricsegment", by=who),
        ):
            with pytest.raises(PermissionDenied):
                act()

    def test_a_metric_without_segments_pays_nothing_for_them(self):
        target = metric()
        weekly(target, [1], until=2)
        with CaptureQueriesContext(connection) as counted:
            weekly(target, [3])
        assert not [each["sql"] for each in counted.captured_queries if "metricsegment" in each["sql"]]
