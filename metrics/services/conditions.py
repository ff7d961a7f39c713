"""Arm conditions, evaluate them, and give signals. State and episodes kept here are a cache of the domain's fold."""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from approvals.models import User
from approvals.services import ledger
from config.kit import locking
from config.kit.among import Among
from config.kit.prepared import ID, TEXT, Asked, PreparedModels, PreparedRows, Slot
from config.kit.refusals import BadInput, MoveRefused
from metrics.domain.accumulator import SUPERSEDED
from metrics.domain.conditions import BadCondition, parse, same_predicate, to_json, watched
from metrics.models import Condition, Metric
from metrics.services import evaluation
from metrics.services.entries import cadence_of
from metrics.services.scene import Occasion

logger = logging.getLogger(__name__)

# Of metrics that are evaluated: with all of a definition's columns the reading of them would take longer than the fold.
READ = (
    *("key", "name", "cadence", "time_zone", "settle_after", "steward", "segmented", "erased_through"),
    *("definition__minimum_sample", "definition__baseline"),
)
_WATCHING = {"metric_id": Slot("metric", ID)}
ARMED = PreparedModels(lambda: Condition.objects.armed().filter(**_WATCHING))
ARMED_IN = PreparedModels(
    lambda: Condition.objects.armed().filter(Among("segment", Slot("segments", TEXT, many=True)), **_WATCHING)
)
READING = PreparedRows(lambda: Condition.others.through.objects.filter(**_WATCHING).values_list("condition_id"))
BATCH = 50  # metrics evaluated in one transaction, which holds their locks for about 20 ms
BROKEN = {Condition.State.BREACHED, Condition.State.RECOVERING}


def arm(
    *,
    watcher: str,
    key: str,
    metric_key: str,
    spec: dict[str, Any],
    by: User | None,
    label: str = "",
    segment: str = "",
) -> Condition:
    """Let a condition watch a metric, and replay it over the metric's history.

    The same predicate again changes nothing but its words; a changed one becomes the next version and replays, and an
    open breach under the old one ends as superseded. BadInput for a spec or a metric that is no good.
    """
    try:
        wanted = parse(spec)
    except BadCondition as error:
        raise BadInput(error.errors) from error
    with transaction.atomic(), ledger.gathered():
        metric = _locked(metric_key, watched(wanted))
        if metric is None:
            raise BadInput({"metric": [f"There is no metric with the key “{metric_key}”."]})
        condition = Condition.objects.filter(watcher=watcher, key=key).first()
        same = condition is not None and condition.metric_id == metric.pk and condition.segment == segment
        if condition and same and same_predicate(parse(condition.spec), wanted):
            return _kept(condition, metric, to_json(wanted), label, by)
        if metric.state == Metric.State.RETIRED:
            raise MoveRefused([f"{metric.name} is retired and gets no more values; let another metric be watched."])
        return _replaced(
            condition or Condition(watcher=watcher, key=key, version=0),
            metric,
            {"spec": to_json(wanted), "label": label, "segment": segment},
            by,
        )


def _locked(key: str, others: Collection[str]) -> Metric | None:
    """Lock the metric and those that the condition reads besides: a value of theirs is either seen, or calls again."""
    rows = Metric.objects.select_for_update(no_key=True).filter(key__in=[key, *others]).order_by("key")
    return {row.key: row for row in rows}.get(key)


def _kept(condition: Condition, metric: Metric, spec: dict[str, Any], label: str, by: User | None) -> Condition:
    """Take over words; arm again what was disarmed, under the version and the episodes that it had."""
    again = not condition.armed
    if again or (condition.spec, condition.label) != (spec, label):
        condition.spec, condition.label = spec, label
        condition.armed, condition.disarmed_at = True, None
        condition.save()
    if again:
        evaluation.evaluate(metric, [condition], as_of=timezone.now(), arming=True)
        _record(condition, metric, "condition.armed", by)
    return condition


def _replaced(condition: Condition, metric: Metric, values: dict[str, Any], by: User | None) -> Condition:
    """Start the next version of a condition and replay it."""
    now = timezone.now()
    continues = condition.armed and condition.state in BROKEN
    if condition.pk:
        _supersede(condition, now)
    for name, value in values.items():
        setattr(condition, name, value)
    condition.metric = metric
    condition.version += 1
    condition.armed, condition.armed_at, condition.armed_by, condition.disarmed_at = True, now, by, None
    condition.state, condition.health, condition.error = Condition.State.OK, Condition.Health.NO_DATA, ""
    condition.save()
    condition.others.set(Metric.objects.filter(key__in=watched(parse(condition.spec))))
    evaluation.evaluate(metric, [condition], as_of=now, arming=True, continues=continues)
    _record(condition, metric, "condition.armed", by)
    return condition


def _supersede(condition: Condition, now: datetime) -> None:
    """End the open episodes of the version that gives way, in the period that settled last."""
    cadence = cadence_of(condition.metric)
    ended = cadence.start_of(cadence.last_settled(now))
    open_episodes = condition.episodes.filter(version=condition.version, end=None, ending="", retracted_at=None)
    open_episodes.update(end=ended, ending=SUPERSEDED)


@transaction.atomic
def disarm(*, watcher: str, by: User | None, keys: Collection[str] | None = None) -> int:
    """Stop the watcher's conditions (all, or those keys) from evaluating; their history stays. Returns how many."""
    chosen = Condition.objects.armed().filter(watcher=watcher).select_related("metric")
    if keys is not None:
        chosen = chosen.filter(key__in=keys)
    conditions = list(chosen)
    now = timezone.now()
    with ledger.gathered():
        for condition in conditions:
            condition.armed, condition.disarmed_at = False, now
            condition.save(update_fields=["armed", "disarmed_at"])
            _record(condition, condition.metric, "condition.disarmed", by)
    return len(conditions)


@dataclass(frozen=True)
class Watching:
    """What a metric's values are judged by: conditions that watch it, and those of other metrics that read it too."""

    armed: Asked[list[Condition]]
    elsewhere: Asked[list[Any]]


def watching(metric: Metric, *, segments: Collection[str] = ()) -> Watching:
    """Ask for the metric's armed conditions (of those segments), under its lock."""
    armed = ARMED_IN.ask(metric=metric.pk, segments=segments) if segments else ARMED.ask(metric=metric.pk)
    return Watching(armed=armed, elsewhere=READING.ask(metric=metric.pk))


def refold(metric: Metric, watching: Watching, *, changed: Mapping[str, datetime] | None = None) -> None:
    """Evaluate the conditions; the caller holds the metric's lock.

    `changed`: the segments with new values, and of each the start of the earliest such period, where nothing else is
    new; conditions on other segments are then left alone.
    """
    now = timezone.now()
    armed = watching.armed.answer
    if changed is None:
        evaluation.evaluate(metric, armed, as_of=now)
    else:
        armed = [each for each in armed if each.segment in changed]
        evaluation.evaluate(metric, armed, as_of=now, changed=min(changed.values()))
    # Those belong to other metrics, whose locks are not held here: the sweep takes them in turn.
    if elsewhere := [pk for (pk,) in watching.elsewhere.answer]:
        Condition.objects.armed().filter(pk__in=elsewhere).exclude(metric=metric).update(next_settles_at=now)


def sweep(as_of: datetime) -> int:
    """Evaluate conditions for which a period has settled by time passing alone; returns how many were looked at."""
    due = Condition.objects.armed().filter(next_settles_at__lte=as_of)
    return _in_batches(due, as_of)[0]


def rebuild(*, metric: Metric | None = None) -> int:
    """Make every armed condition's cached state anew from its observations; returns how many differed."""
    armed = Condition.objects.armed()
    return _in_batches(armed.filter(metric=metric) if metric else armed, timezone.now())[1]


def _in_batches(wanted: "QuerySet[Condition]", as_of: datetime) -> tuple[int, int]:
    """Evaluate conditions, many metrics in a transaction; returns how many there were, and how many changed."""
    rows = wanted.order_by("metric__key").values_list("metric", flat=True).distinct()
    metrics = list(rows)
    counts = [_together(wanted, metrics[at : at + BATCH], as_of) for at in range(0, len(metrics), BATCH)]
    return sum(seen for seen, _ in counts), sum(changed for _, changed in counts)


def _together(wanted: "QuerySet[Condition]", metrics: Sequence[int], as_of: datetime) -> tuple[int, int]:
    """Evaluate the conditions of some metrics; where that fails, one by one, so that one stops no other."""
    try:
        return _evaluate(wanted, metrics, as_of)
    except DatabaseError:
        if len(metrics) == 1:
            logger.exception("The conditions of metric %s cannot be stored.", metrics[0])
            return 0, 0
    counts = [_together(wanted, [metric], as_of) for metric in metrics]
    return sum(seen for seen, _ in counts), sum(changed for _, changed in counts)


@transaction.atomic
def _evaluate(wanted: "QuerySet[Condition]", metrics: Sequence[int], as_of: datetime) -> tuple[int, int]:
    """Lock the metrics, in the order of their keys as everybody who locks several does, and evaluate."""
    with ledger.gathered():
        rows = Metric.objects.filter(pk__in=metrics).order_by("key").select_related("definition").only(*READ)
        held = {metric.pk: metric for metric in locking.locked(rows)}
        groups: dict[Metric, list[Condition]] = {metric: [] for metric in held.values()}
        for condition in wanted.filter(metric__in=metrics):
            groups[held[condition.metric_id]].append(condition)
        changed = evaluation.evaluate_all(groups, Occasion(as_of=as_of))
        return sum(map(len, groups.values())), changed


def _record(condition: Condition, metric: Metric, verb: str, by: User | None) -> None:
    payload = {"watcher": condition.watcher, "key": condition.key, "version": condition.version, "spec": condition.spec}
    ledger.append(metric.stream, verb, by=by, subject=metric.key, payload=payload)
