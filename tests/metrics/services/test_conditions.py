"""Conditions: armed, replayed, corrected under, settled by time; each breach said exactly once."""

from datetime import timedelta
from decimal import Decimal
from unittest.mock import call, patch

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from approvals.models import LedgerEntry
from config.kit.refusals import BadInput
from metrics.domain.conditions import parse
from metrics.models import Condition, Episode, Metric, MetricSignal
from metrics.services import conditions, observations, replaying
from tests.factories.metrics import condition, entry, metric, weekly, weeks_ago

ABOVE_10 = {"kind": "above", "bound": 10}


def correct(target: Metric, weeks: int, value: object) -> None:
    [result] = observations.record(target, [entry(weeks_ago(weeks), value, reason="Recount.")], by=None)
    assert result.status == "revised", result.sentence


def signals() -> list[tuple[str, bool]]:
    return list(MetricSignal.objects.order_by("pk").values_list("kind", "late"))


pytestmark = pytest.mark.django_db


class TestArming:
    def test_the_same_predicate_again_changes_nothing(self):
        target = metric()
        first = condition(target, ABOVE_10, key="a1.c1")
        before = LedgerEntry.objects.count()
        again = condition(
            target, {"bound": "10.0", "kind": "above", "severity": "critical"}, key="a1.c1", label="Too high"
        )
        assert (again.pk, again.version, again.label) == (first.pk, 1, "Too high")
        assert again.spec["severity"] == "critical"
        assert LedgerEntry.objects.count() == before

    def test_history_is_replayed_and_only_a_breach_that_goes_on_is_news(self):
        target = metric()
        weekly(target, [11, 12, 5, 6])
        condition(target, ABOVE_10)
        assert not MetricSignal.objects.exists()
        assert Episode.objects.get().ending == "recovered"
        condition(target, {"kind": "above", "bound": 4})
        assert MetricSignal.objects.get().value == Decimal(11)

    def test_an_edited_predicate_supersedes_and_carries_on_without_a_second_notice(self):
        target = metric()
        weekly(target, [5, 11])
        condition(target, ABOVE_10, key="a1.c1")
        edited = condition(target, {"kind": "above", "bound": 9}, key="a1.c1")
        assert edited.version == 2
        assert edited.state == "breached"
        assert list(Episode.objects.order_by("version").values_list("version", "ending")) == [
            (1, "superseded"),
            (2, ""),
        ]
        assert list(MetricSignal.objects.order_by("pk").values_list("continues", flat=True)) == [False, True]

    def test_a_longer_sustained_demotes_to_pending(self):
        target = metric()
        weekly(target, [5, 11])
        condition(target, ABOVE_10, key="a1.c1")
        edited = condition(target, ABOVE_10 | {"sustained": 2}, key="a1.c1")
        assert edited.state == "pending"
        assert MetricSignal.objects.count() == 1

    def test_an_edit_before_any_breach_is_new_trouble(self):
        target = metric()
        weekly(target, [5, 9])
        condition(target, ABOVE_10, key="a1.c1")
        condition(target, {"kind": "above", "bound": 8}, key="a1.c1")
        assert list(MetricSignal.objects.values_list("continues", flat=True)) == [False]

    def test_a_disarmed_condition_is_silent_until_armed_again(self):
        target = metric()
        armed = condition(target, ABOVE_10, key="a1.c1")
        assert conditions.disarm(watcher=armed.watcher, by=None) == 1
        assert conditions.disarm(watcher=armed.watcher, by=None) == 0
        weekly(target, [11])
        assert not MetricSignal.objects.exists()
        again = condition(target, ABOVE_10, key="a1.c1")
        assert (again.version, again.state) == (1, "breached")
        assert MetricSignal.objects.count() == 1

    def test_only_the_keys_named_are_disarmed(self):
        target = metric()
        condition(target, key="a1.c1"), condition(target, key="a1.c2")
        assert conditions.disarm(watcher="D-2026-0001", by=None, keys=["a1.c2"]) == 1
        assert list(Condition.objects.armed().values_list("key", flat=True)) == ["a1.c1"]

    @pytest.mark.parametrize(
        "spec", [{}, {"kind": "above"}, {"kind": "above", "bound": "NaN"}, {"kind": "x"}, [], None]
    )
    def test_a_bad_spec_is_refused_with_sentences(self, spec):
        with pytest.raises(BadInput) as refusal:
            conditions.arm(watcher="D-1", key="a", metric_key=metric().key, spec=spec, by=None)
        assert refusal.value.errors

    def test_an_unknown_metric_is_refused_with_a_sentence(self):
        with pytest.raises(BadInput, match="There is no metric"):
            conditions.arm(watcher="D-1", key="a", metric_key="none", spec=ABOVE_10, by=None)


class TestCorrections:
    def test_a_late_value_fires_and_is_marked_late(self):
        target = metric()
        condition(target, ABOVE_10)
        weekly(target, [5], until=4)
        weekly(target, [5], until=1)
        weekly(target, [11], until=2)
        assert signals() == [("breached", True)]

    def test_a_breach_long_over_is_history_only(self):
        target = metric()
        condition(target, ABOVE_10)
        weekly(target, [5, 11, 5], until=40)
        assert signals() == []
        assert Episode.objects.count() == 1

    def test_a_correction_retracts_and_another_brings_it_back(self):
        target = metric()
        condition(target, ABOVE_10)
        weekly(target, [5, 11])
        correct(target, 1, 6)
        assert [kind for kind, _ in signals()] == ["breached", "retracted"]
        assert Episode.objects.get().retracted_at is not None
        correct(target, 1, 12)
        assert [kind for kind, _ in signals()] == ["breached", "retracted", "breached"]
        episode = Episode.objects.get()
        assert (episode.retracted_at, episode.ending, episode.value) == (None, "", Decimal(12))

    def test_a_moved_start_keeps_the_episode_and_sends_no_second_signal(self):
        target = metric()
        condition(target, ABOVE_10)
        weekly(target, [5, 5, 11])
        correct(target, 2, 11)
        episode = Episode.objects.get()
        assert (episode.start.date(), episode.key_start.date()) == (weeks_ago(2), weeks_ago(1))
        assert signals() == [("breached", False)]

    def test_a_new_breach_where_a_moved_one_began_is_an_episode_of_its_own(self):
        target = metric()
        condition(target, ABOVE_10)
        weekly(target, [11, 11, 11])  # begins three weeks ago
        correct(target, 3, 5)  # … now two weeks ago
        correct(target, 2, 5)  # … now last week
        correct(target, 3, 12)  # a breach of its own where the first one began
        assert Episode.objects.filter(retracted_at=None).count() == 2
        assert len({signal.key for signal in MetricSignal.objects.all()}) == MetricSignal.objects.count() == 2

    def test_a_breach_that_was_history_and_turns_out_to_go_on_is_told(self):
        target = metric()
        weekly(target, [5, 11, 5])
        condition(target, ABOVE_10)
        assert signals() == []
        correct(target, 1, 12)
        assert signals() == [("breached", True)]
        assert Episode.objects.get().ending == ""

    def test_a_recovery_that_was_none_is_not_told_twice(self):
        target = metric()
        condition(target, ABOVE_10)
        weekly(target, [5, 11, 5])
        correct(target, 1, 12)
        assert [kind for kind, _ in signals()] == ["breached"]

    def test_what_nobody_was_told_of_is_taken_back_from_nobody(self):
        target = metric()
        weekly(target, [5, 11, 5])
        condition(target, ABOVE_10)
        correct(target, 2, 6)
        assert signals() == []
        assert Episode.objects.get().retracted_at is not None

    def test_a_small_sample_neither_breaks_nor_clears(self):
        target = metric(minimum_sample=30)
        armed = condition(target, ABOVE_10)
        observations.record(target, [entry(weeks_ago(1), 99, sample_size=5)], by=None)
        armed.refresh_from_db()
        assert (armed.state, armed.health) == ("ok", "insufficient")


class TestSettling:
    def test_a_breach_arises_by_time_passing_alone(self):
        target = metric(settle_after=timedelta(days=30))
        armed = condition(target, ABOVE_10)
        weekly(target, [5, 11])
        armed.refresh_from_db()
        assert armed.state == "ok"
        assert conditions.sweep(timezone.now()) == 0
        later = timezone.now() + timedelta(days=30)
        assert conditions.sweep(later) == 1
        armed.refresh_from_db()
        assert armed.state == "breached"
        assert conditions.sweep(later) == 0
        assert len(signals()) == 1

    def test_a_condition_that_also_watches_another_metric_comes_up_for_the_sweep(self):
        one, other = metric(), metric()
        part = {"kind": "above", "bound": 10, "metric": other.key}
        armed = condition(one, {"kind": "all", "parts": [ABOVE_10, part]})
        weekly(one, [11])
        assert conditions.sweep(timezone.now()) == 0
        weekly(other, [11])
        assert conditions.sweep(timezone.now()) == 1
        armed.refresh_from_db()
        assert armed.state == "breached"


def test_signals_wake_their_reader_and_only_then(django_capture_on_commit_callbacks):
    target = metric()
    condition(target, ABOVE_10)
    with patch("metrics.services.outbox.wake.publish") as publish:
        weekly(target, [5])
        assert call("signals") not in publish.mock_calls
        observations.record(target, [entry(weeks_ago(1), 11, reason="Recount.")], by=None)
        assert publish.mock_calls.count(call("signals")) == 1


def test_rebuild_finds_nothing_to_do_and_mends_what_was_spoilt():
    target = metric()
    armed = condition(target, ABOVE_10)
    weekly(target, [5, 11])
    assert conditions.rebuild() == 0
    Condition.objects.filter(pk=armed.pk).update(state="ok")
    Episode.objects.update(end=timezone.now(), ending="recovered")
    assert conditions.rebuild(metric=target) == 1
    armed.refresh_from_db()
    assert armed.state == "breached"
    assert Episode.objects.get().ending == ""


WEEKS = st.sampled_from([*range(1, 9), 20, 21, 22])  # the last ones lie beyond the look-back
VALUES = st.sampled_from([None, 5, 9, 10, 11, 15])
EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("record"), WEEKS, VALUES),
        st.tuples(st.just("arm"), st.sampled_from([10, 8, 14]), st.sampled_from([1, 2])),
        st.tuples(st.just("sweep"), st.integers(0, 3), st.none()),
    ),
    min_size=1,
    max_size=14,
)


class TestCache(TestCase):
    """What is kept of a condition equals what a fold from nothing makes of it, after any history of events."""

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(EVENTS)
    def test_cache_equals_rebuild(self, events):
        target = metric()
        condition(target, ABOVE_10, key="a1.c1")
        for event, first, second in events:
            self.happen(target, event, first, second)
        armed = Condition.objects.get(watcher="D-2026-0001")
        folded = replaying.replay(target, parse(armed.spec), as_of=timezone.now())
        kept = armed.episodes.filter(version=armed.version, retracted_at=None).order_by("start")
        assert armed.state == folded.state
        assert armed.health == folded.health
        assert [(each.start, each.fired, each.end, each.ending or None) for each in kept] == [
            (each.start, each.fired, each.end, each.ending) for each in folded.episodes
        ]
        assert conditions.rebuild() == 0
        # Of every episode: told of once, taken back at most once, and so on in turn.
        for episode in armed.episodes.all():
            kinds = list(episode.signals.order_by("pk").values_list("kind", flat=True))
            assert kinds == ["breached", "retracted"] * (len(kinds) // 2) + ["breached"] * (len(kinds) % 2)

    def happen(self, target: Metric, event: str, first: int, second: int | None) -> None:
        if event == "record":
            observations.record(target, [entry(weeks_ago(first), second, reason="Recount.")], by=None)
        elif event == "arm":
            condition(target, {"kind": "above", "bound": first, "sustained": second}, key="a1.c1")
        else:
            conditions.sweep(timezone.now())
