"""Erase what a metric with personal data has kept for long enough; nothing else in Premise removes or changes a value.

What goes, once a period ended longer ago than the definition keeps it:
- always: external ids, notes, reasons of corrections, who recorded it; and the names of segments of which nothing is
  younger and that no armed condition watches;
- where the definition says that values themselves are personal: the values, and what calculations show of them.
What stays: the ledger, which names counts and spans; episodes, signals and what decisions answered to them; values
calculated from what is gone. Nothing is erased before somebody let it begin, or while a legal hold keeps it.

An erasure opens, ends or takes back no breach: values stay while an open breach began among them, or while a condition
would read the younger values otherwise without them.
"""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import Count, Max, Min, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from approvals.models import User
from approvals.roles import ADMINISTRATORS, AUDITORS, has_role
from approvals.services import ledger
from approvals.services.notices import notify
from config.kit.days import day_text
from config.kit.locking import locked
from config.kit.refusals import MoveRefused
from metrics.access import may_manage
from metrics.domain.timeline import Reading
from metrics.models import (
    Condition,
    Derivation,
    Episode,
    Erasure,
    LegalHold,
    Metric,
    MetricSignal,
    Observation,
    Retention,
)
from metrics.models.observation import ERASED
from metrics.services import series, trying

MOST = 20_000  # values in one erasure; the next sweep goes on from there
METRICS_IN_A_SWEEP = 10
EVERY = timedelta(hours=1)
ANONYMOUS = "erased "
SEGMENT_OF = {"episode": "condition__metric"}  # of models that do not name their metric themselves


@dataclass(frozen=True)
class Reach:
    """What an erasure at a moment would take, and what it would leave for now, and why."""

    through: datetime
    details: int = 0
    values: int = 0
    segments: Sequence[str] = ()
    first: datetime | None = None
    values_through: datetime | None = None
    kept: Sequence[str] = field(default=())

    @property
    def anything(self) -> bool:
        """Say whether there is something to erase."""
        return bool(self.details or self.values or self.segments)


def may_start(user: User, metric: Metric) -> bool:
    """Who manages the metric lets erasures begin; administrators do so too."""
    return may_manage(user, metric) or (has_role(user, ADMINISTRATORS) and not has_role(user, AUDITORS))


def with_retention() -> "QuerySet[Metric]":
    """Metrics whose definition in force has personal data and says how long it is kept."""
    kept = Metric.objects.filter(definition__personal_data=True, definition__retention_days__isnull=False)
    return kept.select_related("definition", "owner", "steward")


def cutoff(metric: Metric, now: datetime) -> datetime | None:
    """Return the moment before which periods must have ended to be erased; None where nothing is."""
    definition = metric.definition
    if definition is None or not definition.personal_data or definition.retention_days is None:
        return None
    return now - timedelta(days=definition.retention_days)


def reach(metric: Metric, now: datetime) -> Reach | None:
    """Work out what an erasure would take now; None for a metric without personal data or without a retention."""
    through = cutoff(metric, now)
    if through is None:
        return None
    holds = list(LegalHold.objects.touching(metric).select_related("person"))
    if whole := [hold for hold in holds if hold.person_id is None]:
        return Reach(through, kept=[f"Legal hold {hold.reference}: nothing is erased." for hold in whole])
    people = [hold.person_id for hold in holds if hold.person_id is not None]
    kept = [f"Legal hold {hold.reference}: nothing that {hold.person} recorded is erased." for hold in holds]
    rows = _old(metric, through).exclude(recorded_by__in=people)
    detailed = carrying(rows)
    latest = min(through, _nth_end(detailed))
    told = detailed.filter(period_end__lte=latest).aggregate(count=Count("pk"), first=Min("period_start"))
    found = Reach(latest, told["count"], first=told["first"], kept=kept, segments=_nameless(metric, through, people))
    if metric.definition is not None and metric.definition.personal_values:
        found = _with_values(metric, found, through, people, now)
    return found


def start(metric: Metric, *, by: User) -> Retention:
    """Let erasures of the metric begin, after a look at what the first would take."""
    if not may_start(by, metric):
        raise PermissionDenied("Who manages the metric, or an administrator, lets erasures begin.")
    if cutoff(metric, timezone.now()) is None:
        raise MoveRefused(["Its definition in force keeps no personal data for a stated time."])
    with transaction.atomic():
        begun, new = Retention.objects.get_or_create(
            metric=metric, defaults={"started_at": timezone.now(), "started_by": by}
        )
        if new:
            ledger.append(metric.stream, "retention.started", by=by, subject=metric.key, payload={})
    return begun


def sweep(now: datetime) -> dict[str, int]:
    """Erase what is due of metrics whose erasures were let begin; a bounded number of metrics and values each time."""
    waiting = Q(retention__looked_at=None) | Q(retention__looked_at__lte=now - EVERY)
    due = with_retention().filter(waiting, retention__isnull=False).order_by("pk")[:METRICS_IN_A_SWEEP]
    done = 0
    for metric in due:
        erased = erase(metric, now=now)
        if erased is None:
            Retention.objects.filter(metric=metric).update(looked_at=now)
        done += erased is not None
    return {"erased": done}


def erase(metric: Metric, *, now: datetime, by: User | None = None) -> Erasure | None:
    """Erase what is due of one metric; None where nothing is. Its lock keeps writers and new holds out."""
    through = cutoff(metric, now)
    if through is None or not _old(metric, through).exists():
        return None
    with transaction.atomic(), ledger.gathered():
        metric = locked(Metric.objects.select_related("definition").filter(pk=metric.pk)).get()
        found = reach(metric, now)
        if found is None or not found.anything or not Retention.objects.filter(metric=metric).exists():
            return None
        # From here on the guards let this metric's values be changed, in this transaction alone.
        erasure = Erasure.objects.create(metric=metric, at=now, by=by, through=found.through, first=found.first)
        erasure.derived = _forget_values(metric, found) if found.values else 0
        people = _held_people(metric)
        erasure.details = carrying(_old(metric, found.through).exclude(recorded_by__in=people)).forget_details()
        erasure.values, erasure.segments = found.values, len(found.segments)
        _rename(metric, found.segments)
        erasure.finished_at = timezone.now()
        erasure.save()
        _enter(metric, erasure)
    return erasure


def _old(metric: Metric, through: datetime) -> Any:
    return Observation.objects.filter(metric=metric, period_end__lte=through)


def carrying(rows: Any, *, or_itself: bool = False) -> Any:
    """Keep values that still carry something besides number and sample; `or_itself`: or are personal themselves."""
    words = ~Q(external_id="") | ~Q(note="") | ~Q(reason__in=["", ERASED]) | Q(recorded_by__isnull=False)
    return rows.filter(words | Q(metric__definition__personal_values=True) if or_itself else words)


def _nth_end(rows: Any) -> datetime:
    """Return the end of the last period that one erasure reaches."""
    ends = rows.order_by("period_end").values_list("period_end", flat=True)
    return ends[MOST : MOST + 1].first() if ends.count() > MOST else datetime.max.replace(tzinfo=UTC)


def _held_people(metric: Metric) -> list[int]:
    people = LegalHold.objects.touching(metric).filter(person__isnull=False)
    return list(people.values_list("person", flat=True))


def _nameless(metric: Metric, through: datetime, people: Collection[int]) -> list[str]:
    """Return the segments that are to lose their names."""
    rows = metric.observations.exclude(segment="").exclude(segment__startswith=ANONYMOUS).order_by()
    old = rows.values("segment").annotate(newest=Max("period_end")).filter(newest__lte=through)
    watched = Condition.objects.armed().filter(Q(metric=metric) | Q(others=metric)).values("segment")
    held = metric.observations.filter(recorded_by__in=people).order_by().values("segment")
    names = old.exclude(segment__in=watched).exclude(segment__in=held).values_list("segment", flat=True)
    return sorted(names)


def _with_values(metric: Metric, found: Reach, through: datetime, people: Collection[int], now: datetime) -> Reach:
    """Add the values that may go: none that a hold, an open breach or a condition's judgement still rests on."""
    kept = list(found.kept)
    oldest = _old(metric, through).filter(recorded_by__in=people).aggregate(start=Min("period_start"))["start"]
    through = min(through, oldest or through, _nth_end(_old(metric, through)))
    breach = _running_across(metric, through)
    if breach is not None:
        kept.append(f"A breach from {day_text(breach)} on lasts into what stays: values from then on stay with it.")
        through = min(through, breach)
    # The end of a period, so that whatever stays begins there or later.
    told = _old(metric, through).aggregate(count=Count("pk"), first=Min("period_start"), through=Max("period_end"))
    if not told["count"]:
        return replace(found, kept=kept)
    if sentence := _would_change(metric, told["through"], now):
        return replace(found, kept=[*kept, sentence])
    first = min(told["first"], found.first or told["first"])
    return replace(found, values=told["count"], values_through=told["through"], first=first, kept=kept)


def _running_across(metric: Metric, through: datetime) -> datetime | None:
    """Return the start of the earliest breach that began before the moment and lasts beyond it."""
    standing = Episode.objects.filter(condition__metric=metric, retracted_at=None, start__lt=through)
    lasting = Q(end=None, ending="") | Q(end__gte=through) | Q(key_start__gte=through)
    start: datetime | None = standing.filter(lasting).aggregate(start=Min("start"))["start"]
    return start


def _would_change(metric: Metric, through: datetime, now: datetime) -> str:
    """Say which condition would judge the younger values otherwise without the older ones, empty for none."""
    if Condition.objects.armed().filter(others=metric).exclude(metric=metric).exists():
        return "A condition on another metric reads these values too: they stay until it is disarmed."
    conditions = list(Condition.objects.armed().filter(metric=metric))
    values = series.series_of([metric.pk], {condition.segment for condition in conditions})
    for condition in conditions:
        past = values.get((metric.pk, condition.segment), {})
        if not _judges_alike(metric, condition, past, through, now):
            return (
                f"A condition of {condition.watcher} would judge otherwise without the older values: they stay until "
                "it is changed or disarmed."
            )
    return ""


def _judges_alike(
    metric: Metric, condition: Condition, past: Mapping[datetime, Reading], through: datetime, now: datetime
) -> bool:
    """Say whether a condition says the same of the younger values with the older ones and without."""
    younger = [reading for begin, reading in past.items() if begin >= through]
    try:
        before = trying.folded(metric, condition, list(past.values()), now)
        after = trying.folded(metric, condition, younger, now)
    except ValueError:
        return False  # nobody can say
    lasting = [each for each in before.episodes if each.start >= through]
    return (lasting, before.state, before.health) == (list(after.episodes), after.state, after.health)


def _forget_values(metric: Metric, found: Reach) -> int:
    """Remove values and what calculations show of them; returns how many calculations lost sight of an input."""
    assert found.values_through is not None  # noqa: S101 goes with found.values
    rows = _old(metric, found.values_through)
    gone = set(rows.values_list("pk", flat=True))
    MetricSignal.objects.filter(observation__in=rows).update(observation=None)
    Derivation.objects.filter(observation__in=rows).delete()
    blanked = []
    reading = Derivation.objects.filter(observation__metric__formula_inputs__input=metric)
    for derivation in reading.filter(observation__period_start__lt=found.values_through).distinct().iterator(2000):
        touched = [each for each in derivation.inputs if each.get("observation") in gone]
        for each in touched:
            each.update(value=None, erased=True)
        blanked += [derivation] if touched else []
    Derivation.objects.bulk_update(blanked, ["inputs"], batch_size=500)
    rows.forget_values()
    Metric.objects.filter(pk=metric.pk).update(erased_through=found.values_through)
    return len(blanked)


def _rename(metric: Metric, names: Collection[str]) -> None:
    """Give segments a name that says nothing, the same wherever the metric's tables carry it."""
    for name in names:
        anonymous = f"{ANONYMOUS}{secrets.token_hex(4)}"
        metric.observations.filter(segment=name).forget_segment(anonymous)
        for model, path in _carrying_segments():
            model._default_manager.filter(**{path: metric, "segment": name}).update(segment=anonymous)
        metric.segments.filter(name=name).update(name=anonymous)


def _carrying_segments() -> list[tuple[type[models.Model], str]]:
    """Return the models that name a segment, with the way from each to its metric."""
    found: list[tuple[type[models.Model], str]] = []
    for model in apps.get_app_config("metrics").get_models():
        names = {each.name for each in model._meta.get_fields()}
        if "segment" in names and model is not Observation and not model.__name__.startswith("Historical"):
            found.append((model, "metric" if "metric" in names else SEGMENT_OF[model._meta.model_name or ""]))
    return found


def _enter(metric: Metric, erasure: Erasure) -> None:
    payload = {
        "through": erasure.through,
        "first": erasure.first,
        "details": erasure.details,
        "values": erasure.values,
        "segments": erasure.segments,
        "derived": erasure.derived,
        "retention_days": metric.definition.retention_days if metric.definition else None,
    }
    ledger.append(metric.stream, "values.erased", by=erasure.by, subject=metric.key, payload=payload)
    if metric.erasures.count() == 1:
        keepers = {person for person in (metric.owner, metric.steward) if person is not None}
        notify(
            to=keepers,
            cause_key=f"erasure:{metric.pk}:first",
            title=f"Erasures of {metric.name} have begun",
            url=reverse("metric_retention", args=[metric.key]),
            body="Personal data older than its retention goes from now on as its time is up.",
        )
