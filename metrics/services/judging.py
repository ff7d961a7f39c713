"""Judge experiments: a verdict with its reason, held against what the figures say; it is final."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from approvals.models import User
from approvals.services.notices import notify
from config.kit.refusals import BadInput, MoveRefused
from metrics.domain.experiments import Design, concerns
from metrics.models import Experiment
from metrics.services.experiments import freeze, locked, plan_of, result, save, tell

State, Verdict = Experiment.State, Experiment.Verdict
LONGEST_REASON = 4000


@transaction.atomic
def judge(
    experiment: Experiment, *, verdict: str, reason: str, by: User, despite: str = "", at: datetime | None = None
) -> Experiment:
    """Close the experiment with a verdict and its reason.

    Where the figures speak against the verdict, `despite` must say why it stands; what spoke against it is kept.
    """
    experiment = locked(experiment, by)
    if experiment.state == State.JUDGED:
        raise MoveRefused(["The experiment is judged already; a verdict is not changed. Plan another one."])
    against = objections(experiment, verdict)
    _check_verdict(verdict, reason, despite, against)
    if not experiment.plan_digest:
        freeze(experiment)
    experiment.state, experiment.ended_at = State.JUDGED, at or timezone.now()
    experiment.verdict, experiment.reason, experiment.judged_by = verdict, reason.strip(), by
    experiment.concerns, experiment.despite = against, despite.strip() if against else ""
    save(experiment)
    _tell_people(experiment, by)
    payload = {"experiment": experiment.pk, "verdict": verdict, "plan": experiment.plan_digest, "against": len(against)}
    tell(experiment, "experiment.judged", by, payload)
    return experiment


def objections(experiment: Experiment, verdict: str) -> list[str]:
    """Return what speaks against a verdict; MoveRefused where it cannot be given yet."""
    if verdict not in Verdict.values or verdict == Verdict.STOPPED:
        return []
    if experiment.state == State.PLANNED:
        raise MoveRefused(["Start the experiment first; one that never ran can only be stopped."])
    looks = list(experiment.looks.order_by("number"))
    if not looks:
        raise MoveRefused(["Record the figures first; without any the experiment can only be stopped."])
    early = sum(each.early for each in looks[:-1])
    return concerns(Design.of(plan_of(experiment)), result(experiment, looks[-1]), verdict, early)


def _check_verdict(verdict: str, reason: str, despite: str, against: Sequence[str]) -> None:
    errors = {}
    if verdict not in Verdict.values:
        errors["verdict"] = ["Choose a verdict."]
    if not reason.strip():
        errors["reason"] = ["Say why, in a sentence or two."]
    if against and not despite.strip():
        errors["despite"] = [*against, "Say why the verdict stands all the same, or choose another one."]
    for name, text in (("reason", reason), ("despite", despite)):
        if len(text) > LONGEST_REASON:
            errors[name] = [f"Use at most {LONGEST_REASON:,} characters."]
    if errors:
        raise BadInput(errors)


def _tell_people(experiment: Experiment, by: User) -> None:
    metric = experiment.metric
    people = {person for person in (experiment.owner, metric.owner, metric.steward) if person and person != by}
    visible = [person for person in people if Experiment.objects.visible_to(person).filter(pk=experiment.pk).exists()]
    notify(
        to=visible,
        cause_key=f"experiment:{experiment.pk}:judged",
        title=f"{experiment.get_verdict_display()}: {experiment.title}",
        url=reverse("experiment", args=[experiment.pk]),
        body=experiment.reason,
    )
