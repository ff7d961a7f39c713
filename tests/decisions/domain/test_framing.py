"""What belongs to the framing, what is missing before anybody can agree to it, and which scores were given under it."""

from dataclasses import replace
from decimal import Decimal

import pytest

from decisions.domain import dossier as d
from decisions.domain import framing
from tests.factories.dossiers import dossier, triple

WHOLE = dossier()


def test_what_is_scored_is_not_part_of_the_framing() -> None:
    other = replace(
        WHOLE,
        background=replace(WHOLE.background, text="Told otherwise.", scope_in="Everything."),
        criteria=replace(WHOLE.criteria, scores=(), assumptions=()),
        options=d.Options(),
    )
    assert framing.digest_of(other) == framing.digest_of(WHOLE)


@pytest.mark.parametrize(
    "change",
    [
        lambda x: replace(x, background=replace(x.background, objective="Another.")),
        lambda x: replace(x, background=replace(x.background, success_criteria="Another.")),
        lambda x: replace(x, background=replace(x.background, trade_off=d.TradeOff(stance=Decimal(10)))),
        lambda x: replace(x, metrics=replace(x.metrics, guardrails=())),
        lambda x: replace(x, metrics=replace(x.metrics, success_metrics=())),
        lambda x: replace(x, criteria=replace(x.criteria, criteria=x.criteria.criteria[:1])),
    ],
)
def test_any_part_of_the_framing_changes_its_digest(change) -> None:
    assert framing.digest_of(change(WHOLE)) != framing.digest_of(WHOLE)


def test_the_order_of_criteria_does_not_matter() -> None:
    turned = replace(WHOLE.criteria, criteria=tuple(reversed(WHOLE.criteria.criteria)))
    assert framing.digest_of(replace(WHOLE, criteria=turned)) == framing.digest_of(WHOLE)


def test_a_whole_framing_lacks_nothing() -> None:
    assert not list(framing.framing_gaps(WHOLE))


def test_an_empty_framing_names_everything_it_lacks() -> None:
    sentences = " ".join(framing.framing_gaps(d.Dossier()))
    for word in ("objective", "trade-off", "success metric", "guardrail", "criteria"):
        assert word in sentences


def test_a_metric_without_a_pin_and_a_criterion_without_a_weight_are_named() -> None:
    metrics = replace(WHOLE.metrics, success_metrics=(d.SuccessMetric(id="m1", metric="backlog_growth"),))
    criteria = replace(WHOLE.criteria, criteria=(d.Criterion(id="q1", name="Speed"),))
    found = list(framing.framing_gaps(replace(WHOLE, metrics=metrics, criteria=criteria)))
    assert found == [
        "Pin “backlog_growth” to an approved version of its definition.",
        "Give the criterion “Speed” a weight.",
    ]


def scored(*figures: int) -> d.Criteria:
    return d.Criteria(
        scores=tuple(d.Score(criterion="q1", option=f"o{n}", estimate=triple(v, v, v)) for n, v in enumerate(figures))
    )


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [((1, 2), (1, 2), set()), ((1, 2), (1, 3), {"q1/o1"}), ((), (1,), {"q1/o0"}), ((1, 2), (1,), set())],
)
def test_only_new_and_other_scores_count_as_changed(before, after, changed) -> None:
    assert framing.changed_cells(scored(*before), scored(*after)) == changed


def test_a_score_is_stale_until_it_is_confirmed_as_it_stands() -> None:
    known = framing.cells(scored(1, 2))
    assert framing.stale_cells(scored(1, 2), known) == ()
    assert framing.stale_cells(scored(1, 3), known) == ("q1/o1",)
    assert framing.stale_cells(scored(1, 2), {}) == ("q1/o0", "q1/o1")


def test_a_reason_without_a_score_is_no_score() -> None:
    assert framing.cells(d.Criteria(scores=(d.Score(criterion="q", option="o", reason="Because."),))) == {}


def test_scoring_is_locked_with_a_sentence() -> None:
    assert framing.scoring_locked(agreed=True) == ""
    assert framing.scoring_locked(agreed=False).endswith(".")
