"""Calculated metrics: worked out with their inputs, by the policy for what is missing, and always accounted for."""

import json
from decimal import Decimal
from typing import Any

import pytest

from approvals.models import User
from config.kit.refusals import BadInput, MoveRefused
from metrics import subjects
from metrics.models import Metric, Observation
from metrics.services import definitions, observations
from tests.factories import metrics
from tests.factories.approvals import approver, owner, steward

pytestmark = pytest.mark.django_db


@pytest.fixture
def resolved(db: None) -> Metric:
    return metrics.metric(key="resolved", unit="tickets")


@pytest.fixture
def opened(db: None) -> Metric:
    return metrics.metric(key="opened", unit="tickets")


def rate(expression: str = "resolved / opened * 100", **fields: Any) -> Metric:
    return metrics.metric(key=fields.pop("key", "rate"), expression=expression, **fields)


def values(metric: Metric, segment: str = "") -> list[Decimal | None]:
    rows = Observation.objects.filter(metric=metric, segment=segment).current().order_by("period_start")
    return [row.value for row in rows]


def test_a_value_follows_its_inputs_and_says_from_what(resolved, opened):
    share = rate()
    metrics.weekly(resolved, [80, 90])
    assert values(share) == [], "one input is missing, and missing is not zero"
    metrics.weekly(opened, [100, 120])
    assert values(share) == [80, 75]
    last = Observation.objects.filter(metric=share).latest("period_start")
    assert last.source == "premise.formula"
    kept = last.derivation
    assert (kept.formula, kept.definition_version) == ("resolved / opened * 100", 1)
    assert [(each["key"], each["value"], each["revision"]) for each in kept.inputs] == [
        ("resolved", "90", 1),
        ("opened", "120", 1),
    ]


def test_a_corrected_input_corrects_what_is_calculated_from_it_and_from_that(resolved, opened):
    share, gap = rate(), rate("100 - rate", key="gap")
    metrics.weekly(resolved, [80])
    metrics.weekly(opened, [100])
    observations.record(resolved, [metrics.entry(metrics.weeks_ago(1), 60, reason="Miscounted.")], by=None)
    assert (values(share), values(gap)) == ([60], [40])
    revisions = Observation.objects.filter(metric=gap).order_by("revision")
    assert [(row.revision, row.value) for row in revisions] == [(1, 20), (2, 40)]
    assert revisions[1].reason == "Rate was recorded."
    assert revisions[1].derivation.inputs[0]["revision"] == 2


def test_a_break_on_a_calculated_value_comes_at_once(resolved, opened):
    share = rate()
    condition = metrics.condition(share, {"kind": "below", "bound": 70})
    metrics.weekly(opened, [100])
    metrics.weekly(resolved, [60])
    condition.refresh_from_db()
    assert condition.state == "breached"


@pytest.mark.parametrize(
    "policy, expected", [("withhold", [80, None]), ("last", [80, Decimal("66.666667")]), ("zero", [80, 0])]
)
def test_what_a_missing_input_means_is_the_metrics_policy(resolved, opened, policy, expected):
    share = rate(missing_inputs=policy)
    metrics.weekly(opened, [100, 120])
    metrics.weekly(resolved, [80, 90])
    observations.record(resolved, [metrics.entry(metrics.weeks_ago(1), None, reason="Withdrawn.")], by=None)
    assert values(share) == expected


def test_a_corrected_input_reaches_the_later_periods_that_it_stands_in_for(resolved, opened):
    share = rate(missing_inputs="last")
    metrics.weekly(resolved, [80], until=2)
    metrics.weekly(opened, [100, 160])
    assert values(share) == [80, 50]
    observations.record(resolved, [metrics.entry(metrics.weeks_ago(2), 40, reason="Counted again.")], by=None)
    assert values(share) == [40, 25]


def test_a_division_by_zero_leaves_no_value_and_says_why(resolved, opened):
    share = rate()
    metrics.weekly(resolved, [80])
    metrics.weekly(opened, [100])
    observations.record(opened, [metrics.entry(metrics.weeks_ago(1), 0, reason="Closed.")], by=None)
    last = Observation.objects.filter(metric=share).latest("revision")
    assert (last.value, last.note) == (None, "The formula divides by zero.")
    assert last.derivation.trouble == last.note


def test_segments_are_calculated_each_for_itself(resolved, opened):
    share = rate()
    for segment, done in (("north", 50), ("south", 90)):
        day = metrics.weeks_ago(1)
        observations.record(resolved, [metrics.entry(day, done, segment=segment, sample_size=30)], by=None)
        observations.record(opened, [metrics.entry(day, 100, segment=segment, sample_size=80)], by=None)
    assert (values(share, "north"), values(share, "south"), values(share)) == ([50], [90], [])
    assert Observation.objects.get(metric=share, segment="north").sample_size == 30


def test_a_new_formula_works_the_past_out_anew(resolved, opened):
    share = rate()
    metrics.weekly(resolved, [80, 90])
    metrics.weekly(opened, [100, 120])
    definitions.save_draft(share, changes={"expression": "resolved / opened"}, expected_version=None, by=None)
    definitions.approve_without_request(share)
    assert values(share) == [Decimal("0.8"), Decimal("0.75")]
    assert Observation.objects.filter(metric=share).latest("pk").derivation.definition_version == 2


def test_nobody_records_what_is_calculated(resolved, opened):
    share = rate()
    with pytest.raises(MoveRefused, match="is calculated as resolved / opened"):
        metrics.weekly(share, [5])


@pytest.mark.parametrize(
    "expression, sentence",
    [
        ("resolved +", "cannot be read as a formula"),
        ("resolved / nobody", "no metric with the key nobody"),
        ("rate + 1", "in a circle: rate ← rate"),
        ("gap / 2", "in a circle: rate ← gap ← rate"),
    ],
)
def test_a_formula_that_cannot_be_is_refused_where_it_is_written(resolved, opened, expression, sentence):
    share = rate()
    rate("100 - rate", key="gap")
    with pytest.raises(BadInput, match=sentence) as refusal:
        definitions.save_draft(share, changes={"expression": expression}, expected_version=None, by=None)
    assert list(refusal.value.errors) == ["expression"]


@pytest.mark.parametrize(
    "expression, fields, sentence",
    [
        ("resolved / opened", {"unit": "EUR"}, "yields a pure ratio, and the unit says “EUR”"),
        ("resolved + cost", {}, "adds or compares ticket and eur"),
        ("resolved / opened", {"cadence": "monthly"}, "needs the same periods"),
        ("resolved / unapproved", {}, "no definition in force yet"),
    ],
)
def test_what_does_not_go_together_is_said_before_it_is_submitted(resolved, opened, expression, fields, sentence):
    metrics.metric(key="cost", unit="EUR")
    metrics.metric(key="unapproved", approved=False)
    keeper = steward()
    draft = rate(expression, approved=False, owner=owner(), steward=keeper, **fields)
    with pytest.raises(MoveRefused, match=sentence):
        definitions.submit(draft, by=keeper)


def refused(expression: str, by: User, **fields: Any) -> dict[str, list[str]]:
    with pytest.raises(BadInput) as refusal:
        metrics.metric(key="mine", approved=False, by=by, expression=expression, **fields)
    return refusal.value.errors


def test_what_its_writer_may_not_see_is_no_input_and_no_counter_metric(resolved):
    keeper, outsider = steward(), steward()
    metrics.metric(key="hush", unit="tickets", steward=keeper, classification="confidential")
    around = metrics.metric(key="around", unit="tickets", steward=keeper, expression="hush + resolved")
    assert refused("resolved - hush", outsider) == {"expression": ["There is no metric with the key hush."]}
    nothing = refused("resolved", outsider, counter_metrics=["hush"])
    assert nothing == {"counter_metrics": ["There is no metric with the key hush."]}
    metrics.metric(key="mine", approved=False, by=keeper, expression="resolved - hush")
    # Who cannot see an input may still mend what stands beside it.
    saved = definitions.save_draft(around, changes={"population": "All."}, expected_version=None, by=outsider)
    assert saved.population == "All."


def test_a_circle_does_not_name_what_its_writer_may_not_see(resolved):
    keeper, outsider = steward(), steward()
    metrics.metric(key="hush", unit="tickets", steward=keeper, classification="confidential", expression="resolved * 2")
    metrics.metric(key="open_end", unit="tickets", steward=keeper, expression="hush * 3")
    with pytest.raises(BadInput) as refusal:
        definitions.save_draft(resolved, changes={"expression": "open_end"}, expected_version=None, by=outsider)
    [sentence] = refusal.value.errors["expression"]
    assert "hush" not in sentence
    assert "a metric you may not see" in sentence


def test_approvers_are_told_that_an_open_metric_rests_on_a_confidential_one(resolved):
    approver()
    keeper = steward()
    metrics.metric(key="hush", unit="tickets", steward=keeper, classification="confidential")
    for key, expression, told in (("open_one", "hush * 2", True), ("plain_one", "resolved * 2", False)):
        made = metrics.metric(key=key, unit="tickets", by=keeper, owner=owner(), approved=False, expression=expression)
        request = definitions.submit(made, by=keeper)
        warned = [each for each in subjects._warnings(json.loads(request.content)) if "confidential" in each]
        assert bool(warned) is told
