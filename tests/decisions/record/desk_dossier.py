"""A support desk’s dossier with something in every part, in up to six options."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from decisions.domain import dossier as d


def dec(text: str) -> Decimal:
    return Decimal(text)


def estimate(low: str, likely: str, high: str) -> d.Estimate:
    return d.Estimate(low=dec(low), likely=dec(likely), high=dec(high))


def source(number: int) -> d.Evidence:
    return d.Evidence(
        id=f"e{number}",
        title=f"Ticket export {number}",
        reference=f"https://desk.example/export/{number}",
        retrieved_on=date(2026, 2, 20),
        refresh_on=date(2026, 8, 20),
    )


def provenance() -> d.Provenance:
    return d.Provenance(evidence=(source(1),), assumption_owner="owner", refresh_on=date(2026, 8, 20))


OPTION_NAMES = ("Change nothing", "Triage desk", "Frontline autonomy", "External partner", "Chat first", "Night shift")


def option(position: int) -> d.Option:
    name = OPTION_NAMES[position]
    return d.Option(
        id=f"o{position + 1}",
        name=name,
        summary=f"**{name}**: what it means for the desk, in two sentences. Teams keep their queues and their leads.",
        resources="Two people for a quarter; one tool licence",
        complexity=position % 5 + 1,
        complexity_reason="Two teams must agree",
        position=dec(str(15 + 15 * position)),
        position_reason="Leads keep the last word",
        signal=d.Signal(text="Solved within two days", metric="support_resolution_rate", bound=dec("78")),
        risk_indicator=d.Signal(text="Backlog grows", metric="backlog_growth", bound=dec("4")),
        evidence=(source(position + 1),),
    )


def dossier(options: int = 3) -> d.Dossier:
    """Return the dossier with as many options as wanted (up to six)."""
    chosen = tuple(option(i) for i in range(options))
    return d.Dossier(
        frame=d.Frame(
            title="How should the support desk bring its backlog down?",
            tier="strategic",
            owner="owner",
            owner_of_last_resort="head",
        ),
        background=_background(),
        metrics=_metrics(),
        constraints=d.Prose(text="No new head count before the summer.", provenance=provenance()),
        bottlenecks=d.Prose(text="Escalations wait for one team lead.", provenance=provenance()),
        options=d.Options(text="Each was worked out over the same year.", options=chosen, provenance=provenance()),
        impacts=_impacts(chosen),
        costs=_costs(chosen),
        risks=_risks(chosen),
        criteria=_criteria(chosen),
        recommendation=d.Recommendation(
            option="o2",
            owner="owner",
            rationale="Most of the effect for *half* of the change.",
            provenance=provenance(),
        ),
        schedule=_schedule(),
    )


def _background() -> d.Background:
    return d.Background(
        text="The backlog has grown for three quarters while every reorganisation cost trust.\n\n"
        "- Two teams define *resolved* differently.\n- Priorities were never agreed before scoring.\n\n"
        "In Japanese: 支援窓口の滞留案件を減らす。 In Thai: ลดงานค้างของฝ่ายบริการลูกค้า",
        objective="Solve eight of ten tickets within two days, without a further reorganisation.",
        success_criteria="Resolution at 80 % for two quarters in a row.",
        scope_in="The support desk in all three regions",
        scope_out="Field service",
        horizon_months=12,
        trade_off=d.TradeOff(
            first_pole="Governance",
            second_pole="Frontline autonomy",
            stance=dec("45"),
            reason="Agreed with both leads.",
        ),
        provenance=provenance(),
    )


def _metrics() -> d.Metrics:
    return d.Metrics(
        success_metrics=(
            d.SuccessMetric(
                id="s1",
                metric="support_resolution_rate",
                definition_version=2,
                baseline=dec("61.5"),
                target=dec("80"),
            ),
            d.SuccessMetric(id="s2", metric="backlog_growth", definition_version=1, baseline=dec("6"), target=dec("0")),
        ),
        guardrails=(
            d.Guardrail(id="g1", text="No overtime beyond the agreement", metric="overtime_hours", bound=dec("9")),
        ),
        provenance=provenance(),
    )


def _impacts(chosen: Sequence[d.Option]) -> d.Impacts:
    return d.Impacts(
        impacts=tuple(
            d.Impact(
                option=o.id,
                success_metric=s,
                estimate=estimate(str(2 + i), str(5 + 2 * i), str(9 + 4 * i)),
                note="From the pilot",
            )
            for s in ("s1", "s2")
            for i, o in enumerate(chosen)
        ),
        side_effects=(d.SideEffect(option="o2", text="Fewer hand-overs in the evening"),),
        provenance=provenance(),
    )


def _costs(chosen: Sequence[d.Option]) -> d.Costs:
    return d.Costs(
        costs=tuple(
            d.Cost(
                option=o.id,
                cost=estimate(str(9000 * i), str(12500 * i), str(19000 * i)),
                effort_days=estimate(str(5 * i), str(10 * i), str(18 * i)),
            )
            for i, o in enumerate(chosen)
        ),
        provenance=provenance(),
    )


def _risks(chosen: Sequence[d.Option]) -> d.Risks:
    return d.Risks(
        risks=tuple(
            d.Risk(id=f"r{i}", option=o.id, text="People tire of change", mitigation="One change at a time")
            for i, o in enumerate(chosen)
        ),
        scenarios=(
            d.Scenario(
                id="w1",
                text="The backlog grows although tickets are solved faster.",
                assumptions=("a1",),
                fallback="Bring the partner in for the overflow",
                fallback_owner="owner",
                stop_condition="Four weeks above 6 %",
                escalation=(d.EscalationStep(person="head", hours=24), d.EscalationStep(person="board", hours=48)),
                handoff="Desk lead to partner manager, with the open queue",
            ),
        ),
        provenance=provenance(),
    )


CRITERIA = (
    d.Criterion(id="c1", name="Resolution", weight=dec("40"), meaning="Share of tickets solved in two days"),
    d.Criterion(id="c2", name="Change fatigue", weight=dec("25"), direction="min", threshold=dec("90"), veto=True),
    d.Criterion(
        id="c3",
        name="Weeks to effect",
        weight=dec("20"),
        direction="min",
        scale="linear",
        worst=dec("40"),
        best=dec("2"),
    ),
    d.Criterion(id="c4", name="Autonomy", weight=dec("15")),
)
LIKELY = {  # criterion → score of each option
    "c1": ("30", "65", "75", "60", "50", "55"),
    "c2": ("10", "35", "55", "40", "45", "80"),
    "c3": ("4", "12", "22", "16", "10", "8"),
    "c4": ("20", "40", "85", "10", "50", "30"),
}


def _criteria(chosen: Sequence[d.Option]) -> d.Criteria:
    return d.Criteria(
        criteria=CRITERIA,
        scores=_scores(chosen),
        assumptions=(
            d.Assumption(
                id="a1",
                statement="Inflow stays near last year’s level.",
                owner="owner",
                probability=dec("80"),
                refresh_on=date(2026, 8, 20),
                evidence=(source(2),),
                conditions=(
                    d.BreakCondition(
                        id="c1",
                        metric="backlog_growth",
                        kind="above",
                        bound=dec("4"),
                        sustained=2,
                        severity="major",
                    ),
                ),
            ),
            d.Assumption(
                id="a2",
                statement="Team leads accept the triage rules.",
                owner="owner",
                probability=dec("70"),
                manual_check="Ask in the monthly round.",
                manual_check_on=date(2026, 6, 1),
            ),
        ),
        provenance=provenance(),
    )


def _scores(chosen: Sequence[d.Option]) -> tuple[d.Score, ...]:
    return tuple(
        d.Score(
            criterion=c,
            option=o.id,
            estimate=estimate(str(int(row[i]) * 8 // 10), row[i], str(min(100, int(row[i]) * 12 // 10))),
            reason="Judged against last year’s pilot." if c == "c1" else "",
        )
        for c, row in LIKELY.items()
        for i, o in enumerate(chosen)
    )


def _schedule() -> d.Schedule:
    return d.Schedule(
        commitments=(
            d.Commitment(id="k1", text="Write the triage rules", owner="owner", due_on=date(2026, 4, 1)),
            d.Commitment(id="k2", text="Train both teams", owner="contributor", due_on=date(2026, 5, 1)),
        ),
        review_every_days=90,
        first_review_on=date(2026, 6, 15),
        provenance=provenance(),
    )
