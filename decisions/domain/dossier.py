"""The dossier: the whole content of one decision, as a value.

It is what people write, what approvers sign (by its digest), what the record prints and what
`import_decision` reads. Every part is a frozen dataclass with plain fields, so that reading and writing
(`reading.py`, `writing.py`) follow from the annotations alone. Identifiers (`id`) are unique within their
list, never change once given, and are what other parts point to. Numbers are exact decimals, people are
user names, metrics are registry keys.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from decisions.domain.conditions import BreakCondition as BreakCondition
from decisions.domain.conditions import Clear as Clear
from decisions.domain.sources import Evidence as Evidence
from decisions.domain.sources import Finding as Finding
from decisions.domain.sources import Provenance as Provenance
from decisions.domain.sources import Snapshot as Snapshot

SCHEMA = "premise.dossier/1"


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A quantity not known exactly, as low / likely / high with low ≤ likely ≤ high."""

    low: Decimal | None = None
    likely: Decimal | None = None
    high: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class TradeOff:
    """Two poles and the stance agreed before scoring: 0 is the first pole, 100 the second."""

    first_pole: str = ""
    second_pole: str = ""
    stance: Decimal | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Background:
    """Section 1. Background, objective, scope, horizon and the trade-off."""

    text: str = ""
    objective: str = ""
    success_criteria: str = ""
    scope_in: str = ""
    scope_out: str = ""
    horizon_months: int | None = None
    trade_off: TradeOff = TradeOff()
    provenance: Provenance = Provenance()


@dataclass(frozen=True, kw_only=True)
class SuccessMetric:
    """A registry metric this decision is judged by, pinned to one approved version of its definition."""

    id: str
    metric: str = ""
    definition_version: int | None = None
    baseline: Decimal | None = None
    target: Decimal | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Guardrail:
    """A line that must not be crossed while the objective is pursued."""

    id: str
    text: str = ""
    metric: str = ""
    bound: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class Metrics:
    """Section 2. Success metrics and guardrails."""

    text: str = ""
    success_metrics: tuple[SuccessMetric, ...] = ()
    guardrails: tuple[Guardrail, ...] = ()
    provenance: Provenance = Provenance()


@dataclass(frozen=True, kw_only=True)
class Prose:
    """A section that is only text: 3. constraints and 4. current bottlenecks."""

    text: str = ""
    provenance: Provenance = Provenance()


@dataclass(frozen=True, kw_only=True)
class Signal:
    """A quantitative signal or a risk indicator of an option: a metric or a stated quantity, with its bound."""

    text: str = ""
    metric: str = ""
    bound: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class Option:
    """One way to go, worked out to the same depth as the others."""

    id: str
    name: str = ""
    summary: str = ""
    resources: str = ""
    complexity: int | None = None  # 1 (simple) … 5 (hard)
    complexity_reason: str = ""
    position: Decimal | None = None  # on the trade-off, 0 … 100
    position_reason: str = ""
    signal: Signal = Signal()
    risk_indicator: Signal = Signal()
    evidence: tuple[Evidence, ...] = ()
    changes_nothing: bool = False  # what happens anyway, to compare the others with


@dataclass(frozen=True, kw_only=True)
class Options:
    """Section 5. The options."""

    text: str = ""
    options: tuple[Option, ...] = ()
    provenance: Provenance = Provenance()


@dataclass(frozen=True, kw_only=True)
class Impact:
    """What one option is expected to do to one success metric over the horizon, in the metric's unit."""

    option: str
    success_metric: str
    estimate: Estimate = Estimate()
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class SideEffect:
    """What else one option does."""

    option: str
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Impacts:
    """Section 6. Expected impact and side effects."""

    text: str = ""
    impacts: tuple[Impact, ...] = ()
    side_effects: tuple[SideEffect, ...] = ()
    provenance: Provenance = Provenance()


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one option costs, in the decision's currency, and the effort in person-days."""

    option: str
    cost: Estimate = Estimate()
    effort_days: Estimate = Estimate()
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Costs:
    """Section 7. Cost and execution effort."""

    text: str = ""
    currency: str = "EUR"
    costs: tuple[Cost, ...] = ()
    provenance: Provenance = Provenance()


@dataclass(frozen=True, kw_only=True)
class Risk:
    """A risk of one option and what is done about it."""

    id: str
    option: str = ""
    text: str = ""
    mitigation: str = ""


@dataclass(frozen=True, kw_only=True)
class EscalationStep:
    """Whom to go to, and how long to wait for them."""

    person: str
    hours: int = 24


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A downside foreseen, with the response that is approved together with the decision."""

    id: str
    text: str = ""
    assumptions: tuple[str, ...] = ()  # ids of the assumptions whose break leads here
    fallback: str = ""
    fallback_owner: str = ""
    stop_condition: str = ""
    escalation: tuple[EscalationStep, ...] = ()
    handoff: str = ""


@dataclass(frozen=True, kw_only=True)
class Risks:
    """Section 8. Risks and mitigations, and the downside scenarios."""

    text: str = ""
    risks: tuple[Risk, ...] = ()
    scenarios: tuple[Scenario, ...] = ()
    provenance: Provenance = Provenance()


@dataclass(frozen=True, kw_only=True)
class Corner:
    """One point of a piecewise value function: what a score is worth, 0 to 100."""

    score: Decimal | None = None
    value: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """What options are scored on. Weight is any positive number; shares follow from the sum."""

    id: str
    name: str = ""
    weight: Decimal | None = None
    direction: str = "max"  # max | min
    scale: str = "direct"  # direct: scores are values 0–100 | linear: between worst and best | piecewise: along `curve`
    worst: Decimal | None = None
    best: Decimal | None = None
    threshold: Decimal | None = None  # a likely score on the wrong side of it …
    veto: bool = False  # … excludes the option
    meaning: str = ""
    curve: tuple[Corner, ...] = ()  # piecewise: straight lines between these points


@dataclass(frozen=True, kw_only=True)
class Swing:
    """What the weight of a criterion was derived from: how much its move from worst to best matters."""

    criterion: str
    rank: int | None = None  # 1 matters most; equal ranks matter equally
    rating: Decimal | None = None  # 0 … 100; the one that matters most has 100


@dataclass(frozen=True, kw_only=True)
class BallotScore:
    """What one evaluator gave one option on one criterion."""

    criterion: str
    option: str
    score: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class BallotWeight:
    """How much one criterion counts for one evaluator; shares follow from the sum."""

    criterion: str
    weight: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class Ballot:
    """One evaluator's own sheet, as it was adopted; `released` says why somebody asked did not give any."""

    evaluator: str
    given_on: date | None = None
    released: str = ""
    scores: tuple[BallotScore, ...] = ()
    weights: tuple[BallotWeight, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Score:
    """How one option does on one criterion, on that criterion's scale."""

    criterion: str
    option: str
    estimate: Estimate = Estimate()
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Assumption:
    """What must stay true for the decision to stand, and how anyone would notice that it no longer is."""

    id: str
    statement: str = ""
    owner: str = ""
    probability: Decimal | None = None  # percent, that it holds to the next review
    refresh_on: date | None = None
    evidence: tuple[Evidence, ...] = ()
    conditions: tuple[BreakCondition, ...] = ()
    manual_check: str = ""
    manual_check_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class Criteria:
    """Section 9. Decision criteria and thresholds: what is scored, the scores, and the assumptions beneath them."""

    text: str = ""
    criteria: tuple[Criterion, ...] = ()
    scores: tuple[Score, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    swings: tuple[Swing, ...] = ()
    ballots: tuple[Ballot, ...] = ()
    provenance: Provenance = Provenance()


@dataclass(frozen=True, kw_only=True)
class Recommendation:
    """Section 10. Recommended option and owner."""

    option: str = ""
    owner: str = ""
    rationale: str = ""
    provenance: Provenance = Provenance()


@dataclass(frozen=True, kw_only=True)
class Commitment:
    """What somebody undertakes to do by a day."""

    id: str
    text: str = ""
    owner: str = ""
    due_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Section 11. Execution schedule and review plan."""

    text: str = ""
    commitments: tuple[Commitment, ...] = ()
    review_every_days: int | None = None
    first_review_on: date | None = None
    provenance: Provenance = Provenance()


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What stands above the sections."""

    title: str = ""
    tier: str = "tactical"  # operational | tactical | strategic
    classification: str = "internal"  # internal | confidential
    owner: str = ""
    owner_of_last_resort: str = ""
    language: str = "en"


@dataclass(frozen=True, kw_only=True)
class Dossier:
    """The whole content of one decision; `sections` below names the eleven in the order of the template."""

    frame: Frame = Frame()
    background: Background = Background()
    metrics: Metrics = Metrics()
    constraints: Prose = Prose()
    bottlenecks: Prose = Prose()
    options: Options = Options()
    impacts: Impacts = Impacts()
    costs: Costs = Costs()
    risks: Risks = Risks()
    criteria: Criteria = Criteria()
    recommendation: Recommendation = Recommendation()
    schedule: Schedule = Schedule()
    schema: str = field(default=SCHEMA)


SECTIONS: tuple[tuple[str, str], ...] = (
    ("background", "Background and objective"),
    ("metrics", "Success metrics"),
    ("constraints", "Constraints"),
    ("bottlenecks", "Current bottlenecks"),
    ("options", "Option details"),
    ("impacts", "Expected impact and side effects"),
    ("costs", "Cost and execution effort"),
    ("risks", "Risks and mitigations"),
    ("criteria", "Decision criteria and thresholds"),
    ("recommendation", "Recommended option and owner"),
    ("schedule", "Execution schedule and review plan"),
)
