"""Ask whether a decision is ready: gather what its dossier points to, and name every obstacle."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from approvals.models import User
from decisions.domain.breaking import conditions_of, metrics_of
from decisions.domain.dossier import SECTIONS, Dossier
from decisions.domain.evidence import pieces
from decisions.domain.obstacles import Known, KnownMetric, Obstacle, obstacles
from decisions.domain.scoring import complaints, model_from, rank
from decisions.models import Decision, DecisionMetric
from decisions.services import cycles, drafting, framing, segments
from metrics.models import Metric, MetricDefinition, Observation

Part = DecisionMetric.Part
USABLE = {Metric.State.APPROVED, Metric.State.DEPRECATED}
"""A deprecated metric still gets values; who chooses it is warned, and asked to move over before it is retired."""
_APPROVED = [MetricDefinition.State.APPROVED, MetricDefinition.State.SUPERSEDED]


def obstacles_of(decision: Decision, dossier: Dossier | None = None) -> list[Obstacle]:
    """Return every reason why the working content may not be submitted, in the order of the sections."""
    dossier = dossier or drafting.dossier_of(decision)
    owed = cycles.owed_by(decision, dossier, today=timezone.localdate(), marks=cycles.open_marks(decision))
    agreed = framing.obstacles_of(framing.framing_of(decision), dossier)
    return [*agreed, *obstacles(dossier, known_to(dossier), owed)]


def known_to(dossier: Dossier) -> Known:
    """Return what registry and directory say of all that the dossier names: three queries, two more for segments."""
    keys = {key for key, _ in metric_keys(dossier)}
    recorded = Exists(Observation.objects.filter(metric=OuterRef("pk")))
    rows = (
        Metric.objects.filter(key__in=keys)
        .annotate(recorded=recorded)
        .values_list("key", "name", "classification", "state", "recorded", "successor__name")
    )
    versions: dict[str, set[int]] = {}
    approved = MetricDefinition.objects.filter(metric__key__in=keys, state__in=_APPROVED)
    for key, number in approved.values_list("metric__key", "number"):
        versions.setdefault(key, set()).add(number)
    metrics = {
        key: KnownMetric(
            name=name if classification == Metric.Classification.INTERNAL else "",
            usable=state in USABLE,
            versions=frozenset(versions.get(key, ())),
            has_values=recorded,
            retired=state == Metric.State.RETIRED,
            successor=successor or "",
        )
        for key, name, classification, state, recorded, successor in rows
    }
    people = User.objects.filter(username__in=set(people_named(dossier)), is_active=True)
    active = frozenset(people.values_list("username", flat=True))
    return Known(metrics=metrics, people=active, segments=segments.known_segments(dossier))


def metric_keys(dossier: Dossier) -> set[tuple[str, str]]:
    """Return the metrics that a dossier names, each with the part it plays."""
    named = [(item.metric, Part.SUCCESS) for item in dossier.metrics.success_metrics]
    named += [(item.metric, Part.GUARDRAIL) for item in dossier.metrics.guardrails]
    for option in dossier.options.options:
        named += [(option.signal.metric, Part.SIGNAL), (option.risk_indicator.metric, Part.SIGNAL)]
    named += [(key, Part.CONDITION) for _, condition in conditions_of(dossier) for key in metrics_of(condition)]
    found = [piece.evidence for piece in pieces(dossier)]
    named += [(item.reference, Part.EVIDENCE) for item in found if item.kind == "metric"]
    return {(key, part) for key, part in named if key}


def people_named(dossier: Dossier) -> Iterable[str]:
    """Yield the user names of everyone a dossier names."""
    yield from (dossier.frame.owner, dossier.frame.owner_of_last_resort, dossier.recommendation.owner)
    for key, _ in SECTIONS:
        yield getattr(dossier, key).provenance.assumption_owner
    yield from (piece.evidence.owner for piece in pieces(dossier))
    for assumption in dossier.criteria.assumptions:
        yield assumption.owner
    for ballot in dossier.criteria.ballots:
        yield ballot.evaluator
    for scenario in dossier.risks.scenarios:
        yield scenario.fallback_owner
        yield from (step.person for step in scenario.escalation)
    for commitment in dossier.schedule.commitments:
        yield commitment.owner


def facts_of(dossier: Dossier) -> dict[str, Any]:
    """Return what approval policies ask about: tier, classification, cost of the recommended option, fragility, risk.

    A metric is high-risk when its definition says so, or its values contain personal data.
    """
    costs = [cost.cost.likely for cost in dossier.costs.costs if cost.option == dossier.recommendation.option]
    cost: Decimal | None = costs[0] if costs else None
    model = model_from(dossier)
    fragile = not complaints(model) and rank(model).fragile
    return {
        "tier": dossier.frame.tier,
        "classification": dossier.frame.classification,
        "cost": cost,
        "fragile": bool(fragile),
        "high_risk": Metric.objects.filter(
            Q(definition__personal_data=True) | Q(definition__high_risk=True),
            key__in={key for key, _ in metric_keys(dossier)},
        ).exists(),
    }
