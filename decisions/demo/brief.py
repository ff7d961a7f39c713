"""A decision in brief, and the whole dossier that it stands for."""

from dataclasses import dataclass
from datetime import date

from decisions.demo.pieces import CONTRIBUTOR, OWNER, estimate, link, number, registered, source, within
from decisions.domain import dossier as d

IDS = ("a", "b", "c")


@dataclass(frozen=True, kw_only=True)
class Way:
    """One option in brief; `gain` is what it does to the metric, `scores` are for the criteria of the brief."""

    name: str
    summary: str
    resources: str
    complexity: int
    position: float
    gain: tuple[float, float, float]
    cost: tuple[float, float, float]
    scores: tuple[float, float]
    risk: str
    mitigation: str


@dataclass(frozen=True, kw_only=True)
class Brief:
    """A decision about one metric, between three ways, resting on one assumption."""

    title: str
    text: str
    objective: str
    constraint: str
    bottleneck: str
    poles: tuple[str, str]
    metric: str
    baseline: float
    target: float
    criteria: tuple[str, str]
    ways: tuple[Way, Way, Way]
    recommended: int
    rationale: str
    statement: str
    kind: str
    bound: float
    sustained: int
    downside: str
    fallback: str
    stop: str
    commitment: str
    tier: str = "operational"
    classification: str = "internal"
    severity: str = "major"

    def dossier(self, today: date) -> d.Dossier:
        """Return the dossier, dated from today."""
        from_report = source(today, link(today, "Working paper", "papers/brief"))
        from_metric = source(today, registered(today, self.metric, "Weekly values", "e1"), who=CONTRIBUTOR)
        return d.Dossier(
            frame=d.Frame(
                title=self.title,
                tier=self.tier,
                classification=self.classification,
                owner=OWNER,
                owner_of_last_resort="approver3",
            ),
            background=self._background(from_report),
            metrics=self._metrics(from_metric),
            constraints=d.Prose(text=self.constraint, provenance=from_report),
            bottlenecks=d.Prose(text=self.bottleneck, provenance=from_metric),
            options=self._options(today, from_report),
            impacts=self._impacts(from_metric),
            costs=self._costs(from_report),
            risks=self._risks(from_report),
            criteria=self._criteria(today, from_metric),
            recommendation=d.Recommendation(
                option=IDS[self.recommended], owner=OWNER, rationale=self.rationale, provenance=from_report
            ),
            schedule=self._schedule(today, from_report),
        )

    def _background(self, provenance: d.Provenance) -> d.Background:
        return d.Background(
            text=self.text,
            objective=self.objective,
            success_criteria=f"The metric stands at {self.target:g} or better for six weeks in a row.",
            scope_in="The support teams of all regions.",
            scope_out="Partners who give support in our name.",
            horizon_months=6,
            trade_off=d.TradeOff(
                first_pole=self.poles[0], second_pole=self.poles[1], stance=number(50), reason="Neither at any price."
            ),
            provenance=provenance,
        )

    def _metrics(self, provenance: d.Provenance) -> d.Metrics:
        return d.Metrics(
            success_metrics=(
                d.SuccessMetric(
                    id="m1",
                    metric=self.metric,
                    definition_version=1,
                    baseline=number(self.baseline),
                    target=number(self.target),
                ),
            ),
            guardrails=(
                d.Guardrail(id="g1", text="Nobody is worn out by it.", metric="change_fatigue_index", bound=number(70)),
            ),
            provenance=provenance,
        )

    def _options(self, today: date, provenance: d.Provenance) -> d.Options:
        return d.Options(
            options=tuple(
                d.Option(
                    id=identifier,
                    name=way.name,
                    summary=way.summary,
                    resources=way.resources,
                    complexity=way.complexity,
                    complexity_reason="Judged by the team that would do it.",
                    position=number(way.position),
                    position_reason="Agreed in the framing meeting.",
                    signal=d.Signal(metric=self.metric, bound=number(self.target)),
                    risk_indicator=d.Signal(text="Complaints about it in a week", bound=number(5)),
                    evidence=(link(today, f"Notes on “{way.name}”", f"papers/option-{identifier}"),),
                )
                for identifier, way in zip(IDS, self.ways, strict=True)
            ),
            provenance=provenance,
        )

    def _impacts(self, provenance: d.Provenance) -> d.Impacts:
        rows = tuple(
            d.Impact(option=identifier, success_metric="m1", estimate=estimate(*way.gain))
            for identifier, way in zip(IDS, self.ways, strict=True)
        )
        return d.Impacts(impacts=rows, provenance=provenance)

    def _costs(self, provenance: d.Provenance) -> d.Costs:
        rows = tuple(
            d.Cost(option=identifier, cost=estimate(*way.cost)) for identifier, way in zip(IDS, self.ways, strict=True)
        )
        return d.Costs(costs=rows, provenance=provenance)

    def _risks(self, provenance: d.Provenance) -> d.Risks:
        risks = tuple(
            d.Risk(id=f"r{place}", option=identifier, text=way.risk, mitigation=way.mitigation)
            for place, (identifier, way) in enumerate(zip(IDS, self.ways, strict=True), start=1)
        )
        scenario = d.Scenario(
            id="s1",
            text=self.downside,
            assumptions=("a1",),
            fallback=self.fallback,
            fallback_owner=CONTRIBUTOR,
            stop_condition=self.stop,
            escalation=(d.EscalationStep(person="approver1", hours=24), d.EscalationStep(person="approver2", hours=48)),
            handoff="The lead of the day shift takes over on the same day.",
        )
        return d.Risks(risks=risks, scenarios=(scenario,), provenance=provenance)

    def _criteria(self, today: date, provenance: d.Provenance) -> d.Criteria:
        names = (("q1", self.criteria[0], 60), ("q2", self.criteria[1], 40))
        condition = d.BreakCondition(
            id="c1",
            metric=self.metric,
            kind=self.kind,
            bound=number(self.bound),
            sustained=self.sustained,
            severity=self.severity,
        )
        return d.Criteria(
            criteria=tuple(d.Criterion(id=key, name=name, weight=number(weight)) for key, name, weight in names),
            scores=tuple(
                d.Score(criterion=key, option=identifier, estimate=estimate(score - 8, score, score + 6))
                for place, (key, _, _) in enumerate(names)
                for identifier, way in zip(IDS, self.ways, strict=True)
                for score in (way.scores[place],)
            ),
            assumptions=(
                d.Assumption(
                    id="a1",
                    statement=self.statement,
                    owner=CONTRIBUTOR,
                    probability=number(75),
                    refresh_on=within(today, 90),
                    evidence=(registered(today, self.metric, "Weekly values", "e1"),),
                    conditions=(condition,),
                ),
            ),
            provenance=provenance,
        )

    def _schedule(self, today: date, provenance: d.Provenance) -> d.Schedule:
        return d.Schedule(
            commitments=(d.Commitment(id="k1", text=self.commitment, owner=CONTRIBUTOR, due_on=within(today, 30)),),
            review_every_days=60,
            provenance=provenance,
        )
