"""What a dossier's parts may hold: the closed vocabularies, the ranges and the sizes that `reading` enforces.

Ranges are inclusive. They say what can be meant at all (a probability of 130 % cannot); what is still missing before
a dossier may be signed is the business of `obstacles`.
"""

from decimal import Decimal

from decisions.domain import conditions as c
from decisions.domain import dossier as d

MAX_TEXT = 100_000
MAX_NAME = 300
MAX_LIST = 200
MAX_DIGITS = 15
MAX_DECIMALS = 6
FIRST_YEAR, LAST_YEAR = 1990, 2100

CHOICES: dict[tuple[type, str], tuple[str, ...]] = {
    (d.Evidence, "kind"): ("link", "document", "file", "metric", "experiment"),
    (d.Finding, "verdict"): ("", "supported", "not_supported", "inconclusive", "stopped"),
    (d.Frame, "tier"): ("operational", "tactical", "strategic"),
    (d.Frame, "classification"): ("internal", "confidential"),
    (d.Criterion, "direction"): ("max", "min"),
    (d.Criterion, "scale"): ("direct", "linear", "piecewise"),
    (c.BreakCondition, "kind"): c.KINDS,
    (c.Predicate, "kind"): c.SIMPLE,
    **{(kind, "gap"): ("break", "skip") for kind in (c.BreakCondition, c.Predicate)},
    **{(kind, "no_data"): ("hold", "breach", "ok") for kind in (c.BreakCondition, c.Predicate)},
    (c.Clear, "itself"): ("", "yes", "no"),
    (c.Change, "direction"): ("rise", "fall", "either"),
    (c.Process, "rule_set"): ("nelson", "western_electric"),
    (c.Drift, "chart"): ("ewma", "cusum"),
    (c.Drift, "side"): ("either", "above", "below"),
    (c.Drift, "limits"): ("steady", "exact"),
    (c.Forecast, "side"): ("above", "below"),
    (d.BreakCondition, "severity"): ("minor", "major", "critical"),
    (d.Dossier, "schema"): (d.SCHEMA,),
}

_HUNDRED = (Decimal(0), Decimal(100))
_PERIODS = (Decimal(1), Decimal(1_000))
RANGES: dict[tuple[type, str], tuple[Decimal, Decimal]] = {
    (d.TradeOff, "stance"): _HUNDRED,
    (d.Option, "position"): _HUNDRED,
    (d.Assumption, "probability"): _HUNDRED,
    (d.Option, "complexity"): (Decimal(1), Decimal(5)),
    (d.Background, "horizon_months"): (Decimal(1), Decimal(600)),
    (d.SuccessMetric, "definition_version"): (Decimal(1), Decimal(1_000_000)),
    (d.EscalationStep, "hours"): (Decimal(1), Decimal(8_760)),
    (d.Evidence, "size"): (Decimal(0), Decimal(10**12)),
    (d.Snapshot, "revision"): (Decimal(1), Decimal(1_000_000)),
    (d.Snapshot, "definition_version"): (Decimal(1), Decimal(1_000_000)),
    (d.Finding, "experiment"): (Decimal(1), Decimal(10**15 - 1)),
    (d.Finding, "look"): (Decimal(1), Decimal(1_000_000)),
    (d.Criterion, "weight"): (Decimal(0), Decimal(1_000_000)),
    (d.BallotWeight, "weight"): (Decimal(0), Decimal(1_000_000)),
    (d.Corner, "value"): _HUNDRED,
    (d.Swing, "rank"): (Decimal(1), Decimal(MAX_LIST)),
    (d.Swing, "rating"): _HUNDRED,
    (c.Clear, "sustained"): _PERIODS,
    **{(kind, "sustained"): _PERIODS for kind in (c.BreakCondition, c.Predicate)},
    **{(kind, "definition_version"): (Decimal(1), Decimal(1_000_000)) for kind in (c.BreakCondition, c.Predicate)},
    (c.Change, "periods"): _PERIODS,
    (c.Window, "periods"): (Decimal(2), Decimal(10_000)),
    (c.Process, "rules"): (Decimal(1), Decimal(8)),
    (c.Forecast, "probability"): _HUNDRED,
    (c.Forecast, "horizon"): (Decimal(1), Decimal(366)),
    (c.Forecast, "minimum_history"): (Decimal(2), Decimal(10_000)),
    (d.Schedule, "review_every_days"): (Decimal(1), Decimal(3_660)),
}

NAMES: frozenset[tuple[type, str]] = frozenset(
    {
        (d.Frame, "title"),
        (d.Frame, "owner"),
        (d.Frame, "owner_of_last_resort"),
        (d.Option, "name"),
        (d.Criterion, "name"),
        (d.TradeOff, "first_pole"),
        (d.TradeOff, "second_pole"),
        (d.SuccessMetric, "metric"),
        (d.Guardrail, "metric"),
        (d.Signal, "metric"),
        (c.BreakCondition, "metric"),
        (c.Predicate, "metric"),
        (d.EscalationStep, "person"),
        (d.Assumption, "owner"),
        (d.Commitment, "owner"),
        (d.Ballot, "evaluator"),
        (d.Evidence, "owner"),
        (d.Evidence, "media_type"),
        (d.Finding, "metric"),
        (d.Scenario, "fallback_owner"),
        (d.Recommendation, "owner"),
        (d.Provenance, "assumption_owner"),
    }
)
"""One-line texts, of at most MAX_NAME characters."""

SHORT: dict[tuple[type, str], int] = {
    (d.Evidence, "sha256"): 64,
    (d.Snapshot, "period_start"): 32,
    (d.Snapshot, "period_end"): 32,
    (d.Snapshot, "recorded_at"): 32,
    (d.Finding, "plan_digest"): 64,
    (d.Finding, "pinned_at"): 32,
    (d.Costs, "currency"): 3,
    (d.Frame, "language"): 12,
}
SHORT |= {(kind, "sustained_for"): 24 for kind in (c.BreakCondition, c.Predicate, c.Clear)}
SHORT |= {(c.BreakCondition, "segment"): 24, (c.BreakCondition, "segment_name"): 80}
SHORT |= {(c.BreakCondition, "cooldown"): 24, (c.Stale, "grace"): 24}
