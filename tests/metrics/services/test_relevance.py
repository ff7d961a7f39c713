"""Reviews of relevance and the comparison of metrics, by outcome."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from approvals.models import LedgerEntry, Notice
from config.kit.refusals import BadInput, MoveRefused
from metrics.models import Comparison, Likeness, RelevanceReview
from metrics.services import definitions, likeness, relevance
from tests.factories.approvals import auditor, owner, person, steward
from tests.factories.metrics import metric, weekly

pytestmark = pytest.mark.django_db
YEAR = timedelta(days=365)


@pytest.fixture
def kept():
    made = metric(owner=owner(), steward=steward())
    relevance.sweep(timezone.now())
    return made


def due(target):
    return target.relevance_reviews.get(state="due")


def hold(target, outcome="confirmed", said="Support is steered by it.", every_days=365, by=None, seen=None):
    relevance.hold(target, outcome=outcome, said=said, every_days=every_days, by=by or target.steward, seen=seen)


def test_what_is_sent_twice_counts_once_and_what_somebody_else_said_meanwhile_is_shown(kept):
    seen = due(kept).pk
    for _ in range(2):
        hold(kept, seen=seen)
    assert kept.relevance_reviews.count() == 2
    with pytest.raises(BadInput, match="reviewed it meanwhile"):
        hold(kept, seen=seen, by=kept.owner)
    hold(kept, seen=due(kept).pk, by=kept.owner)
    assert kept.relevance_reviews.count() == 3


def test_every_approved_metric_has_one_review_a_year_after_its_approval(kept):
    metric(approved=False)
    metric(key="premise_own")
    relevance.sweep(timezone.now())
    assert relevance.sweep(timezone.now())["entered"] == 0
    assert RelevanceReview.objects.get().metric == kept
    assert due(kept).due_at == kept.definition.approved_at + YEAR


def test_the_next_one_is_counted_from_the_last_and_the_history_stays(kept):
    hold(kept, every_days=90)
    assert due(kept).due_at - due(kept).counted_from == timedelta(days=90)
    hold(kept, outcome="deprecate", said="Nobody asks for it any more.")
    assert list(kept.relevance_reviews.exclude(state="due").values_list("state", flat=True)) == [
        "deprecate",
        "confirmed",
    ]
    assert LedgerEntry.objects.filter(verb="relevance.reviewed", stream=f"metric:{kept.key}").count() == 2


@pytest.mark.parametrize(
    "changed, error",
    [({"said": "  "}, BadInput), ({"outcome": "due"}, BadInput), ({"every_days": 7}, BadInput)],
)
def test_it_says_what_and_why(kept, changed, error):
    with pytest.raises(error):
        hold(kept, **changed)


def test_only_who_keeps_the_metric_holds_it_and_only_of_what_is_approved(kept):
    for who in (person(), auditor()):
        with pytest.raises(PermissionDenied):
            hold(kept, by=who)
    with pytest.raises(MoveRefused, match="draft"):
        hold(metric(approved=False, steward=kept.steward))


def test_lateness_is_told_to_the_steward_twice_then_to_the_owner_each_once(kept):
    begin, told = due(kept).due_at, []
    for days in (-1, 0, 1, 14, 15, 28, 60):
        relevance.sweep(begin + timedelta(days=days))
        told.append(tuple(Notice.objects.filter(to=who).count() for who in (kept.steward, kept.owner)))
    assert told == [(0, 0), (1, 0), (1, 0), (2, 0), (2, 0), (2, 1), (2, 1)]
    assert LedgerEntry.objects.filter(verb="relevance.escalated").count() == 1


def test_after_a_long_silence_only_the_last_step_is_told(kept):
    relevance.sweep(due(kept).due_at + timedelta(days=40))
    assert [Notice.objects.filter(to=who).count() for who in (kept.steward, kept.owner)] == [0, 1]


def test_a_version_approved_since_puts_it_off(kept):
    before = due(kept).due_at
    definitions.save_draft(kept, changes={"meaning": "Better said."}, expected_version=None, by=None)
    definitions.approve_without_request(kept)
    assert relevance.sweep(timezone.now())["put_off"] == 1
    assert due(kept).due_at > before
    assert relevance.sweep(timezone.now())["put_off"] == 0


class TestLikeness:
    COURSE = (3, 7, 4, 9, 12, 8, 15, 11, 6, 14, 10, 5, 13, 2)

    def test_metrics_of_one_cadence_are_compared_once_a_day(self):
        one, other, third = metric(time_zone="UTC"), metric(time_zone="Asia/Tokyo"), metric()
        weekly(one, self.COURSE)
        weekly(other, [100 - 2 * value for value in self.COURSE])
        weekly(third, sorted(self.COURSE))
        metric(cadence="monthly")
        now = timezone.now()
        done = [likeness.sweep(now) for _ in range(3)]
        assert {"compared": 3, "pairs": 1} in done
        assert done[-1] == {}, "nothing is compared twice a day"
        pair = Likeness.objects.get()
        assert (pair.first, pair.second, pair.periods) == (one, other, len(self.COURSE))
        assert (pair.of_values, pair.of_changes) == pytest.approx((-1, -1))
        assert likeness.sweep(now + timedelta(days=1, minutes=1))

    def test_what_is_beyond_the_most_is_left_out_and_said(self, monkeypatch):
        monkeypatch.setattr(likeness, "MOST_COMPARED", 2)
        for _ in range(3):
            weekly(metric(), self.COURSE)
        likeness.sweep(timezone.now())
        assert Comparison.objects.values_list("compared", "left_out").get() == (2, 1)
