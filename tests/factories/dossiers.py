"""Dossiers for tests, as values: no database, no Django; every argument has a sensible default."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from decisions.domain import dossier as d
from decisions.domain.obstacles import Known, KnownMetric

RESOLUTION, BACKLOG = "support_resolution_rate", "backlog_growth"
OWNER = "decider"
KNOWN = Known(
    metrics={key: KnownMetric(versions=frozenset({1})) for key in (RESOLUTION, BACKLOG)},
    people=frozenset({OWNER}),
)
SOON = date(2026, 11, 1) + timedelta(days=365)


def triple(low: float, likely: float, high: float) -> d.Estimate:
    return d.Estimate(low=Decimal(str(low)), likely=Decimal(str(likely)), high=Decimal(str(high)))


def evidence(name: str = "e1") -> d.Evidence:
    return d.Evidence(id=name, title="Weekly figures", reference="https://example.org/figures", refresh_on=SOON)


def provenance(who: str = OWNER) -> d.Provenance:
    return d.Provenance(evidence=(evidence(),), assumption_owner=who, refresh_on=SOON)


def option(name: str, **fields: Any) -> d.Option:
    return d.Option(
        **{
            "id": name,
            "name": f"Option {name.upper()}",
            "summary": "One way to go.",
            "resources": "Two people for three months.",
            "complexity": 3,
            "complexity_reason": "Two systems change.",
            "position": Decimal(40),
            "position_reason": "Teams decide within limits.",
            "signal": d.Signal(metric=RESOLUTION, bound=Decimal(80)),
            "risk_indicator": d.Signal(text="People who ask for another role", bound=Decimal(3)),
            "evidence": (evidence(),),
        }
        | fields
    )


def condition(**fields: Any) -> d.BreakCondition:
    return d.BreakCondition(**{"id": "c1", "metric": BACKLOG, "kind": "above", "bound": Decimal(10)} | fields)


def assumption(who: str = OWNER, **fields: Any) -> d.Assumption:
    return d.Assumption(
        **{
            "id": "a1",
            "statement": "The backlog grows by less than a tenth a week.",
            "owner": who,
            "probability": Decimal(80),
            "refresh_on": SOON,
            "conditions": (condition(),),
        }
        | fields
    )


def scenario(who: str = OWNER, **fields: Any) -> d.Scenario:
    return d.Scenario(
        **{
            "id": "s1",
            "text": "Requests arrive faster than teams can answer.",
            "assumptions": ("a1",),
            "fallback": "Go back to one queue for all.",
            "fallback_owner": who,
            "stop_condition": "Four weeks above the bound.",
            "escalation": (d.EscalationStep(person=who, hours=24),),
        }
        | fields
    )


def dossier(who: str = OWNER, **sections: Any) -> d.Dossier:
    """A dossier that may be submitted; `sections` replaces whole ones."""
    options = tuple(option(name) for name in "abc")
    source = provenance(who)
    made = d.Dossier(
        frame=d.Frame(title="Who decides on exceptions", owner=who),
        background=_background(source),
        metrics=d.Metrics(
            success_metrics=(d.SuccessMetric(id="m1", metric=RESOLUTION, definition_version=1),),
            guardrails=(d.Guardrail(id="g1", text="The backlog never doubles.", metric=BACKLOG, bound=Decimal(100)),),
            provenance=source,
        ),
        constraints=d.Prose(text="No more than one change a quarter.", provenance=source),
        bottlenecks=d.Prose(text="Exceptions wait four days.", provenance=source),
        options=d.Options(options=options, provenance=source),
        impacts=d.Impacts(
            impacts=tuple(d.Impact(option=o.id, success_metric="m1", estimate=triple(1, 2, 4)) for o in options),
            provenance=source,
        ),
        costs=d.Costs(
            costs=tuple(d.Cost(option=o.id, cost=triple(1000, 2000, 3000)) for o in options), provenance=source
        ),
        risks=d.Risks(
            risks=tuple(
                d.Risk(id=f"r{o.id}", option=o.id, text="It takes longer.", mitigation="Start with one team.")
                for o in options
            ),
            scenarios=(scenario(who),),
            provenance=source,
        ),
        criteria=_criteria(options, who, source),
        recommendation=d.Recommendation(option="b", owner=who, rationale="It scores best.", provenance=source),
        schedule=d.Schedule(
            commitments=(d.Commitment(id="k1", text="Train the first team.", owner=who, due_on=SOON),),
            review_every_days=90,
            provenance=source,
        ),
    )
    return replace(made, **sections)


def _background(source: d.Provenance) -> d.Background:
    return d.Background(
        text="Exceptions pile up.",
        objective="Answer nine in ten requests within two days.",
        success_criteria="The resolution rate reaches 85 %.",
        scope_in="Customer requests.",
        scope_out="Internal requests.",
        horizon_months=12,
        trade_off=d.TradeOff(first_pole="Governance", second_pole="Autonomy", stance=Decimal(60), reason="Speed."),
        provenance=source,
    )


def _criteria(options: tuple[d.Option, ...], who: str, source: d.Provenance) -> d.Criteria:
    scores = {"a": (20, 30, 40), "b": (70, 80, 90), "c": (40, 50, 55)}
    return d.Criteria(
        criteria=(d.Criterion(id="q1", name="Speed", weight=Decimal(60)), d.Criterion(id="q2", name="Ease", weight=40)),
        scores=tuple(
            d.Score(criterion=criterion, option=o.id, estimate=triple(*scores[o.id]))
            for criterion in ("q1", "q2")
            for o in options
        ),
        assumptions=(assumption(who),),
        provenance=source,
    )
