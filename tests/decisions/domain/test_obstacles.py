"""Every obstacle to submission: a complete dossier has none, each thing taken away yields exactly its sentence."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from decisions.domain import dossier as d
from decisions.domain.obstacles import Known, KnownMetric, Obstacle, obstacles
from tests.factories.dossiers import BACKLOG, KNOWN, OWNER, RESOLUTION, assumption, condition, dossier, option, triple

FULL = dossier()


def found(given: d.Dossier, known: Known = KNOWN) -> list[Obstacle]:
    return list(obstacles(given, known))


def changed(section: str, **fields: Any) -> d.Dossier:
    return replace(FULL, **{section: replace(getattr(FULL, section), **fields)})


def with_option(**fields: Any) -> d.Dossier:
    """The first option differs."""
    first, *rest = FULL.options.options
    return changed("options", options=(replace(first, **fields), *rest))


def with_assumption(**fields: Any) -> d.Dossier:
    return changed("criteria", assumptions=(assumption(**fields),))


def with_criterion(**fields: Any) -> d.Dossier:
    first, *rest = FULL.criteria.criteria
    return changed("criteria", criteria=(replace(first, **fields), *rest))


def with_scenario(**fields: Any) -> d.Dossier:
    return changed("risks", scenarios=(replace(FULL.risks.scenarios[0], **fields),))


def test_a_complete_dossier_has_no_obstacle():
    assert found(FULL) == []


TRADE_OFF = FULL.background.trade_off
SUCCESS = FULL.metrics.success_metrics[0]
GUARDRAIL = FULL.metrics.guardrails[0]
ONE_MISSING: list[tuple[d.Dossier, str, str, str]] = [
    (changed("frame", title=" "), "frame", "title", "Give the decision a title."),
    (changed("frame", owner=""), "frame", "owner", "Name the decision's owner."),
    (changed("frame", owner="ghost"), "frame", "owner", "There is nobody active with the name “ghost”; name somebody"),
    (changed("frame", owner_of_last_resort="ghost"), "frame", "owner_of_last_resort", "There is nobody active"),
    (changed("background", objective=""), "background", "objective", "Write the objective"),
    (changed("background", success_criteria="\n"), "background", "success_criteria", "Write the success criteria"),
    (changed("background", scope_in=""), "background", "scope_in", "Say what is in scope."),
    (changed("background", scope_out=""), "background", "scope_out", "Say what is out of scope."),
    (changed("background", horizon_months=None), "background", "horizon_months", "Give the horizon in months"),
    (changed("background", trade_off=replace(TRADE_OFF, first_pole="")), "background", "trade_off", "Name both poles"),
    (changed("background", trade_off=replace(TRADE_OFF, second_pole="")), "background", "trade_off", "Name both poles"),
    (
        changed("background", trade_off=replace(TRADE_OFF, second_pole=" governance")),
        "background",
        "trade_off",
        "The two poles of the trade-off are the same",
    ),
    (
        changed("background", trade_off=replace(TRADE_OFF, stance=None)),
        "background",
        "trade_off",
        "Agree on the stance",
    ),
    (changed("metrics", guardrails=()), "metrics", "guardrails", "Set at least one guardrail"),
    (changed("metrics", guardrails=(replace(GUARDRAIL, text=""),)), "metrics", "guardrail-g1", "Say in words"),
    (changed("metrics", guardrails=(replace(GUARDRAIL, bound=None),)), "metrics", "guardrail-g1", "Give the bound"),
    (
        changed("metrics", guardrails=(replace(GUARDRAIL, metric="nil"),)),
        "metrics",
        "guardrail-g1",
        "The metric “nil” is not in the registry",
    ),
    (
        changed("metrics", success_metrics=(replace(SUCCESS, metric=""),)),
        "metrics",
        "success_metric-m1",
        "Choose the metric of success metric “m1”.",
    ),
    (
        changed("metrics", success_metrics=(replace(SUCCESS, definition_version=None),)),
        "metrics",
        "success_metric-m1",
        "Pin “support_resolution_rate” to an approved version",
    ),
    (
        changed("metrics", success_metrics=(replace(SUCCESS, definition_version=2),)),
        "metrics",
        "success_metric-m1",
        "Version 2 of “support_resolution_rate” is not an approved definition",
    ),
    (changed("constraints", text=""), "constraints", "text", "Describe the constraints"),
    (changed("bottlenecks", text=""), "bottlenecks", "text", "Describe the current bottlenecks."),
    (with_option(name=""), "options", "option-a", "Give option “a” a name."),
    (with_option(resources=""), "options", "option-a", "Say which resources “Option A” needs."),
    (with_option(complexity=None), "options", "option-a", "Rate the complexity of “Option A”"),
    (with_option(complexity_reason=""), "options", "option-a", "Give the reason for the complexity of “Option A”."),
    (with_option(position=None), "options", "option-a", "Place “Option A” on the trade-off"),
    (with_option(position_reason=""), "options", "option-a", "Give the reason for the place of “Option A”"),
    (with_option(evidence=()), "options", "option-a", "Attach evidence to “Option A”."),
    (with_option(signal=d.Signal()), "options", "option-a", "Give “Option A” a quantitative signal"),
    (
        with_option(signal=d.Signal(text="x")),
        "options",
        "option-a",
        "Give the quantitative signal of “Option A” a bound.",
    ),
    (
        with_option(signal=d.Signal(metric="nil", bound=Decimal(1))),
        "options",
        "option-a",
        "The metric “nil” is not in the registry",
    ),
    (with_option(risk_indicator=d.Signal()), "options", "option-a", "Give “Option A” a risk indicator"),
    (with_option(summary=""), "options", "option-a", "“Option A” has no summary, while “Option B” has"),
    (
        changed("impacts", impacts=FULL.impacts.impacts[1:]),
        "impacts",
        "impact-a-m1",
        "Estimate the impact of “Option A”",
    ),
    (
        changed(
            "impacts", impacts=(replace(FULL.impacts.impacts[0], estimate=triple(3, 2, 4)), *FULL.impacts.impacts[1:])
        ),
        "impacts",
        "impact-a-m1",
        "Order the impact of “Option A” on “support_resolution_rate” so that low ≤ likely ≤ high.",
    ),
    (
        changed("impacts", side_effects=(d.SideEffect(option="gone", text="x"),)),
        "impacts",
        "side_effect-gone",
        "An entry under impacts points to the option “gone”, which no longer exists",
    ),
    (changed("costs", costs=FULL.costs.costs[1:]), "costs", "cost-a", "Estimate the cost of “Option A”"),
    (
        changed(
            "costs", costs=(replace(FULL.costs.costs[0], cost=d.Estimate(likely=Decimal(1))), *FULL.costs.costs[1:])
        ),
        "costs",
        "cost-a",
        "Give the cost of “Option A” as low, likely and high.",
    ),
    (changed("risks", risks=FULL.risks.risks[1:]), "risks", "risks-a", "Name a risk of “Option A”"),
    (
        changed("risks", risks=(replace(FULL.risks.risks[0], mitigation=""), *FULL.risks.risks[1:])),
        "risks",
        "risk-ra",
        "Say what is done about the risk “It takes longer.” of “Option A”.",
    ),
    (changed("risks", scenarios=()), "risks", "scenarios", "Foresee at least one downside"),
    (with_scenario(text=""), "risks", "scenario-s1", "Describe the downside of scenario “s1”."),
    (with_scenario(fallback=""), "risks", "scenario-s1", "Write the fallback action of scenario"),
    (with_scenario(stop_condition=""), "risks", "scenario-s1", "Write the stop condition of scenario"),
    (with_scenario(fallback_owner=""), "risks", "scenario-s1", "Name who carries out the fallback"),
    (with_scenario(escalation=()), "risks", "scenario-s1", "Say to whom"),
    (with_scenario(escalation=(d.EscalationStep(person="ghost"),)), "risks", "scenario-s1", "There is nobody active"),
    (
        with_scenario(assumptions=("a9",)),
        "risks",
        "scenario-s1",
        "Scenario “Requests arrive faster than teams can answer.”",
    ),
    (with_criterion(name=""), "criteria", "criterion-q1", "Give criterion “q1” a name."),
    (with_criterion(weight=None), "criteria", "criterion-q1", "Give “Speed” a weight above 0."),
    (with_criterion(weight=Decimal(0)), "criteria", "criterion-q1", "Give “Speed” a weight above 0."),
    (with_criterion(veto=True), "criteria", "criterion-q1", "“Speed” is a veto; give the threshold"),
    (with_criterion(scale="linear", worst=Decimal(1)), "criteria", "criterion-q1", "Give both the worst and the best"),
    (
        with_criterion(scale="linear", worst=Decimal(1), best=Decimal(1)),
        "criteria",
        "criterion-q1",
        "The worst and the best of “Speed” are the same",
    ),
    (changed("criteria", scores=FULL.criteria.scores[1:]), "criteria", "score-q1-a", "Score “Option A” on “Speed”."),
    (
        changed(
            "criteria", scores=(replace(FULL.criteria.scores[0], estimate=triple(9, 5, 10)), *FULL.criteria.scores[1:])
        ),
        "criteria",
        "score-q1-a",
        "Order the score of “Option A” on “Speed”",
    ),
    (
        changed(
            "criteria", scores=(replace(FULL.criteria.scores[0], estimate=triple(1, 5, 101)), *FULL.criteria.scores[1:])
        ),
        "criteria",
        "score-q1-a",
        "Keep the score of “Option A” on “Speed” between 0 and 100.",
    ),
    (
        changed("criteria", scores=(*FULL.criteria.scores, d.Score(criterion="q1", option="gone"))),
        "criteria",
        "score-q1-gone",
        "A score points to “q1 / gone”, which no longer exists",
    ),
    (with_assumption(statement=""), "criteria", "assumption-a1", "State what assumption “a1” says."),
    (with_assumption(owner=""), "criteria", "assumption-a1", "Name who watches over"),
    (with_assumption(probability=None), "criteria", "assumption-a1", "Say how probable it is"),
    (with_assumption(refresh_on=None), "criteria", "assumption-a1", "Say when the evidence"),
    (
        with_assumption(conditions=()),
        "criteria",
        "assumption-a1",
        "Give “The backlog grows by less than a tenth a week.” a",
    ),
    (with_assumption(manual_check="Ask."), "criteria", "assumption-a1", "Give the manual check"),
    (
        with_assumption(conditions=(condition(metric=""),)),
        "criteria",
        "condition-a1-c1",
        "Choose the metric of condition",
    ),
    (with_assumption(conditions=(condition(metric="nil"),)), "criteria", "condition-a1-c1", "The metric “nil” is not"),
    (
        with_assumption(conditions=(condition(bound=None),)),
        "criteria",
        "condition-a1-c1",
        "Condition “c1” on “backlog_growth”",
    ),
    (
        with_assumption(conditions=(condition(clear=d.Clear(bound=Decimal(20))),)),
        "criteria",
        "condition-a1-c1",
        "Condition “c1” on “backlog_growth”",
    ),
    (changed("recommendation", option="z"), "recommendation", "option", "Recommend one of the options."),
    (changed("recommendation", owner=""), "recommendation", "owner", "Name who answers for the recommended option."),
    (changed("recommendation", rationale=""), "recommendation", "rationale", "Write why this option is recommended."),
    (changed("schedule", commitments=()), "schedule", "commitments", "Write at least one commitment"),
    (changed("schedule", review_every_days=None), "schedule", "review_every_days", "Say every how many days"),
]


@pytest.mark.parametrize(
    ("given", "section", "anchor", "start"), ONE_MISSING, ids=[f"{row[1]} {row[3][:40]}" for row in ONE_MISSING]
)
def test_one_thing_missing_is_one_obstacle_in_its_place(given: d.Dossier, section: str, anchor: str, start: str):
    rows = found(given)
    assert [(row.section, row.anchor) for row in rows] == [(section, anchor)]
    assert rows[0].sentence.startswith(start)
    assert rows[0].sentence.endswith(".")


@pytest.mark.parametrize(("count", "expected"), [(2, True), (3, False), (4, False)])
def test_at_least_three_options_are_compared(count: int, expected: bool):
    options = tuple(option(name) for name in "abcd"[:count])
    rows = [row.sentence for row in found(changed("options", options=options))]
    assert (f"Compare at least 3 options; there are {count}." in rows) is expected


def test_a_veto_excludes_the_recommended_option():
    given = with_criterion(veto=True, threshold=Decimal(90))
    rows = found(given)
    assert [row.sentence for row in rows] == [
        "The vetoes on “Speed” exclude every option; relax a threshold or add an option that passes.",
        "“Option B” is excluded by the veto on “Speed”; recommend another option.",
    ]


@pytest.mark.parametrize(
    ("direction", "threshold", "excluded"),
    [("max", 80, False), ("max", 81, True), ("min", 80, False), ("min", 79, True)],
)
def test_on_the_threshold_is_not_yet_excluded(direction: str, threshold: int, excluded: bool):
    given = with_criterion(veto=True, threshold=Decimal(threshold), direction=direction)
    assert bool(found(given)) is excluded


@pytest.mark.parametrize("key", [key for key, _ in d.SECTIONS])
def test_every_section_needs_its_provenance(key: str):
    rows = found(changed(key, provenance=d.Provenance()))
    assert [(row.section, row.anchor) for row in rows] == [
        (key, "evidence"),
        (key, "assumption_owner"),
        (key, "refresh_on"),
    ]


def test_evidence_says_what_it_is_and_metrics_as_evidence_are_registered():
    nameless = replace(FULL.constraints.provenance, evidence=(d.Evidence(id="e"),))
    unknown = replace(FULL.constraints.provenance, evidence=(d.Evidence(id="e", kind="metric", reference="nil"),))
    assert "Say what evidence “e”" in found(changed("constraints", provenance=nameless))[0].sentence
    assert "“nil” is not in the registry" in found(changed("constraints", provenance=unknown))[0].sentence


def test_a_metric_without_approved_definition_is_refused_wherever_it_stands():
    known = Known(
        metrics={RESOLUTION: KnownMetric(versions=frozenset({1})), BACKLOG: KnownMetric(usable=False)},
        people=frozenset({OWNER}),
    )
    rows = found(FULL, known)
    assert {row.anchor for row in rows} == {"guardrail-g1", "condition-a1-c1"}
    assert all("no approved definition in force" in row.sentence for row in rows)


def test_a_dated_manual_check_stands_in_for_a_condition():
    given = with_assumption(conditions=(), manual_check="Ask the teams.", manual_check_on=assumption().refresh_on)
    assert found(given) == []


def test_a_scenario_without_assumptions_is_allowed():
    assert found(with_scenario(assumptions=())) == []


def test_obstacles_come_in_the_order_of_the_sections():
    order = ["frame", *(key for key, _ in d.SECTIONS)]
    places = [order.index(row.section) for row in found(d.Dossier(), Known())]
    assert places == sorted(places)
    assert len(places) > 40


def test_effort_is_optional_but_then_for_all_and_in_order():
    first, *rest = FULL.costs.costs
    sentences = [
        row.sentence for row in found(changed("costs", costs=(replace(first, effort_days=triple(1, 2, 3)), *rest)))
    ]
    assert len(sentences) == 2
    assert all("has no effort estimate, while “Option A” has" in sentence for sentence in sentences)
    half = tuple(replace(cost, effort_days=d.Estimate(low=Decimal(1))) for cost in FULL.costs.costs)
    assert len(found(changed("costs", costs=half))) == 3


def test_nobody_is_escalated_to_twice() -> None:
    steps = tuple(d.EscalationStep(person=OWNER, hours=hours) for hours in (4, 24))
    (only,) = found(changed("risks", scenarios=(replace(FULL.risks.scenarios[0], escalation=steps),)))
    assert "twice" in only.sentence


def test_what_is_missing_names_metrics_as_people_know_them():
    """A key stands only where the registry gives no name that everybody may read."""
    named = replace(KNOWN, metrics={**KNOWN.metrics, RESOLUTION: KnownMetric(name="Solved cases")})
    bare = replace(FULL, impacts=replace(FULL.impacts, impacts=()))
    said = [each.sentence for each in obstacles(bare, named) if each.anchor == "impact-a-m1"]
    assert said == ["Estimate the impact of “Option A” on “Solved cases”: low, likely and high."]
