"""Declare and end freeze windows, and say what one holds still. Dates and spans are judged by domain.freezing."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from approvals.models import User
from approvals.services import ledger
from approvals.services.notices import notify
from approvals.services.words import needed_words
from config.kit.days import day_text
from config.kit.refusals import BadInput, MoveRefused
from metrics.access import may_create, may_manage
from metrics.domain.freezing import Frozen, Standing, Wanted, Window, definition_held, standing, window_errors
from metrics.domain.intake import Arrival, Known
from metrics.domain.periods import zone_named
from metrics.models import CorrectionRow, FreezeWindow, Metric
from metrics.models.metric import MetricQuerySet
from metrics.services import touched

STREAM = "freezes"
DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What is frozen: one metric, a family, or (neither given) everything."""

    metric: Metric | None = None
    family: str = ""

    @property
    def words(self) -> str:
        """Name it for people."""
        if self.metric is not None:
            return self.metric.name
        return f"the family {self.family}" if self.family else "all metrics"

    def metrics(self) -> MetricQuerySet:
        """Return the metrics concerned."""
        if self.metric is not None:
            return Metric.objects.filter(pk=self.metric.pk)
        return Metric.objects.filter(family=self.family) if self.family else Metric.objects.all()

    def zones(self) -> list[str]:
        """Return the time zones of the metrics concerned: a query, none for one metric."""
        if self.metric is not None:
            return [self.metric.time_zone]
        return sorted(set(self.metrics().in_use().order_by().values_list("time_zone", flat=True).distinct()))


def days_in(zones: Iterable[str], now: datetime) -> list[date]:
    """Return which days it is now in these time zones, in order; in UTC where there is none."""
    return sorted({now.astimezone(zone_named(zone)).date() for zone in zones} or {now.date()})


def scope_of(freeze: FreezeWindow) -> Scope:
    """Return what a window is about."""
    return Scope(metric=freeze.metric, family=freeze.family)


def window_of(freeze: FreezeWindow) -> Window:
    """Return the window as a value."""
    names = ("begins_on", "ends_on", "first_day", "last_day", "reason")
    return Window(**{name: getattr(freeze, name) for name in names})


def may_freeze(user: User, scope: Scope) -> bool:
    """Say whether the person may hold this still: who manages one metric, or a steward for more than one."""
    return may_manage(user, scope.metric) if scope.metric is not None else may_create(user)


def may_end(user: User, freeze: FreezeWindow) -> bool:
    """Say whether the person may end it early: who declared it, or a steward; never those whose figures it holds."""
    own = freeze.declared_by_id == user.pk
    return (own or may_create(user)) and may_freeze(user, scope_of(freeze))


@transaction.atomic
def declare(scope: Scope, window: Window, *, by: User) -> FreezeWindow:
    """Freeze definitions and periods. BadInput with every error beside its field.

    The metrics' rows are locked, so that a correction under way is either over before this or sees it.
    """
    if not may_freeze(by, scope):
        raise PermissionDenied("Stewards freeze families and the whole registry; a metric, whoever manages it.")
    errors: dict[str, list[str]] = {}
    zones = scope.zones()
    where = f" where {scope.words} {'is' if scope.metric else 'are'} kept ({', '.join(zones[:3])})" if zones else ""
    days = days_in(zones, timezone.now())
    for name, sentence in window_errors(window, days=days, where=where if timezone.localdate() < days[0] else ""):
        errors.setdefault(name, []).append(sentence)
    if not window.reason.strip():
        errors["reason"] = ["Say why nothing may move."]
    if scope.family and not scope.metrics().exists():
        errors["family"] = [f"No metric belongs to the family “{scope.family}”."]
    if errors:
        raise BadInput(errors)
    list(scope.metrics().select_for_update(no_key=True).order_by("key").values_list("pk"))
    said = {"metric": scope.metric, "family": scope.family, **asdict(window)}
    if FreezeWindow.objects.filter(**said, ended_at__isnull=True).exists():
        raise MoveRefused(["The same freeze is declared already."])
    freeze = FreezeWindow.objects.create(**said, declared_by=by, declared_at=timezone.now())
    _tell(
        freeze, "declared", by=by, title=f"Frozen until {day_text(window.ends_on)}: {scope.words}", body=window.reason
    )
    _record(freeze, "freeze.declared", by=by, payload=_facts(freeze))
    return freeze


@transaction.atomic
def end(freeze: FreezeWindow, *, by: User, reason: str) -> FreezeWindow:
    """End a window before its day, for a reason; corrections that wait go on waiting for their approval."""
    freeze = FreezeWindow.objects.select_for_update(no_key=True, of=("self",)).get(pk=freeze.pk)
    if not may_end(by, freeze):
        raise PermissionDenied("A freeze is ended early by who declared it, or by a steward.")
    scope = scope_of(freeze)
    reason = needed_words("reason", reason, "Say why it ends early.")
    days = days_in(scope.zones(), timezone.now())
    if freeze.ended_at is not None or standing(window_of(freeze), days) is Standing.OVER:
        raise MoveRefused(["This freeze is over already."])
    freeze.ended_at, freeze.ended_by, freeze.ended_reason = timezone.now(), by, reason
    freeze.save(update_fields=["ended_at", "ended_by", "ended_reason"])
    _tell(freeze, "ended", by=by, title=f"No longer frozen: {scope.words}", body=reason)
    _record(freeze, "freeze.ended", by=by, payload={"freeze": freeze.pk, "reason": reason})
    return freeze


def running(metrics: Iterable[Metric], now: datetime) -> "QuerySet[FreezeWindow]":
    """Return the windows over any of the metrics that may be in force somewhere on earth now."""
    metrics = list(metrics)
    named = Q(metric__in=[metric.pk for metric in metrics])
    named |= Q(metric__isnull=True, family__in={"", *(metric.family for metric in metrics)})
    found = FreezeWindow.objects.filter(named, ended_at__isnull=True)
    return found.filter(begins_on__lte=(now + DAY).date(), ends_on__gte=(now - DAY).date())


def holding(metric: Metric, now: datetime) -> Window | None:
    """Return the window that holds the metric's definition still now, if one does: one query."""
    windows = [window_of(freeze) for freeze in running([metric], now)]
    return definition_held(windows, metric.local_day(now))


def frozen_for(
    metric: Metric, following: Sequence[Metric], arrivals: Iterable[Arrival], known: Known, now: datetime
) -> Frozen | None:
    """Return what of a batch is frozen, by windows over the metric or what is calculated from it; None for nothing.

    A batch without a second value for any period asks no query, unless something is made of its metric that does not
    wait for every part; any other one, and while something is frozen up to three more.
    """
    arrivals = list(arrivals)
    telling = touched.goes_on([metric, *following])
    if not telling and not any((arrival.segment, arrival.start) in known.periods for arrival in arrivals):
        return None
    today = metric.local_day(now)
    windows = [window_of(freeze) for freeze in running([metric, *following], now)]
    windows = [window for window in windows if window.runs_on(today)]
    if not windows:
        return None
    rows = CorrectionRow.objects.filter(metric=metric, waiting=True)
    waiting = {
        (segment, start): Wanted(value, sample)
        for segment, start, value, sample in rows.values_list("segment", "period_start", "value", "sample_size")
    }
    frozen = Frozen(windows, zone_named(metric.time_zone), waiting)
    if telling:
        frozen.touched = touched.changed(
            metric, following, arrivals, known=known.periods, now=now, held=frozen.window_of
        )
    return frozen


def _tell(freeze: FreezeWindow, what: str, *, by: User, title: str, body: str) -> None:
    """Tell everybody who keeps a metric that is concerned."""
    rows = scope_of(freeze).metrics().in_use()
    named = {pk for pair in rows.values_list("owner", "steward") for pk in pair if pk} - {by.pk}
    people = User.objects.filter(pk__in=named)
    url = f"{reverse('freeze_list')}#freeze-{freeze.pk}"
    notify(to=people, cause_key=f"freeze:{freeze.pk}:{what}", title=title, url=url, body=body)


def _facts(freeze: FreezeWindow) -> dict[str, Any]:
    names = ("begins_on", "ends_on", "first_day", "last_day")
    days = {name: getattr(freeze, name).isoformat() for name in names}
    about = freeze.metric.key if freeze.metric else ""
    return {"freeze": freeze.pk, "metric": about, "family": freeze.family, "reason": freeze.reason, **days}


def _record(freeze: FreezeWindow, verb: str, *, by: User, payload: dict[str, Any]) -> None:
    about = freeze.metric
    stream, subject = (about.stream, about.key) if about else (STREAM, f"freeze {freeze.pk}")
    ledger.append(stream, verb, by=by, subject=subject, payload=payload)
