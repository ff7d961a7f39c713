"""The B0685 case, retold: who may settle an exception, the centre or the people who talk to the customer."""

from dataclasses import replace
from datetime import date

from decisions.demo.pieces import CONTRIBUTOR, OWNER, estimate, link, number, registered, source, within
from decisions.demo.support_scores import criteria
from decisions.domain import dossier as d

TITLE = "Who settles support exceptions: the centre or the front line"


def dossier(today: date) -> d.Dossier:
    """Return the whole case, dated from today."""
    return d.Dossier(
        frame=d.Frame(
            title=TITLE,
            tier="tactical",
            classification="internal",
            owner=OWNER,
            owner_of_last_resort="approver3",
        ),
        background=_background(today),
        metrics=_metrics(today),
        constraints=_constraints(today),
        bottlenecks=_bottlenecks(today),
        options=_options(today),
        impacts=_impacts(today),
        costs=_costs(today),
        risks=_risks(today),
        criteria=criteria(today),
        recommendation=_recommendation(today),
        schedule=_schedule(today),
    )


def _background(today: date) -> d.Background:
    return d.Background(
        text=(
            "Three releases in a row slipped because support, product and operations came to every meeting with "
            "their own figures, and began again at the first assumption. Support counted a case as resolved "
            "when it was answered, product when it was closed, operations when it had stayed closed.\n\n"
            "Since the definitions of **support resolution rate** and **backlog growth** were signed off, the figures "
            "agree. Still open is the question behind them: every refund above 50 EUR and every deviation from a "
            "contract goes to one central desk, and waits there."
        ),
        objective="Close nine cases in ten within two working days, without the backlog growing.",
        success_criteria="Resolution rate at 88 % and backlog growth at or below 1 % a week, over a whole quarter.",
        scope_in="Exceptions in customer support: refunds, goodwill, deviations from standard terms up to 2,000 EUR.",
        scope_out="Legal disputes, security incidents, contracts of the public sector.",
        horizon_months=12,
        trade_off=d.TradeOff(
            first_pole="Central governance",
            second_pole="Front-line autonomy",
            stance=number(65),
            reason="Speed matters more than uniformity below 500 EUR; above it, the centre keeps the last word.",
        ),
        provenance=source(
            today,
            link(today, "Minutes of the release reviews, last three quarters", "minutes/releases"),
            registered(today, "support_resolution_rate", "Support resolution rate, weekly"),
        ),
    )


def _metrics(today: date) -> d.Metrics:
    return d.Metrics(
        text="Both success metrics are pinned to the definition that all three departments signed.",
        success_metrics=(
            d.SuccessMetric(
                id="m1",
                metric="support_resolution_rate",
                definition_version=1,
                baseline=number(79),
                target=number(88),
                note="Reopened cases count as open.",
            ),
            d.SuccessMetric(
                id="m2",
                metric="backlog_growth",
                definition_version=1,
                baseline=number("3.5"),
                target=number(1),
                note="A week of public holidays is left out.",
            ),
        ),
        guardrails=(
            d.Guardrail(
                id="g1",
                text="People must not be worn out by the change.",
                metric="change_fatigue_index",
                bound=number(70),
            ),
            d.Guardrail(id="g2", text="A case must not become dearer.", metric="cost_per_case", bound=number(16)),
        ),
        provenance=source(today, link(today, "Signed definitions", "registry/definitions"), who=CONTRIBUTOR),
    )


def _constraints(today: date) -> d.Prose:
    return d.Prose(
        text=(
            "- **Change fatigue.** The teams went through two reorganisations in a year; the survey stands at 55, and "
            "one more large change at once would be refused in practice.\n"
            "- No further head count before the next budget.\n"
            "- The ticket system is replaced in fourteen months; nothing may be built that outlives it."
        ),
        provenance=source(
            today,
            link(today, "Pulse survey, comments of the last six weeks", "pulse/comments"),
            registered(today, "change_fatigue_index", "Change fatigue index, weekly"),
        ),
    )


def _bottlenecks(today: date) -> d.Prose:
    return d.Prose(
        text=(
            "An exception waits 3.8 days at the central desk and is then granted in 94 of 100 cases. Twelve cases in "
            "a hundred are handed over at least once; each hand-over adds 1.6 days."
        ),
        provenance=source(
            today,
            link(today, "Waiting times of the central desk", "reports/central-desk"),
            registered(today, "escalation_rate", "Escalation rate, weekly"),
            who=CONTRIBUTOR,
        ),
    )


def _options(today: date) -> d.Options:
    return d.Options(
        text="All three are worked out over twelve months, by the same two people, with the same figures.",
        options=(
            d.Option(
                id="a",
                name="Keep the central desk",
                changes_nothing=True,
                summary="Change nothing in who decides; speed the desk up with two templates and a rota.",
                resources="The desk as it is: four people, one tool.",
                complexity=1,
                complexity_reason="Two templates and a rota; nobody's task changes.",
                position=number(10),
                position_reason="The centre decides everything it decides today.",
                signal=d.Signal(
                    text="Exceptions waiting longer than two days", metric="escalation_rate", bound=number(14)
                ),
                risk_indicator=d.Signal(metric="backlog_growth", bound=number(6)),
                evidence=(link(today, "Trial of the templates, two weeks", "trials/templates"),),
            ),
            d.Option(
                id="b",
                name="Front line decides within limits",
                summary="Whoever talks to the customer settles up to 500 EUR; the centre samples one case in ten.",
                resources="Half a day of training for 31 people; one analyst for the samples.",
                complexity=3,
                complexity_reason="Limits, samples and training touch three teams, but no system changes.",
                position=number(70),
                position_reason="Most exceptions are settled on the spot, the dear ones stay with the centre.",
                signal=d.Signal(metric="support_resolution_rate", bound=number(85)),
                risk_indicator=d.Signal(
                    text="Samples in which the limit was overstepped, per hundred", bound=number(5)
                ),
                evidence=(link(today, "Pilot with the evening team, eight weeks", "trials/evening-team"),),
            ),
            d.Option(
                id="c",
                name="Front line decides alone",
                summary="No central desk any more: each team settles all exceptions and answers for its own budget.",
                resources="A budget per team; a week of coaching each; the desk's four people move to the teams.",
                complexity=5,
                complexity_reason="Budgets, roles and reports change at once, in the middle of a tired organisation.",
                position=number(98),
                position_reason="The centre keeps nothing but the yearly audit.",
                signal=d.Signal(metric="first_response_time", bound=number(4)),
                risk_indicator=d.Signal(metric="change_fatigue_index", bound=number(70)),
                evidence=(link(today, "Report of a sister company that did so", "reports/sister-company"),),
            ),
        ),
        provenance=source(today, link(today, "Working papers of the options", "papers/options"), who=CONTRIBUTOR),
    )


def _impacts(today: date) -> d.Impacts:
    expected = {"a": ((0, 1, 2), (-0.5, 0, 0.5)), "b": ((3, 5, 7), (-3, -2, -1)), "c": ((2, 6, 9), (-4, -2, 2))}
    effects = {
        "a": "Customers go on waiting; the desk goes on growing.",
        "b": "Teams will compare how generous they are; the samples make that visible.",
        "c": "Customers learn which team is generous.",
    }
    return d.Impacts(
        text="In points of each metric after twelve months, against the baseline.",
        impacts=tuple(
            d.Impact(option=option, success_metric=metric, estimate=estimate(*triple))
            for option, triples in expected.items()
            for metric, triple in zip(("m1", "m2"), triples, strict=True)
        ),
        side_effects=tuple(d.SideEffect(option=option, text=text) for option, text in effects.items()),
        provenance=source(today, link(today, "Pilot with the evening team, eight weeks", "trials/evening-team")),
    )


def _costs(today: date) -> d.Costs:
    rows = {
        "a": ((8_000, 12_000, 15_000), (10, 15, 25), "Templates and rota."),
        "b": ((28_000, 35_000, 52_000), (60, 80, 120), "Training, samples, and what is granted too generously."),
        "c": ((70_000, 110_000, 190_000), (200, 260, 400), "Coaching, budgets, reports; the first year's excess."),
    }
    return d.Costs(
        text="Twelve months, all teams.",
        costs=tuple(
            d.Cost(option=option, cost=estimate(*cost), effort_days=estimate(*effort), note=note)
            for option, (cost, effort, note) in rows.items()
        ),
        provenance=source(today, registered(today, "cost_per_case", "Cost per case, weekly", "e1")),
    )


def _risks(today: date) -> d.Risks:
    risks = (
        d.Risk(
            id="r1", option="a", text="The desk loses its best people.", mitigation="Rota with the teams, by choice."
        ),
        d.Risk(
            id="r2",
            option="b",
            text="Limits are overstepped to please a customer.",
            mitigation="One sample in ten, talked through within a week; the limit falls back to 200 EUR for a month.",
        ),
        d.Risk(
            id="r3",
            option="b",
            text="Training falls into the quarter's end and is skipped.",
            mitigation="Limits are unlocked per person, after the training only.",
        ),
        d.Risk(
            id="r4", option="c", text="Budgets are used up by October.", mitigation="Quarterly share, no carry-over."
        ),
    )
    return d.Risks(
        text="What is written under the scenarios is approved with this decision and needs no meeting when it happens.",
        risks=risks,
        scenarios=_scenarios(),
        provenance=source(today, link(today, "Register of risks, support", "risks/support")),
    )


def _scenarios() -> tuple[d.Scenario, ...]:
    steps = (d.EscalationStep(person="approver1", hours=24), d.EscalationStep(person="approver2", hours=48))
    return (
        d.Scenario(
            id="s1",
            text="The backlog grows although the front line decides.",
            assumptions=("a1", "a2"),
            fallback="Bring back the central desk for cases above 200 EUR, from the next Monday, for six weeks.",
            fallback_owner=CONTRIBUTOR,
            stop_condition="Backlog growth above 6 % in four weeks out of six: stop and return to the central desk.",
            escalation=steps,
            handoff="The desk's rota is kept ready; its lead takes over open exceptions the same day.",
        ),
        d.Scenario(
            id="s2",
            text="Change fatigue rises further and people ask for another role.",
            assumptions=("a3",),
            fallback="Pause the roll-out to further teams; those who have begun go on.",
            fallback_owner=OWNER,
            stop_condition="The index stays above 70 for four weeks.",
            escalation=steps,
            handoff="Team leads take over the training dates.",
        ),
    )


def _recommendation(today: date) -> d.Recommendation:
    return d.Recommendation(
        option="b",
        owner=OWNER,
        rationale=(
            "It takes most of the waiting away at a third of the cost of full autonomy, and each step can be taken "
            "back within a week. Keeping the desk is cheaper, and does not move the rate."
        ),
        provenance=source(today, link(today, "Ranking and sensitivity, working paper", "papers/ranking")),
    )


def _schedule(today: date) -> d.Schedule:
    return d.Schedule(
        text="Evening team first, then one team every three weeks.",
        commitments=(
            d.Commitment(id="k1", text="Train the evening team.", owner=CONTRIBUTOR, due_on=within(today, 21)),
            d.Commitment(id="k2", text="Unlock limits for the next team.", owner=OWNER, due_on=within(today, 42)),
            d.Commitment(id="k3", text="Report the first hundred samples.", owner="steward", due_on=within(today, 60)),
        ),
        review_every_days=90,
        first_review_on=within(today, 45),
        provenance=source(today, link(today, "Roll-out plan", "plans/roll-out"), who=CONTRIBUTOR),
    )


def amended(schedule: d.Schedule, today: date) -> d.Schedule:
    """Return the schedule of the second version: the second commitment later, and one commitment more."""
    first, second, third = schedule.commitments
    extra = d.Commitment(id="k4", text="Ask customers about the first month.", owner=OWNER, due_on=within(today, 70))
    later = replace(second, due_on=within(today, 49))
    return replace(schedule, commitments=(first, later, third, extra))
