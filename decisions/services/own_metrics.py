"""The metrics that Premise fills itself: what each means, told truthfully, as definitions of the registry."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction

from approvals.services import ledger
from metrics.models import Metric
from metrics.services import definitions, registry

# A month with one confidential fact would tell everybody of it, so none counts.
TURNS = "Re-evaluations of internal decisions that were answered in the month (UTC); confidential ones do not count."
SEGMENTS = "Segments “severity:…”, and “owner:…” of the decision."
TAKEN = "Internal decisions of the tier that came in force for the first time in the month (UTC), by version 1."


@dataclass(frozen=True)
class Own:
    """One metric that Premise fills: its key, name and what its definition says."""

    key: str
    name: str
    unit: str
    direction: str
    target: str
    words: dict[str, Any]


def _time(key: str, name: str, target: str, formula: str, exclusions: str) -> Own:
    last, _, first = formula.partition(" - ")
    meaning = f"How long passes, at the median, from the {first.partition(',')[0]} to the {last}."
    words = {"meaning": meaning, "formula": f"median of ({formula}) in hours"}
    more = {"population": TURNS, "exclusions": exclusions, "normalisation": SEGMENTS, "personal_data": True}
    return Own(key, name, "hours", "lower", target, words | more)


def _taking(tier: str, target: str) -> Own:
    words = {
        "meaning": f"How long it takes, at the median, to take a decision of the {tier} tier.",
        "formula": "median of (approval of version 1 - beginning of the draft) in days",
        "population": TAKEN,
    }
    return Own(f"premise_decision_time_{tier}", f"Decision time, {tier}", "days", "lower", target, words)


CORRECTED = "Re-evaluations closed because a correction took their breaches back."
OWN: tuple[Own, ...] = (
    *(_taking(tier, target) for tier, target in (("operational", "3"), ("tactical", "7"), ("strategic", "14"))),
    _time(
        "premise_decision_latency",
        "Decision latency",
        "72",
        "answer - end of the period whose value broke the assumption, or opening where no value did",
        CORRECTED,
    ),
    _time(
        "premise_breach_to_signal",
        "Breach to signal",
        "24",
        "signal - end of the period whose value broke the assumption",
        "Re-evaluations that no value raised.",
    ),
    _time(
        "premise_signal_to_acknowledgement",
        "Signal to acknowledgement",
        "24",
        "acknowledgement - signal, or opening where no value raised it",
        "Re-evaluations that nobody acknowledged.",
    ),
    _time(
        "premise_acknowledgement_to_outcome",
        "Acknowledgement to outcome",
        "48",
        "answer - acknowledgement",
        CORRECTED,
    ),
    Own(
        "premise_share_reaffirmed",
        "Share reaffirmed",
        "%",
        "within",
        "",
        {
            "meaning": "How many of the decisions called back were looked at and left as they were.",
            "formula": "answered “reaffirm” / answered × 100",
            "population": TURNS,
            "exclusions": CORRECTED,
            "normalisation": "Segments “severity:…”.",
            "tolerance_low": Decimal(20),
            "tolerance_high": Decimal(80),
        },
    ),
    Own(
        "premise_false_alarm_share",
        "False-alarm share",
        "%",
        "lower",
        "10",
        {
            "meaning": "How many of the decisions called back by a value were called back for nothing.",
            "formula": (
                "(closed or answered after a correction had taken every breach back, or answered “reaffirm” after "
                "every breach had ended by itself) / all × 100"
            ),
            "population": "Re-evaluations of internal decisions, raised by a value, answered or taken back that month.",
            "normalisation": "Segments “severity:…”.",
        },
    ),
    Own(
        "premise_trade_off_success_rate",
        "Trade-off success rate",
        "%",
        "higher",
        "70",
        {
            "meaning": "How many of the decisions that agreed on a trade-off reached what they were taken for.",
            "formula": "closed with “objective achieved” / closed × 100",
            "population": "Internal decisions closed in the month (UTC) that name both poles of a trade-off.",
            "exclusions": "Decisions of which the outcome cannot be told.",
        },
    ),
)
CONSTANT = {
    "cadence": "monthly",
    "time_zone": "UTC",
    "sources": "Premise itself: its decisions, re-evaluations, signals and closings.",
    "lineage": "Computed by Premise from its own tables; nobody records it by hand.",
    "transformation": "Recomputed when facts of the last two years change; what differs becomes a revision.",
    "outage_fallback": "None: what was missed is computed at the next run. A month without a fact has no value.",
    "family": "Premise",
    "category": "Deciding and learning",
    "level": "business",
}


def install() -> dict[str, Metric]:
    """Enter the metrics that are not there yet, with their definitions in force; returns all of them by key."""
    found = {metric.key: metric for metric in Metric.objects.filter(key__in=[own.key for own in OWN])}
    for own in OWN:
        if own.key not in found:
            found[own.key] = _install(own)
    return found


@transaction.atomic
def _install(own: Own) -> Metric:
    with ledger.gathered():
        target = {"target": Decimal(own.target)} if own.target else {}
        fields = CONSTANT | own.words | target | {"unit": own.unit, "direction": own.direction}
        metric = registry.create_metric(key=own.key, name=own.name, by=None, **fields)
        definitions.approve_without_request(metric)
    metric.refresh_from_db()
    return metric
