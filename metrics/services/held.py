"""Corrections of frozen periods: put before approvers instead of being stored, each wish once."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction

from approvals.models import ApprovalRequest, User
from approvals.services import changes, ledger
from config.kit.canonical import decimal_text
from config.kit.refusals import MoveRefused
from metrics.domain.intake import Ruling, Status
from metrics.models import Correction, CorrectionRow, Metric

KIND = "metric_correction"
PROGRAM = "api-premise"
"""Account in whose name Premise asks for what no person brought: a pull, a file imported from a console."""
MOST = 500
"""Corrections that one request may carry: more than that nobody reads before signing."""


def put_before_approvers(
    metric: Metric, rulings: Sequence[Ruling], fresh: Collection[int], *, by: User | None, now: datetime
) -> list[Ruling]:
    """Ask for approval of the rows that are new among those that wait; returns the rulings, refused where nobody could.

    The caller holds the metric's lock, which makes the same wish of two writers one.
    """
    asked = [each for each in rulings if each.status is Status.WAITING and each.arrival.row in fresh]
    if not asked:
        return list(rulings)
    try:
        if len(asked) > MOST:
            raise MoveRefused(
                [f"Send at most {MOST} corrections of frozen periods at a time: somebody must read them."]
            )
        with transaction.atomic():
            _ask(metric, asked, by=by or program(), now=now)
    except MoveRefused as refusal:
        return [_refused(each, str(refusal)) if each in asked else each for each in rulings]
    return list(rulings)


def _ask(metric: Metric, asked: Sequence[Ruling], *, by: User, now: datetime) -> None:
    correction = Correction.objects.create(metric=metric, proposed_by=by, proposed_at=now)
    CorrectionRow.objects.bulk_create(_row(correction, each) for each in asked)
    number = len(asked)
    noun = "a frozen value" if number == 1 else f"{number} frozen values"
    with ledger.gathered():
        changes.propose(
            kind=KIND,
            subject_id=str(correction.pk),
            title=f"Correction of {noun} of {metric.name}",
            content=content_of(correction),
            by=by,
            authors={by, *([metric.owner] if metric.owner else [])},
            reason=_reason(asked),
            base_version=0,
            facts={"tier": metric.level, "classification": metric.classification, "high_risk": high_risk(metric)},
        )
        correction.request = ApprovalRequest.objects.get(kind=KIND, subject_id=str(correction.pk))
        correction.save(update_fields=["request"])
        payload = {"correction": correction.pk, "values": number, "request": correction.request.pk}
        ledger.append(metric.stream, "values.held", by=by, subject=metric.key, payload=payload)


def high_risk(metric: Metric) -> bool:
    """Say whether the definition in force calls for the review board."""
    definition = metric.definition
    return definition is not None and (definition.high_risk or definition.personal_data)


def _reason(asked: Sequence[Ruling]) -> str:
    reasons = list(dict.fromkeys(each.arrival.reason for each in asked))
    more = f" (and {len(reasons) - 1} other reasons, each beside its value)" if len(reasons) > 1 else ""
    return reasons[0] + more


def _row(correction: Correction, ruling: Ruling) -> CorrectionRow:
    arrival = ruling.arrival
    return CorrectionRow(
        correction=correction,
        metric=correction.metric,
        segment=arrival.segment,
        period_start=arrival.start,
        period_end=arrival.end,
        base_revision=ruling.revision,
        value=arrival.value,
        sample_size=arrival.sample_size,
        source=arrival.source,
        external_id=arrival.external_id,
        note=arrival.note,
        reason=arrival.reason,
    )


def content_of(correction: Correction) -> dict[str, Any]:
    """Return what is signed: every value as it stands and as it would be."""
    metric = correction.metric
    rows = list(correction.rows.all())
    stored = metric.observations.filter(period_start__in={row.period_start for row in rows})
    columns = ("segment", "period_start", "revision", "value")
    known = {(segment, start, number): value for segment, start, number, value in stored.values_list(*columns)}
    values = [_signed(row, known.get((row.segment, row.period_start, row.base_revision))) for row in rows]
    unit = metric.definition.unit if metric.definition else ""
    return {"key": metric.key, "name": metric.name, "unit": unit, "time_zone": metric.time_zone, "values": values}


def _signed(row: CorrectionRow, before: Any) -> dict[str, Any]:
    return {
        "period_start": row.period_start.isoformat(),
        "segment": row.segment,
        "revision": row.base_revision,
        "from": _text(before),
        "to": _text(row.value),
        "sample_size": row.sample_size,
        "source": row.source,
        "note": row.note,
        "reason": row.reason,
    }


def _text(value: Any) -> str:
    return "" if value is None else decimal_text(value)


def _refused(ruling: Ruling, sentence: str) -> Ruling:
    return Ruling(arrival=ruling.arrival, status=Status.REFUSED, sentence=sentence, field="")


def program() -> User:
    """Return Premise's own account, which nobody can sign in to and which holds no role."""
    unusable = make_password(None)
    return User.objects.get_or_create(username=PROGRAM, defaults={"first_name": "Premise", "password": unusable})[0]


def settle(correction: Correction, *, applied: bool, now: datetime) -> None:
    """Note what became of a correction; its periods may be corrected by another one then."""
    correction.state = Correction.State.APPLIED if applied else Correction.State.ENDED
    correction.ended_at = now
    correction.save(update_fields=["state", "ended_at"])
    correction.rows.update(waiting=False)
