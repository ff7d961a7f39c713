"""Reviews: planned, opened when due, held once, frozen; what the verdict says is done."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from approvals.models import LedgerEntry, Notice
from config.kit.canonical import digest, parse
from config.kit.refusals import BadInput, MoveRefused
from decisions.models import AssumptionOutcome, Decision, Lesson, Reevaluation, Review
from decisions.services import drafting, moves, reminding, reviews, sweeping, variances, versions
from decisions.services.lessons import Raised
from decisions.services.reviews import Judged
from metrics.models import Metric
from tests.factories import metrics
from tests.factories.approvals import approver, owner
from tests.factories.decisions import BACKLOG, RESOLUTION, approve, in_force, save
from tests.factories.learning import SCORES, findings, held

pytestmark = pytest.mark.django_db
NOW = timezone.now()
TODAY = NOW.date()
CLOSING = {"outcome": "partly", "reason": "Half.", "process": "sound", "process_reason": "All were tried."}


def due(decision: Decision, days: int = 0) -> None:
    day = TODAY - timedelta(days=days)
    Decision.objects.filter(pk=decision.pk).update(next_review_on=day)
    decision.reviews.filter(held_at=None).update(due_on=day)


def began(decision: Decision, weeks: int) -> None:
    Decision.objects.filter(pk=decision.pk).update(in_force_since=NOW - timedelta(weeks=weeks))
    decision.refresh_from_db()


def test_the_sweep_opens_what_is_due_tells_the_owner_once_and_links_to_the_review(backlog: Metric) -> None:
    decision = in_force()
    decision.reviews.all().delete()
    Decision.objects.update(next_review_on=TODAY)
    assert reviews.open_due(NOW) == 1
    review = decision.reviews.get()
    reminding.remind(NOW)
    assert Notice.objects.get(to=decision.owner, cause_key__contains=":review:").url == f"/reviews/{review.pk}/"
    with CaptureQueriesContext(connection) as queries:
        assert reviews.open_due(NOW) == 0
    assert len(queries) == 1
    assert "reviews" in dict(sweeping.JOBS)


def test_an_amendment_does_not_stand_in_for_a_review_that_is_due(backlog: Metric) -> None:
    decision = in_force()
    due(decision, 3)
    moves.open_amendment(decision, by=decision.owner, reason="Words.")
    save(decision, "constraints", text="None at all.")
    approve(moves.submit(decision, by=decision.owner))
    decision.refresh_from_db()
    assert decision.next_review_on == TODAY - timedelta(days=3) == decision.reviews.get().due_on


def test_holding_freezes_what_was_found_and_plans_the_next_review(backlog: Metric) -> None:
    decision = in_force()
    due(decision)
    lesson = Raised(section="options", text="Try before you score.")
    review = held(decision, lessons=(lesson,), scores=SCORES)
    decision.refresh_from_db()
    assert decision.next_review_on == TODAY + timedelta(days=90)
    assert decision.reviews.filter(held_at=None).get().due_on == decision.next_review_on
    frozen = parse(review.text)
    assert (digest(frozen), frozen["verdict"], frozen["version"]) == (review.digest, "keep", 1)
    assert frozen["rescored"]["actual"] == "73"
    assert Lesson.objects.get().review == review
    entry = LedgerEntry.objects.get(verb="review.held")
    assert (entry.stream, parse(entry.payload)["digest"]) == (decision.stream, review.digest)


def test_a_held_review_cannot_be_held_again(backlog: Metric) -> None:
    review = held(in_force())
    with pytest.raises(MoveRefused, match="cannot change"):
        reviews.hold(review, findings(review, findings="Otherwise."), by=review.decision.owner)
    review.refresh_from_db()
    assert review.findings == "It came as foreseen."


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"findings": " "}, ["findings"]),
        ({"verdict": "perhaps"}, ["verdict"]),
        ({"judged": {}}, ["held-a1"]),
        ({"judged": {"a1": Judged(held=False)}}, ["note-a1"]),
        ({"scores": {"q1": Decimal(140)}}, ["scores"]),
        ({"findings": "", "verdict": "", "judged": {}}, ["findings", "verdict", "held-a1"]),
        ({"lessons": (Raised(section="nowhere", text="x"),)}, ["lessons"]),
    ],
)
def test_a_review_that_is_not_whole_is_not_held(backlog: Metric, fields: dict[str, Any], errors: list[str]) -> None:
    decision = in_force()
    with pytest.raises(BadInput) as refusal:
        held(decision, **fields)
    assert list(refusal.value.errors) == errors
    assert not Review.objects.filter(held_at__isnull=False).exists()


def test_only_who_manages_the_decision_holds_its_review(backlog: Metric) -> None:
    decision = in_force()
    review = reviews.open_review(decision, by=decision.owner)
    for who in (approver(), owner()):
        with pytest.raises(PermissionDenied):
            reviews.hold(review, findings(review), by=who)
        with pytest.raises(PermissionDenied):
            reviews.open_review(decision, by=who)


def test_metrics_are_compared_with_what_was_expected_of_the_chosen_option(backlog: Metric) -> None:
    rate = Metric.objects.get(key=RESOLUTION)
    decision = in_force()
    began(decision, 4)
    metrics.weekly(rate, [60, 60, 60, 60, 60, 71, 72, 74])
    found = variances.gather(decision, by=decision.owner, now=NOW).metrics[0]
    assert (found.actual, found.change, found.likely, found.place) == (74, 4, 2, "within")
    assert found.count in {3, 4}
    assert found.better is True


def test_values_from_before_the_decision_say_nothing_of_it(backlog: Metric) -> None:
    metrics.weekly(Metric.objects.get(key=RESOLUTION), [60, 61])
    decision = in_force()
    found = variances.gather(decision, by=decision.owner, now=NOW).metrics[0]
    assert (found.actual, found.place, found.count) == (None, "unknown", 0)


def test_an_assumption_whose_condition_fired_broke_and_its_probability_is_scored(backlog: Metric) -> None:
    decision = in_force()
    began(decision, 6)
    metrics.weekly(Metric.objects.get(key=BACKLOG), [5, 5, 14, 5])
    found = variances.gather(decision, by=decision.owner, now=NOW).assumptions[0]
    assert (found.broke, len(found.breaches), found.breaches[0].value) == (True, 1, 14)
    held(decision, judged={"a1": Judged(held=False, note="The release.")})
    outcome = AssumptionOutcome.objects.get()
    assert (outcome.owner, outcome.probability, outcome.held) == (decision.owner, 80, False)
    frozen = parse(Review.objects.get(held_at__isnull=False).text)
    assert frozen["assumptions"][0]["brier"] == "0.64"


def test_what_cannot_be_told_is_not_scored(backlog: Metric) -> None:
    held(in_force(), judged={"a1": Judged(held=None)})
    assert not AssumptionOutcome.objects.exists()


def test_a_review_may_amend(backlog: Metric) -> None:
    decision = in_force()
    held(decision, verdict="amend", findings="The bound is too wide.")
    change = drafting.open_change(decision)
    assert change is not None
    assert "The bound is too wide." in change.reason


def test_a_review_may_question(backlog: Metric) -> None:
    decision = in_force()
    review = held(decision, verdict="question", findings="The backlog grew.")
    asked = Reevaluation.objects.get()
    assert (asked.cause, asked.decision.state) == ("review", "questioned")
    assert "The backlog grew." in asked.question
    assert review.verdict == "question"


def test_a_review_may_close_with_the_outcome_apart_from_the_process(backlog: Metric) -> None:
    decision = in_force()
    held(decision, verdict="close", closing=CLOSING)
    decision.refresh_from_db()
    assert (decision.state, decision.next_review_on, decision.closing.process_reason) == (
        "closed",
        None,
        "All were tried.",
    )


def test_a_verdict_that_cannot_be_carried_out_undoes_the_review(backlog: Metric) -> None:
    decision = in_force()
    moves.open_amendment(decision, by=decision.owner, reason="Words.")
    for verdict in ("amend", "close"):
        with pytest.raises(MoveRefused):
            held(decision, verdict=verdict, closing=CLOSING)
    assert not Review.objects.filter(held_at__isnull=False).exists()
    assert not LedgerEntry.objects.filter(verb="review.held").exists()


def test_what_is_no_longer_in_force_is_not_reviewed(backlog: Metric) -> None:
    decision = in_force()
    review = reviews.open_review(decision, by=decision.owner)
    moves.close(decision, by=decision.owner, **CLOSING)
    with pytest.raises(MoveRefused, match="only what is in force"):
        reviews.hold(review, findings(review), by=decision.owner)


def test_a_review_held_early_leaves_its_day_and_the_next_finds_a_free_one(backlog: Metric) -> None:
    decision = in_force()
    Review.objects.update(due_on=TODAY + timedelta(days=90))
    held(decision)
    assert decision.reviews.filter(held_at=None).get().due_on == TODAY + timedelta(days=91)


def test_the_next_cycle_marks_what_must_be_refreshed_until_it_is_confirmed_or_changed(backlog: Metric) -> None:
    decision = in_force()
    moves.close(decision, by=decision.owner, **CLOSING, lessons="Ask sooner.", lesson_section="risks")
    again = moves.new_cycle(decision, by=decision.owner)
    assert set(again.refresh_marks.values_list("key", flat=True)) == {"scores:a", "scores:b", "scores:c"}
    with pytest.raises(MoveRefused) as refusal:
        moves.submit(again, by=again.owner)
    assert sum("Refresh or confirm" in str(reason) for reason in refusal.value.reasons) == 3
    assert Lesson.objects.get().section == "risks"
    assert versions.dossier_in_force(decision).criteria.scores
