"""The fields that dossiers had when the first decisions were signed.

They are always written. A field that came later is written only when it says something: so the text, and with it the
digest, of everything written before stays what it was.
"""

_NAMES = """
Estimate: low likely high
Evidence: id kind title reference retrieved_on refresh_on
Provenance: evidence assumption_owner refresh_on
TradeOff: first_pole second_pole stance reason
Background: text objective success_criteria scope_in scope_out horizon_months trade_off provenance
SuccessMetric: id metric definition_version baseline target note
Guardrail: id text metric bound
Metrics: text success_metrics guardrails provenance
Prose: text provenance
Signal: text metric bound
Option: id name summary resources complexity complexity_reason position position_reason signal risk_indicator
    evidence
Options: text options provenance
Impact: option success_metric estimate note
SideEffect: option text
Impacts: text impacts side_effects provenance
Cost: option cost effort_days note
Costs: text currency costs provenance
Risk: id option text mitigation
EscalationStep: person hours
Scenario: id text assumptions fallback fallback_owner stop_condition escalation handoff
Risks: text risks scenarios provenance
Criterion: id name weight direction scale worst best threshold veto meaning
Score: criterion option estimate reason
Clear: bound sustained
BreakCondition: id metric kind bound low high inclusive sustained clear gap no_data severity
Assumption: id statement owner probability refresh_on evidence conditions manual_check manual_check_on
Criteria: text criteria scores assumptions provenance
Recommendation: option owner rationale provenance
Commitment: id text owner due_on
Schedule: text commitments review_every_days first_review_on provenance
Frame: title tier classification owner owner_of_last_resort language
Dossier: frame background metrics constraints bottlenecks options impacts costs risks criteria recommendation
    schedule schema
"""


def _read(text: str) -> dict[str, frozenset[str]]:
    parts = text.replace("\n    ", " ").strip().splitlines()
    return {kind: frozenset(names.split()) for kind, _, names in (part.partition(":") for part in parts)}


FIELDS = _read(_NAMES)
