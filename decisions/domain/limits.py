"""What a dossier's parts may hold: the closed vocabularies, the ranges and the sizes that `reading` enforces.

Ranges are inclusive. They say what can be meant at all (a probability of 130 % cannot); what is still missing before
a dossier may be signed is the business of `obstacles`.
"""

from decimal import Decimal

from decisions.domain import dossier as d

MAX_TEXT = 100_000
MAX_NAME = 300
MAX_LIST = 200
MAX_DIGITS = 15
MAX_DECIMALS = 6
FIRST_YEAR, LAST_YEAR = 1990, 2100

CHOICES: dict[tuple[type, str], tuple[str, ...]] = {
    (d.Evidence, "kind"): ("link", "document", "metric"),
    (d.Frame, "tier"): ("operational", "tactical", "strategic"),
    (d.Frame, "classification"): ("internal", "confidential"),
    (d.Criterion, "direction"): ("max", "min"),
    (d.Criterion, "scale"): ("direct", "linear"),
    (d.BreakCondition, "kind"): ("above", "below", "outside"),
    (d.BreakCondition, "gap"): ("break", "skip"),
    (d.BreakCondition, "no_data"): ("hold", "breach", "ok"),
    (d.BreakCondition, "severity"): ("minor", "major", "critical"),
    (d.Dossier, "schema"): (d.SCHEMA,),
}

_HUNDRED = (Decimal(0), Decimal(100))
RANGES: dict[tuple[type, str], tuple[Decimal, Decimal]] = {
    (d.TradeOff, "stance"): _HUNDRED,
    (d.Option, "position"): _HUNDRED,
    (d.Assumption, "probability"): _HUNDRED,
    (d.Option, "complexity"): (Decimal(1), Decimal(5)),
    (d.Background, "horizon_months"): (Decimal(1), Decimal(600)),
    (d.SuccessMetric, "definition_version"): (Decimal(1), Decimal(1_000_000)),
    (d.EscalationStep, "hours"): (Decimal(1), Decimal(8_760)),
    (d.Criterion, "weight"): (Decimal(0), Decimal(1_000_000)),
    (d.Clear, "sustained"): (Decimal(1), Decimal(1_000)),
    (d.BreakCondition, "sustained"): (Decimal(1), Decimal(1_000)),
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
        (d.BreakCondition, "metric"),
        (d.EscalationStep, "person"),
        (d.Assumption, "owner"),
        (d.Commitment, "owner"),
        (d.Scenario, "fallback_owner"),
        (d.Recommendation, "owner"),
        (d.Provenance, "assumption_owner"),
    }
)
"""One-line texts, of at most MAX_NAME characters."""

SHORT: dict[tuple[type, str], int] = {(d.Costs, "currency"): 3, (d.Frame, "language"): 12}
