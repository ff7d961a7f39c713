"""Mark the decisions that rest on data in doubt, and clear them: a mark beside the standing, which moves no state.

The mark is written into the decision's own stream of the ledger, so that its record tells of it for ever.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from approvals.services import ledger
from approvals.services.notices import notify
from decisions.models import Decision, DecisionMetric, Doubt
from decisions.services import transition
from decisions.services.places import decision_url
from metrics.models import Metric, QualityIncident
from metrics.queries.lineage import calculated_from
from metrics.services.incidents import title_of


def mark(now: datetime) -> dict[str, int]:
    """Bring the marks in line with the severe incidents that are open; returns how many were set and cleared."""
    incidents = {row.pk: row for row in QualityIncident.objects.in_doubt().select_related("metric")}
    held = list(Doubt.objects.filter(cleared_at=None).select_related("decision", "incident__metric"))
    wanted = _wanted(incidents.values())
    known = {(doubt.decision_id, doubt.incident_id) for doubt in held}
    done: Counter[str] = Counter()
    for decision, incident in sorted(wanted - known):
        done["marked"] += _mark(decision, incidents[incident], now)
    for doubt in held:
        if (doubt.decision_id, doubt.incident_id) not in wanted:
            done["cleared"] += _clear(doubt, now)
    return dict(+done)


def _wanted(incidents: Iterable[QualityIncident]) -> set[tuple[int, int]]:
    """Return which live decisions rest on a metric in doubt, or on one calculated from it: (decision, incident)."""
    incidents = list(incidents)
    if not incidents:
        return set()
    calculated = calculated_from({incident.metric_id for incident in incidents})
    of_metric: dict[int, list[int]] = {}
    for incident in incidents:
        for metric in calculated[incident.metric_id]:
            of_metric.setdefault(metric, []).append(incident.pk)
    links = DecisionMetric.objects.filter(metric__in=of_metric, decision__in=Decision.objects.live())
    pairs = links.order_by().values_list("decision", "metric").distinct()
    return {(decision, incident) for decision, metric in pairs for incident in of_metric[metric]}


@transaction.atomic
def _mark(pk: int, incident: QualityIncident, now: datetime) -> bool:
    decision = transition.locked(Decision.objects.values_list("reference", flat=True).get(pk=pk))
    made, new = Doubt.objects.get_or_create(
        decision=decision, incident=incident, cleared_at=None, defaults={"since": incident.since, "marked_at": now}
    )
    if not new:
        return False
    seen = Metric.objects.visible_to(decision.owner).filter(pk=incident.metric_id).exists()
    about = f"{incident.metric.name}, {title_of(incident).lower()}" if seen else "a metric that you may not see"
    notify(
        to=decision.owner,
        cause_key=f"doubt:{made.pk}",
        title=f"{decision.reference} rests on data in doubt: {about}",
        url=decision_url(decision.reference),
        body="It goes on as it is; whoever keeps the metric has been told.",
    )
    _note(decision, made, "decision.data_in_doubt")
    return True


@transaction.atomic
def _clear(doubt: Doubt, now: datetime) -> bool:
    decision = transition.locked(doubt.decision.reference)
    if not Doubt.objects.filter(Q(cleared_at=None), pk=doubt.pk).update(cleared_at=now):
        return False
    _note(decision, doubt, "decision.data_cleared")
    return True


def _note(decision: Decision, doubt: Doubt, verb: str) -> None:
    incident = doubt.incident
    payload = {
        "doubt": doubt.pk,
        "metric": incident.metric.key,
        "check": incident.check_key,
        "severity": incident.severity,
        "since": doubt.since,
    }
    ledger.append(decision.stream, verb, by=None, subject=decision.reference, payload=payload)
