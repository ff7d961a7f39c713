"""How a metric's checks are set: the defaults of new metrics, overlaid with what somebody saved; control figures."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from approvals.models import User
from approvals.services import ledger
from config.kit import wake
from config.kit.refusals import BadInput, StaleWrite
from metrics.access import may_manage
from metrics.domain.quality.catalogue import KINDS, Kind, Setting, Severity, default_setting, read_parameters
from metrics.models import ControlFigure, Metric, QualitySetting, QualityState
from metrics.services.entries import cadence_of

TOPIC = "quality"
NOT_YOURS = "Those who manage the metric set its checks."
STALE = "Somebody else saved the checks after you opened them."
CONFIDENTIAL = "{name} is confidential, and this metric is not: whatever the check finds would tell its values."
TAKEN = "The period has a control figure already; withdraw that one first."


def settings_of(metric: Metric) -> dict[str, Setting]:
    """Return every kind of check as it is set for the metric: one query."""
    stored = {row.check_key: row for row in metric.quality_settings.all()}
    hours = hours_allowed(metric)
    return {key: _overlaid(kind, stored.get(key), hours) for key, kind in KINDS.items()}


def _overlaid(kind: Kind, row: QualitySetting | None, hours: Decimal) -> Setting:
    setting = default_setting(kind, hours=hours)
    if row is None:
        return setting
    # What an earlier release stored may be read no longer; then the default stands.
    read, errors = read_parameters(kind, {**setting.stored(), **row.parameters})
    return Setting(
        kind=kind,
        on=row.on,
        severity=Severity(row.severity),
        parameters={name: setting.parameters[name] if name in errors else read[name] for name in setting.parameters},
    )


def hours_allowed(metric: Metric) -> Decimal:
    """Return how late a value may be where nobody said so: settling, and a few days more the longer the period is."""
    step = cadence_of(metric).step
    usual = 2 if step.seconds else 24 if step.days == 1 else 72
    return Decimal(round(metric.settle_after.total_seconds() / 3600)) + usual


@transaction.atomic
def save(metric: Metric, *, wanted: Mapping[str, Setting], expected_version: int, by: User) -> list[str]:
    """Keep how the checks are set and have them run; returns the titles of those that changed.

    PermissionDenied, BadInput for a comparison with what is no other metric, StaleWrite.
    """
    if not may_manage(by, metric):
        raise PermissionDenied(NOT_YOURS)
    QualityState.objects.get_or_create(metric=metric)
    state = QualityState.objects.select_for_update(no_key=True).get(metric=metric)
    if state.settings_version != expected_version:
        raise StaleWrite(STALE)
    _check_partner(metric, wanted["comparison"], by)
    before = settings_of(metric)
    changed = [setting for key, setting in wanted.items() if _told(setting) != _told(before[key])]
    if not changed:
        return []
    QualitySetting.objects.bulk_create(
        [_row(metric, setting) for setting in changed],
        update_conflicts=True,
        unique_fields=["metric", "check_key"],
        update_fields=["on", "severity", "parameters"],
    )
    QualityState.objects.filter(pk=state.pk).update(settings_version=F("settings_version") + 1, due_at=timezone.now())
    wake.publish(TOPIC)
    payload = {each.kind.key: {"from": _told(before[each.kind.key]), "to": _told(each)} for each in changed}
    ledger.append(metric.stream, "quality.checks_set", by=by, subject=metric.key, payload=payload)
    return [each.kind.title for each in changed]


def _told(setting: Setting) -> dict[str, Any]:
    return {"on": setting.on, "severity": str(setting.severity), "parameters": setting.stored()}


def _row(metric: Metric, setting: Setting) -> QualitySetting:
    return QualitySetting(metric=metric, check_key=setting.kind.key, **_told(setting))


def _check_partner(metric: Metric, setting: Setting, by: User) -> None:
    """Refuse a comparison with a metric that there is not, or that the person may not see, alike.

    And one of what everybody sees with what not everybody does: what is found names both values.
    """
    key = setting.parameters["metric"]
    if setting.on and not key:
        raise BadInput({"comparison-metric": ["Name the metric to compare with."]})
    if key == metric.key:
        raise BadInput({"comparison-metric": ["A metric cannot be compared with itself."]})
    other = Metric.objects.visible_to(by).filter(key=key).first() if key else None
    if key and other is None:
        raise BadInput({"comparison-metric": [f"There is no metric “{key[:64]}”."]})
    internal = Metric.Classification.INTERNAL
    if setting.on and other is not None and metric.classification == internal != other.classification:
        raise BadInput({"comparison-metric": [CONFIDENTIAL.format(name=other.name)]})


@transaction.atomic
def enter_figure(
    metric: Metric,
    *,
    period: date | datetime,
    segment: str,
    value: Decimal,
    tolerance: Decimal,
    percent: bool,
    source: str,
    by: User | None,
) -> ControlFigure:
    """Enter a control figure for the period that a day lies in, and have the value held against it.

    PermissionDenied; BadInput for a period that has one or that is not over, and for a segment that there is not.
    """
    if by is not None and not may_manage(by, metric):
        raise PermissionDenied(NOT_YOURS)
    now = timezone.now()
    found = cadence_of(metric).containing(period)
    if found.end > now:
        raise BadInput({"period": ["This period is not over yet."]})
    if segment and not _takes_values(metric, segment):
        raise BadInput({"segment": [f"The metric has no segment “{segment}”: no value would be held against this."]})
    row = ControlFigure(
        metric=metric,
        segment=segment,
        period_start=found.start,
        value=value,
        tolerance=tolerance,
        percent=percent,
        source=source,
        entered_at=now,
        entered_by=by,
    )
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise BadInput({"period": [TAKEN]}) from error
    look_again(metric, now)
    told = {"period": found.start, "segment": segment, "value": value, "tolerance": tolerance, "percent": percent}
    payload = told | {"source": source, "figure": row.pk}
    ledger.append(metric.stream, "quality.figure_entered", by=by, subject=metric.key, payload=payload)
    return row


def _takes_values(metric: Metric, segment: str) -> bool:
    named, seen = metric.segments.filter(name=segment), metric.observations.filter(segment=segment)
    return named.exists() or seen.exists()


@transaction.atomic
def withdraw_figure(metric: Metric, *, figure: int, by: User) -> bool:
    """Let a control figure count no longer; False where it is withdrawn already."""
    if not may_manage(by, metric):
        raise PermissionDenied(NOT_YOURS)
    now = timezone.now()
    if not metric.control_figures.filter(pk=figure, withdrawn_at=None).update(withdrawn_at=now):
        return False
    look_again(metric, now)
    payload = {"figure": figure}
    ledger.append(metric.stream, "quality.figure_withdrawn", by=by, subject=metric.key, payload=payload)
    return True


def look_again(metric: Metric, now: datetime) -> None:
    """Note, in the caller's transaction, that the checks are to run again, whatever values have come: one statement."""
    QualityState.objects.bulk_create(
        [QualityState(metric=metric, due_at=now)],
        update_conflicts=True,
        unique_fields=["metric"],
        update_fields=["due_at"],
    )
    wake.publish(TOPIC)
