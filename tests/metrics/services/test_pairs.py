"""Pairs of metrics: made by stewards, looked at when values arrive, told once, taken back by corrections."""

from datetime import timedelta

import pytest
from django.utils import timezone

from approvals.models import LedgerEntry, Notice
from config.kit.refusals import BadInput, MoveRefused, StaleWrite
from metrics.models import TradeOffMark, TradeOffPair
from metrics.services import colliding, definitions, pairing
from tests.factories.approvals import person, steward
from tests.factories.metrics import metric, weekly

pytestmark = pytest.mark.django_db

FLAT = [10, 11] * 8
UP, DOWN = [10, 11] * 6 + [20, 21] * 2, [20, 21] * 6 + [10, 11] * 2


def pair_of(left, right, **told):
    told = {"kind": "speed_quality", "window": 8, "sustained": 2} | told
    return pairing.make_pair(left=left, right=right, by=steward(), **told)


def collided(until=1):
    """Return a pair with an alert that goes on, and both its metrics."""
    owner = person()
    left, right = metric(owner=owner), metric(owner=owner)
    weekly(left, UP, until=until)
    weekly(right, DOWN, until=until)
    return pair_of(left, right), left, right


def rows(pair):
    return list(pair.episodes.order_by("start"))


def test_a_new_pair_says_at_once_that_one_stands_at_the_others_cost():
    pair, left, _ = collided()
    [episode] = rows(pair)
    assert (episode.improved, episode.end, episode.retracted_at) == ("left", None, None)
    [notice] = Notice.objects.filter(to=left.owner)
    assert notice.title == f"{left.name} improves while {pair.right.name} gets worse"
    assert "improved: from 10.5" in notice.body
    verbs = list(LedgerEntry.objects.filter(verb__startswith="pair.").values_list("verb", flat=True))
    assert verbs == ["pair.collided", "pair.made"]


def test_poles_come_from_the_kind_and_another_trade_off_names_its_own():
    assert (pair_of(metric(), metric()).left_pole, pair_of(metric(), metric()).right_pole) == ("Speed", "Quality")
    with pytest.raises(BadInput) as refusal:
        pair_of(metric(), metric(), kind="other")
    assert set(refusal.value.errors) == {"left_pole", "right_pole"}


@pytest.mark.parametrize(
    "told, field",
    [
        ({"window": 5}, "window"),
        ({"sustained": 0}, "sustained"),
        ({"kind": "counter"}, "kind"),
        ({"why": "\x00"}, "why"),
    ],
)
def test_what_cannot_be_used_is_refused_beside_its_field(told, field):
    with pytest.raises(BadInput) as refusal:
        pair_of(metric(), metric(), **told)
    assert field in refusal.value.errors


def test_two_metrics_are_a_pair_once_whichever_way_round():
    left, right = metric(), metric()
    pair_of(left, right)
    with pytest.raises(BadInput, match="are a pair already"):
        pair_of(right, left)
    with pytest.raises(BadInput, match="two different metrics"):
        pair_of(left, left)


def test_values_mark_the_pair_and_the_next_look_finds_the_collision_once():
    owner = person()
    left, right = metric(owner=owner), metric(owner=owner)
    pair = pair_of(left, right)
    weekly(left, UP)
    weekly(right, DOWN)
    assert TradeOffMark.objects.count() == 2
    assert colliding.look_at_due() == {"collided": 1}
    assert TradeOffMark.objects.count() == 0
    assert colliding.look_at_due() == {}
    TradeOffMark.objects.create(pair=pair)
    assert colliding.look_at_due() == {"steady": 1}
    assert len(rows(pair)) == Notice.objects.filter(to=owner).count() == 1


def test_metrics_without_a_pair_leave_no_mark():
    weekly(metric(), [1, 2])
    assert not TradeOffMark.objects.exists()


def test_a_correction_takes_the_alert_back_and_says_so():
    pair, left, right = collided()
    weekly(right, FLAT)
    assert colliding.look_at_due() == {"retracted": 1}
    [episode] = rows(pair)
    assert episode.retracted_at is not None
    assert Notice.objects.filter(to=left.owner, title__startswith="Taken back").count() == 1
    weekly(right, [value + 0.5 for value in DOWN])  # corrected again: the same trouble, told only once
    colliding.look_at_due()
    [episode] = rows(pair)
    assert episode.retracted_at is None
    assert Notice.objects.filter(to=left.owner, title__contains="improves while").count() == 2  # and the one taken back


def test_two_quiet_periods_end_it():
    pair, left, right = collided(until=17)
    for each in (left, right):
        weekly(each, FLAT)
    pair.watched_since -= timedelta(weeks=30)
    pair.save()
    colliding.look_at_due()
    [episode] = rows(pair)
    assert (episode.ending, episode.end is not None) == ("cleared", True)


def test_time_alone_calls_for_the_next_look():
    pair, _, _ = collided()
    pair.refresh_from_db()
    assert colliding.look_at_due(now=pair.next_look_at - timedelta(seconds=1)) == {}
    assert colliding.look_at_due(now=pair.next_look_at) == {"steady": 1}


def test_another_direction_of_the_definition_is_another_verdict():
    pair, _, right = collided()
    definitions.save_draft(right, changes={"direction": "lower", "target": 5}, expected_version=None, by=None)
    definitions.approve_without_request(right)
    assert colliding.look_at_due() == {"retracted": 1}
    assert rows(pair)[0].retracted_at is not None


def test_counter_metrics_of_definitions_in_force_are_pairs_by_themselves():
    counter = metric()
    named = metric(counter_metrics=[counter.key])
    now = timezone.now()
    assert colliding.sweep(now) == {"paired": 1, "steady": 1}
    assert colliding.sweep(now) == {}
    pair = TradeOffPair.objects.get()
    assert (pair.kind, pair.left, pair.right, pair.one_way) == ("counter", named, counter, True)
    definitions.save_draft(named, changes={"counter_metrics": []}, expected_version=None, by=None)
    definitions.approve_without_request(named)
    assert colliding.sweep(now)["unpaired"] == 1
    assert not TradeOffPair.objects.watched().exists()


def test_two_that_name_each_other_are_watched_both_ways():
    first = metric()
    second = metric(counter_metrics=[first.key])
    definitions.save_draft(first, changes={"counter_metrics": [second.key]}, expected_version=None, by=None)
    definitions.approve_without_request(first)
    colliding.sweep(timezone.now())
    assert TradeOffPair.objects.with_metrics().get().one_way is False


def test_a_steward_states_a_counter_metric_as_a_trade_off():
    counter = metric()
    named = metric(counter_metrics=[counter.key])
    colliding.sweep(timezone.now())
    pair = pair_of(named, counter, kind="cost_premium")
    assert TradeOffPair.objects.get() == pair
    assert (pair.kind, pair.left_pole) == ("cost_premium", "Cost")
    assert colliding.sweep(timezone.now()) == {}


def test_another_rule_ends_what_goes_on_and_words_end_nothing():
    pair, _, _ = collided()
    told = {"kind": "speed_quality", "left_pole": "Fast", "right_pole": "Good", "window": 8, "sustained": 2}
    pair = pairing.change_pair(pair, expected_version=1, by=steward(), **told)
    assert rows(pair)[0].open
    pair = pairing.change_pair(pair, expected_version=2, by=steward(), **told | {"sustained": 12})
    assert (rows(pair)[0].ending, len(rows(pair))) == ("superseded", 1)
    with pytest.raises(StaleWrite):
        pairing.change_pair(pair, expected_version=2, by=steward(), **told)


def test_a_closed_pair_is_watched_no_longer():
    pair, left, _ = collided()
    pairing.close_pair(pair, reason="One of them is retired.", by=steward())
    assert rows(pair)[0].ending == "closed"
    weekly(left, [5], until=0)
    assert not TradeOffMark.objects.exists()
    with pytest.raises(MoveRefused):
        pairing.close_pair(pair, reason="Again.", by=steward())


def test_an_alert_is_answered_once_by_whoever_answers_for_either():
    pair, left, _ = collided()
    [episode] = rows(pair)
    pairing.answer(episode, answer="Two more people on Mondays.", by=left.owner)
    with pytest.raises(MoveRefused, match="has answered this alert already"):
        pairing.answer(episode, answer="Me too.", by=steward())


def test_nobody_is_told_of_a_metric_they_may_not_see():
    seer, other = person(), person()
    left, right = metric(owner=other), metric(owner=seer, classification="confidential")
    weekly(left, UP)
    weekly(right, DOWN)
    pairing.make_pair(left=left, right=right, by=None, kind="speed_quality", window=8, sustained=2)
    assert [notice.to for notice in Notice.objects.all()] == [seer]


def test_one_pair_that_cannot_be_looked_at_stops_no_other():
    broken, _, _ = collided()
    fine, _, _ = collided()
    broken.left.cadence = "P1Q"
    broken.left.save()
    TradeOffMark.objects.create(pair=broken)
    TradeOffMark.objects.create(pair=fine)
    assert colliding.look_at_due() == {"failed": 1, "steady": 1}
    broken.refresh_from_db()
    assert "duration" in broken.trouble
