"""Plan, start and fill in experiments; the plan freezes at the start and every look is kept."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from approvals.models import User
from approvals.services import ledger
from config.kit import locking
from config.kit.canonical import canonical, decimal_text, parse
from config.kit.refusals import BadInput, MoveRefused, StaleWrite
from metrics.access import may_experiment, may_run
from metrics.domain.certainty import SCALES
from metrics.domain.experiments import Design, Result, needed, result_of, sample_of
from metrics.domain.sizing import Undetectable
from metrics.models import Experiment, ExperimentLook, Metric
from metrics.services.designs import FIELDS, checked

State = Experiment.State


def size_of(plan: Mapping[str, Any]) -> int:
    """Return the cases that each variant of a frozen plan needs; Undetectable with a sentence."""
    return size_for({**plan, "measured": plan["measures"][0]["kind"]})


def size_for(given: Mapping[str, Any]) -> int:
    """Return the cases that each variant needs, from the fields of a plan; Undetectable with a sentence."""
    effect = float(given["effect"]) * (1 if given["expects"] == Experiment.Expects.RISE else -1)
    return needed(
        kind=given["measured"],
        base=float(given["base"]),
        effect=effect,
        deviation=float(given["deviation"] or 0),
        alpha=float(given["alpha"]),
        power=float(given["power"]),
        variants=len(given["variants"]),
    )


@transaction.atomic
def plan(*, by: User, metric: Metric, **fields: Any) -> Experiment:
    """Enter an experiment with its plan, which may change until it starts. BadInput with every error."""
    if not may_experiment(by, metric):
        raise PermissionDenied("Those who add to the metric, owners and stewards plan experiments on it.")
    experiment = Experiment(metric=metric, created_by=by)
    further = _fill(experiment, fields, by)
    experiment.save()
    experiment.further.set(further)
    payload = {"experiment": experiment.pk, "digest": _digest_of(canonical(plan_of(experiment)))}
    ledger.append(metric.stream, "experiment.planned", by=by, subject=metric.key, payload=payload)
    return experiment


@transaction.atomic
def change(experiment: Experiment, *, expected_version: int, by: User, **fields: Any) -> Experiment:
    """Change the plan of an experiment that has not started. StaleWrite when somebody else saved in between."""
    experiment = locked(experiment, by)
    if experiment.state != State.PLANNED:
        raise MoveRefused(["The plan is frozen since the experiment started; plan a new one instead."])
    if experiment.version != expected_version:
        raise StaleWrite("Somebody else saved the plan after you opened it.")
    before = canonical(plan_of(experiment))
    further = _fill(experiment, fields, by)
    experiment.further.set(further)
    after = canonical(plan_of(experiment))
    experiment.version += 1
    experiment.save()
    if after != before:
        payload = {"experiment": experiment.pk, "before": _digest_of(before), "digest": _digest_of(after)}
        tell(experiment, "experiment.replanned", by, payload)
    return experiment


def _fill(experiment: Experiment, fields: Mapping[str, Any], by: User) -> list[Metric]:
    """Put checked values into the columns; the size is worked out where none is given."""
    given = checked(experiment.metric, fields, by)
    if given["sample"] is None:
        try:
            given["sample"] = size_for(given)
        except Undetectable as error:
            raise BadInput({"effect": [str(error)]}) from error
    for name in FIELDS:
        setattr(experiment, name, given[name])
    further: list[Metric] = given["further"]
    return further


def plan_of(experiment: Experiment) -> dict[str, Any]:
    """Return the plan as it freezes: plain JSON, the primary measure first."""
    if experiment.plan_text:
        frozen: dict[str, Any] = parse(experiment.plan_text)
        return frozen
    further = experiment.further.select_related("definition").order_by("key")
    measures = [_measure(experiment.metric, experiment.measured), *(_measure(each, "") for each in further)]
    numbers = ("base", "deviation", "effect", "alpha", "power")
    return {
        "title": experiment.title,
        "hypothesis": experiment.hypothesis,
        "variants": list(experiment.variants),
        "measures": measures,
        "expects": experiment.expects,
        **{name: None if (n := getattr(experiment, name)) is None else decimal_text(n) for name in numbers},
        "sample": experiment.sample,
        "ends_on": experiment.ends_on.isoformat() if experiment.ends_on else None,
    }


def _measure(metric: Metric, kind: str) -> dict[str, Any]:
    definition = metric.definition
    unit = definition.unit if definition else ""
    return {
        "metric": metric.key,
        "name": metric.name,
        "kind": kind or kind_of(metric),
        "unit": unit,
        "direction": definition.direction if definition else "",
        "definition_version": definition.number if definition else None,
    }


def kind_of(metric: Metric) -> str:
    """Return how a metric is measured, as its unit suggests: a share, or a mean."""
    unit = metric.definition.unit if metric.definition else ""
    return Experiment.Measured.SHARE if unit.strip().casefold() in SCALES else Experiment.Measured.MEAN


@transaction.atomic
def start(experiment: Experiment, *, by: User, at: datetime | None = None) -> Experiment:
    """Freeze the plan and begin; nothing of it can change from now on."""
    experiment = locked(experiment, by)
    reasons = []
    if experiment.state != State.PLANNED:
        reasons.append("The experiment has started already.")
    if experiment.metric.state == Metric.State.RETIRED:
        reasons.append(f"{experiment.metric.name} is retired; plan the experiment on its successor.")
    if reasons:
        raise MoveRefused(reasons)
    freeze(experiment)
    experiment.state, experiment.started_at = State.RUNNING, at or timezone.now()
    save(experiment)
    tell(experiment, "experiment.started", by, {"experiment": experiment.pk, "digest": experiment.plan_digest})
    return experiment


def freeze(experiment: Experiment) -> None:
    """Fix the plan as it stands; the caller saves."""
    experiment.plan_text = canonical(plan_of(experiment))
    experiment.plan_digest = _digest_of(experiment.plan_text)


@transaction.atomic
def look(
    experiment: Experiment,
    *,
    figures: Mapping[str, Sequence[Mapping[str, Any]]],
    by: User,
    note: str = "",
    at: datetime | None = None,
) -> tuple[ExperimentLook, bool]:
    """Keep the figures as they are now, and say whether they are new; the same again is no second look.

    `figures` as in ExperimentLook. BadInput under “metric key:variant”; MoveRefused unless the experiment runs.
    """
    experiment = locked(experiment, by)
    if experiment.state != State.RUNNING:
        raise MoveRefused(["Figures are recorded while the experiment runs."])
    design = Design.of(plan_of(experiment))
    kept = _checked_figures(design, figures)
    last = experiment.looks.order_by("-number").first()
    if last is not None and last.figures == kept:
        return last, False
    number = last.number + 1 if last is not None else 1
    taken = ExperimentLook.objects.create(
        experiment=experiment,
        number=number,
        figures=kept,
        early=result_of(design, kept).smallest < design.sample,
        note=note,
        recorded_at=at or timezone.now(),
        recorded_by=by,
    )
    payload = {
        "experiment": experiment.pk,
        "look": number,
        "early": taken.early,
        "figures": _digest_of(canonical(kept)),
    }
    tell(experiment, "experiment.looked", by, payload)
    return taken, True


def _checked_figures(design: Design, figures: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
    errors: dict[str, list[str]] = {}
    kept: dict[str, list[dict[str, Any]]] = {}
    for measure in design.measures:
        names = ("cases", "count") if measure.kind == "share" else ("cases", "mean", "deviation")
        rows = list(figures.get(measure.metric, ()))
        if len(rows) != len(design.variants):
            raise BadInput({"": [f"Give the figures of every variant on “{measure.metric}”."]})
        for number, row in enumerate(rows):
            entry = {name: str(row[name]) for name in names}
            try:
                sample_of(measure.kind, entry)
            except (ValueError, ArithmeticError) as error:
                errors[f"{measure.metric}:{number}"] = [str(error)]
            kept.setdefault(measure.metric, []).append(entry)
    if errors:
        raise BadInput(errors)
    return kept


def result(experiment: Experiment, taken: ExperimentLook) -> Result:
    """Return what a look's figures say, by the frozen plan."""
    return result_of(Design.of(plan_of(experiment)), taken.figures)


def locked(experiment: Experiment, by: User) -> Experiment:
    """Return the experiment under its lock; PermissionDenied for who may not run it."""
    rows = Experiment.objects.select_related("metric__definition", "metric__owner", "metric__steward", "owner")
    found = locking.locked(rows.filter(pk=experiment.pk)).get()
    if not may_run(by, found):
        raise PermissionDenied("Its owner, those who add to the metric, and stewards run an experiment.")
    return found


def save(experiment: Experiment) -> None:
    """Save, counting the version."""
    experiment.version += 1
    experiment.save()


def tell(experiment: Experiment, verb: str, by: User, payload: dict[str, Any]) -> None:
    """Write to the ledger, in the stream of the metric."""
    ledger.append(experiment.metric.stream, verb, by=by, subject=experiment.metric.key, payload=payload)


def _digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
