"""What a change of a decision touches, as its impact assessment says it."""

from collections.abc import Iterator
from typing import Any

from django.urls import reverse

from approvals.models import ChangeRequest
from approvals.subjects import Touched
from decisions.domain.breaking import conditions_of, key_of
from decisions.domain.reading import dossier_from
from decisions.models import CommitmentRecord, Decision
from decisions.services import grounds, places, readiness, versions
from metrics.models import Metric


def impact(reference: str, content: dict[str, Any]) -> Iterator[Touched]:
    """Yield what putting this content in force would touch: conditions, metrics, commitments, other decisions."""
    decision = Decision.objects.get(reference=reference)
    if not decision.version:
        return
    dossier = dossier_from(content)
    before = set(versions.armed_keys(decision))
    after = {key_of(assumption, condition) for assumption, condition in conditions_of(dossier)}
    for number, words in (
        (len(before & after), "stay armed, or are armed anew where their predicate changed"),
        (len(after - before), "are armed for the first time"),
        (len(before - after), "are disarmed"),
    ):
        if number:
            noun = "break condition" if number == 1 else "break conditions"
            yield Touched(what=f"{number} {noun}", detail=words)
    yield from _metrics(decision, {key for key, _ in readiness.metric_keys(dossier)})
    open_ones = decision.commitments.filter(state=CommitmentRecord.State.OPEN).count()
    if open_ones:
        url = reverse("decision_commitments", args=[reference])
        yield Touched(what=f"{open_ones} open commitments", detail="follow the new version", url=url)
    asked = decision.reevaluations.open().first()
    if asked is not None:
        url = places.reevaluation_url(asked)
        yield Touched(what="An open re-evaluation", detail="is answered by it if it amends", url=url)
    for other in decision.later_cycles.order_by("reference"):
        url = places.decision_url(other.reference)
        yield Touched(what=other.reference, detail="began from this decision and keeps its content", url=url)


def _metrics(decision: Decision, wanted: set[str]) -> Iterator[Touched]:
    rested = set(decision.metrics.values_list("metric__key", flat=True))
    named = Metric.objects.filter(key__in=rested ^ wanted).order_by("key")
    for metric in named:
        detail = "is rested on from now on" if metric.key in wanted else "is no longer rested on"
        yield Touched(what=metric.name or metric.key, detail=detail, url=reverse("metric", args=[metric.key]))


def question_unapproved(change: ChangeRequest) -> None:
    """Call a decision back into question whose emergency change its approvers refused."""
    cause = grounds.Cause.PERSON
    sentence = f"An emergency change is in force that its approvers did not approve: {change.outcome_reason}"
    raised = grounds.Raised(
        cause=cause, key=f"change:{change.pk}:unapproved", sentence=sentence.strip(), severity="critical"
    )
    grounds.raise_all(change.subject_id, [raised], by=None, now=change.unapproved_at or change.opened_at)
