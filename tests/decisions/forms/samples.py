"""A dossier with something in every field, and what its forms may offer."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from decisions.domain import dossier as d
from decisions.forms.offers import MetricOffer, Offers

DAY = date(2026, 6, 1)


def evidence(identifier: str) -> d.Evidence:
    """Return one source."""
    return d.Evidence(
        id=identifier, kind="document", title="Ticket export", reference="DOC-7", retrieved_on=DAY, refresh_on=DAY
    )


def provenance() -> d.Provenance:
    """Return a complete provenance."""
    return d.Provenance(evidence=(evidence("e1"), evidence("e2")), assumption_owner="ann", refresh_on=DAY)


def estimate(likely: int) -> d.Estimate:
    """Return an estimate of ± 5."""
    return d.Estimate(low=Decimal(likely - 5), likely=Decimal(likely), high=Decimal(likely + 5))


def option(identifier: str) -> d.Option:
    """Return one option in full."""
    return d.Option(
        id=identifier,
        name=f"Option {identifier}",
        summary="Do it.",
        resources="Two people",
        complexity=3,
        complexity_reason="Two teams",
        position=Decimal("40"),
        position_reason="Half way",
        signal=d.Signal(text="More solved", metric="solved", bound=Decimal("70")),
        risk_indicator=d.Signal(text="Backlog", metric="backlog", bound=Decimal("5.5")),
        evidence=(evidence("e1"),),
    )


def condition() -> d.BreakCondition:
    """Return a condition that says everything."""
    return d.BreakCondition(
        id="c1",
        metric="solved",
        kind="below",
        bound=Decimal("66"),
        inclusive=True,
        sustained=2,
        clear=d.Clear(bound=Decimal("70"), sustained=3),
        gap="skip",
        no_data="breach",
        severity="critical",
    )


def dossier() -> d.Dossier:
    """Return the dossier."""
    prose = d.Prose(text="As it is.", provenance=provenance())
    options = ("o1", "o2", "o3")
    return d.Dossier(
        frame=_frame(),
        background=_background(),
        metrics=_metrics(),
        constraints=prose,
        bottlenecks=prose,
        options=d.Options(text="Three", options=tuple(map(option, options)), provenance=provenance()),
        impacts=d.Impacts(
            text="Guessed",
            impacts=tuple(d.Impact(option=o, success_metric="s1", estimate=estimate(9), note="n") for o in options),
            side_effects=(d.SideEffect(option="o1", text="Noise"), d.SideEffect(option="o1", text="More noise")),
            provenance=provenance(),
        ),
        costs=d.Costs(
            text="Quoted",
            currency="THB",
            costs=tuple(d.Cost(option=o, cost=estimate(900), effort_days=estimate(40), note="n") for o in options),
            provenance=provenance(),
        ),
        risks=_risks(),
        criteria=_criteria(options),
        recommendation=d.Recommendation(option="o2", owner="bo", rationale="Best", provenance=provenance()),
        schedule=_schedule(),
    )


def _frame() -> d.Frame:
    return d.Frame(
        title="Support desk",
        tier="strategic",
        classification="confidential",
        owner="ann",
        owner_of_last_resort="bo",
    )


def _background() -> d.Background:
    return d.Background(
        text="Long ago",
        objective="Faster",
        success_criteria="Seen",
        scope_in="Desk",
        scope_out="Field",
        horizon_months=12,
        trade_off=d.TradeOff(first_pole="Governance", second_pole="Autonomy", stance=Decimal(40), reason="Agreed"),
        provenance=provenance(),
    )


def _metrics() -> d.Metrics:
    return d.Metrics(
        text="Two",
        success_metrics=(
            d.SuccessMetric(
                id="s1",
                metric="solved",
                definition_version=1,
                baseline=Decimal("60.5"),
                target=Decimal(75),
                note="n",
            ),
        ),
        guardrails=(d.Guardrail(id="g1", text="No overtime", metric="backlog", bound=Decimal(9)),),
        provenance=provenance(),
    )


def _risks() -> d.Risks:
    return d.Risks(
        text="Some",
        risks=(d.Risk(id="r1", option="o1", text="Fatigue", mitigation="Rest"),),
        scenarios=(
            d.Scenario(
                id="w1",
                text="It breaks",
                assumptions=("a1",),
                fallback="Go back",
                fallback_owner="bo",
                stop_condition="Twice",
                escalation=(d.EscalationStep(person="ann", hours=8), d.EscalationStep(person="bo", hours=24)),
                handoff="To bo",
            ),
        ),
        provenance=provenance(),
    )


def _criteria(options: Sequence[str]) -> d.Criteria:
    return d.Criteria(
        text="Two",
        criteria=(
            d.Criterion(id="c1", name="Effect", weight=Decimal(60), meaning="m", threshold=Decimal(20), veto=True),
            d.Criterion(
                id="c2",
                name="Cost",
                weight=Decimal(40),
                direction="min",
                scale="linear",
                worst=Decimal(9),
                best=Decimal(1),
            ),
        ),
        scores=tuple(
            d.Score(criterion=c, option=o, estimate=estimate(50), reason="Because")
            for c in ("c1", "c2")
            for o in options
        ),
        assumptions=(
            d.Assumption(
                id="a1",
                statement="It holds",
                owner="ann",
                probability=Decimal(80),
                refresh_on=DAY,
                evidence=(evidence("e1"),),
                conditions=(condition(),),
                manual_check="Look",
                manual_check_on=DAY,
            ),
        ),
        provenance=provenance(),
    )


def _schedule() -> d.Schedule:
    return d.Schedule(
        text="Soon",
        commitments=(d.Commitment(id="k1", text="Start", owner="bo", due_on=DAY),),
        review_every_days=90,
        first_review_on=DAY,
        provenance=provenance(),
    )


def offers(dossier: d.Dossier | None = None) -> Offers:
    """Return people, metrics and what the dossier names."""
    stored = dossier or d.Dossier()
    return Offers(
        people={"ann": "Ann Arbor", "bo": "Bo Lund"},
        metrics={
            "solved": MetricOffer("solved", "Solved", "%", 2),
            "backlog": MetricOffer("backlog", "Backlog growth", "%", 1),
        },
        options={option.id: option.name for option in stored.options.options},
        assumptions={item.id: item.statement for item in stored.criteria.assumptions},
    )
