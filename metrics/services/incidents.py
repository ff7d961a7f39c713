"""Incidents: one open for each failing check of a segment. Opened, attached to and closed by runs, answered by people.

Whoever takes several takes the metric's QualityState first, then its incidents, then the ledger.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from approvals.models import User
from approvals.services import ledger
from approvals.services.notices import notify
from config.kit.canonical import decimal_text, plain
from config.kit.locking import locked
from config.kit.refusals import BadInput, MoveRefused
from metrics.access import keepers_of, may_manage
from metrics.domain.quality.catalogue import KINDS, Setting
from metrics.domain.quality.judging import OWNER_AFTER, REOPENS_WITHIN, Outcome, Step, Verdict, step
from metrics.domain.quality.material import Finding
from metrics.models import Metric, QualityIncident
from metrics.services.quality_settings import look_again

KEPT_FINDINGS = 60
PASSED_AGAIN = "The check passes again."
SWITCHED_OFF = "The check was switched off, or the segment takes no values any more."
NOT_YOURS = "Those who manage the metric answer its incidents."
State = QualityIncident.State
Key = tuple[str, str]  # segment, check


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What a check said of a segment."""

    segment: str
    setting: Setting
    outcome: Outcome

    @property
    def key(self) -> Key:
        """Return what there is one open incident of."""
        return self.segment, self.setting.kind.key


def accepted_by(metric: Metric) -> dict[Key, set[str]]:
    """Return the findings that somebody resolved with a reason, by segment and check: one query."""
    found: dict[Key, set[str]] = {}
    rows = metric.incidents.filter(state=State.RESOLVED)
    for segment, check, keys in rows.values_list("segment", "check_key", "accepted"):
        found.setdefault((segment, check), set()).update(keys)
    return found


def follow(metric: Metric, judged: Iterable[Judged], now: datetime) -> None:
    """Open, attach to, take up again or close what the outcomes call for, in the transaction of the run."""
    recent = Q(state=State.CLOSED, ended_at__gte=now - REOPENS_WITHIN)
    rows = QualityIncident.objects.select_for_update(no_key=True).filter(
        Q(state__in=QualityIncident.OPEN_STATES) | recent, metric=metric
    )
    ended: dict[Key, QualityIncident] = {}
    running: dict[Key, QualityIncident] = {}
    for row in rows.order_by("pk"):
        (running if row.is_open else ended)[row.segment, row.check_key] = row
    # Read again under the locks: somebody may have accepted meanwhile what this run holds against the metric.
    accepted = accepted_by(metric)
    seen = set()
    for each in judged:
        seen.add(each.key)
        if {finding.key for finding in each.outcome.findings} <= accepted.get(each.key, set()) and _fails(each):
            continue
        _follow(metric, each, running.get(each.key), ended.get(each.key), now)
    for key in running.keys() - seen:
        _close(running[key], SWITCHED_OFF, now)


def _follow(
    metric: Metric, judged: Judged, running: QualityIncident | None, ended: QualityIncident | None, now: datetime
) -> None:
    outcome = judged.outcome
    closed_at = ended.ended_at if ended else None
    move = step(outcome.verdict, is_open=running is not None, closed_at=closed_at, now=now, moot=outcome.moot)
    if move is Step.OPEN:
        _open(metric, judged, now)
    elif move is Step.ATTACH and running is not None:
        _attach(running, judged, now)
    elif move is Step.REOPEN and ended is not None:
        _reopen(ended, judged, now)
    elif move is Step.CLOSE and running is not None:
        _close(running, outcome.sentence if outcome.moot else PASSED_AGAIN, now)


def _fails(judged: Judged) -> bool:
    return judged.outcome.verdict == Verdict.FAIL


def _seen(judged: Judged, now: datetime) -> dict[str, Any]:
    findings = [as_json(each) for each in judged.outcome.findings[:KEPT_FINDINGS]]
    words = {"severity": str(judged.setting.severity), "sentence": judged.outcome.sentence}
    return words | {"findings": findings, "last_seen_at": now}


def as_json(finding: Finding) -> dict[str, Any]:
    """Return a finding as its incident keeps it."""
    written = {name: getattr(finding, name) for name in ("key", "sentence", "period")}
    numbers = {
        name: None if value is None else decimal_text(value)
        for name, value in (("value", finding.value), ("expected", finding.expected))
    }
    return dict(plain(written | numbers))


def _open(metric: Metric, judged: Judged, now: datetime) -> None:
    made = QualityIncident.objects.create(
        metric=metric,
        segment=judged.segment,
        check_key=judged.setting.kind.key,
        opened_at=now,
        since=now,
        **_seen(judged, now),
    )
    _note(made, "opened", {"severity": made.severity, "says": made.sentence})
    notify(
        to=keepers_of(metric),
        cause_key=f"incident:{made.pk}",
        title=f"A check of {metric.name} fails: {title_of(made).lower()}",
        url=url_of(made),
        body=made.sentence,
    )


def _attach(running: QualityIncident, judged: Judged, now: datetime) -> None:
    for name, value in _seen(judged, now).items():
        setattr(running, name, value)
    running.failures += 1
    running.save()


def _reopen(ended: QualityIncident, judged: Judged, now: datetime) -> None:
    for name, value in _seen(judged, now).items():
        setattr(ended, name, value)
    ended.state, ended.since, ended.ended_at, ended.reason = State.OPEN, now, None, ""
    ended.acknowledged_at = ended.acknowledged_by = ended.owner_told_at = None
    ended.failures += 1
    ended.reopened += 1
    ended.save()
    _note(ended, "reopened", {"severity": ended.severity, "says": ended.sentence, "times": ended.reopened})


def _close(running: QualityIncident, why: str, now: datetime) -> None:
    running.state, running.ended_at, running.reason = State.CLOSED, now, why
    running.save()
    _note(running, "closed", {"reason": why})


@transaction.atomic
def acknowledge(incident: QualityIncident, *, by: User) -> QualityIncident:
    """Take an incident in hand; the owner is not told then. MoveRefused for one that somebody has or that is over."""
    row = _locked(incident, by)
    if row.state != State.OPEN:
        raise MoveRefused([f"The incident is {row.get_state_display().lower()} already."])
    row.state, row.acknowledged_at, row.acknowledged_by = State.ACKNOWLEDGED, timezone.now(), by
    row.save()
    _note(row, "acknowledged", {}, by=by)
    return row


@transaction.atomic
def resolve(incident: QualityIncident, *, reason: str, by: User) -> QualityIncident:
    """End an incident and accept what it found: the same again is no failure, anything else is.

    BadInput without a reason, MoveRefused for one that is over.
    """
    if not reason.strip():
        raise BadInput({"reason": ["Say why what the check found is accepted."]})
    # The metric's turn first, then its incident: the order in which a run takes them.
    look_again(incident.metric, timezone.now())
    row = _locked(incident, by)
    if not row.is_open:
        raise MoveRefused([f"The incident is {row.get_state_display().lower()} already."])
    row.state, row.ended_at, row.resolved_by, row.reason = State.RESOLVED, timezone.now(), by, reason
    row.accepted = [finding["key"] for finding in row.findings]
    row.save()
    _note(row, "resolved", {"reason": reason, "accepted": row.accepted}, by=by)
    return row


def _locked(incident: QualityIncident, by: User) -> QualityIncident:
    found = locked(QualityIncident.objects.select_related("metric").filter(pk=incident.pk)).get()
    if not may_manage(by, found.metric):
        raise PermissionDenied(NOT_YOURS)
    return found


def tell_owners(now: datetime) -> int:
    """Tell the owners of incidents that nobody has taken in hand for too long, once for each; returns how many."""
    late = Q(pk__in=[])
    for severity, after in OWNER_AFTER.items():
        late |= Q(severity=severity, since__lte=now - after)
    rows = QualityIncident.objects.filter(late, state=State.OPEN, owner_told_at=None)
    return sum(_tell_owner(row, now) for row in rows.select_related("metric__owner"))


@transaction.atomic
def _tell_owner(row: QualityIncident, now: datetime) -> bool:
    untold = QualityIncident.objects.filter(pk=row.pk, state=State.OPEN, owner_told_at=None)
    if not untold.update(owner_told_at=now) or row.metric.owner is None:
        return False
    notify(
        to=row.metric.owner,
        cause_key=f"incident:{row.pk}:owner:{row.reopened}",
        title=f"Nobody looks at {row.metric.name}, where a check fails: {title_of(row).lower()}",
        url=url_of(row),
        body=row.sentence,
    )
    return True


def title_of(row: QualityIncident) -> str:
    """Return the name of the check that fails."""
    return KINDS[row.check_key].title


def url_of(row: QualityIncident) -> str:
    """Return the address of the incident's page."""
    return reverse("incident", args=[row.pk])


def _note(row: QualityIncident, verb: str, payload: Mapping[str, Any], by: User | None = None) -> None:
    """Write what happened to an incident into the ledger of its metric."""
    named = {"incident": row.pk, "check": row.check_key, "segment": row.segment}
    metric = row.metric
    ledger.append(metric.stream, f"quality.incident_{verb}", by=by, subject=metric.key, payload=named | dict(payload))
