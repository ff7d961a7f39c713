"""Approved versions: put one in force with all that follows from it, read the one in force, give up an amendment."""

from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from approvals.models import ApprovalRequest, ChangeRequest, User
from approvals.services import changes
from config.kit.canonical import parse
from config.kit.refusals import MoveRefused
from decisions.domain.breaking import conditions_of, key_of, spec_of
from decisions.domain.dossier import Dossier, Schedule
from decisions.domain.frozen import frozen
from decisions.domain.reading import dossier_from
from decisions.domain.writing import dossier_to
from decisions.models import CommitmentRecord, Decision, DecisionMetric, DecisionVersion, Review
from decisions.services import drafting, dues, people, readiness, segments
from decisions.services.undertaking import PREFIX
from decisions.services.wording import sentence_of
from metrics.models import Condition, Metric
from metrics.services import conditions


def current(decision: Decision) -> DecisionVersion:
    """Return the version in force; DoesNotExist before the first approval."""
    return decision.versions.get(number=decision.version)


def dossier_in_force(decision: Decision) -> Dossier:
    """Return the approved content as a value."""
    return frozen(current(decision).text).dossier


def put_in_force(decision: Decision, request: ApprovalRequest, *, by: User | None, at: datetime) -> dict[str, Any]:
    """Make the approved content of a request the version in force, atomically; returns columns for the decision's row.

    The decision is locked. Its conditions are armed from the approved text, never from the working sections.
    """
    dossier = dossier_from(parse(request.content))
    number = decision.version + 1
    DecisionVersion.objects.create(
        decision=decision,
        number=number,
        text=request.content,
        digest=request.digest,
        request=request,
        change=request.change,
        approved_at=at,
    )
    drafting.apply_frame(decision, dossier.frame, at=at)
    _link_metrics(decision, dossier)
    _arm(decision, dossier, by=by)
    _commit(decision, dossier)
    review_on = _plan_review(decision, dossier.schedule, at.date())
    columns = {"version": number, "next_review_on": review_on, "evidence_due_on": dues.write(decision, dossier)}
    return columns if decision.in_force_since else columns | {"in_force_since": at}


def give_up(decision: Decision, change: ChangeRequest, *, by: User | None, reason: str) -> None:
    """End an amendment without effect: the sections go back to what is in force, a waiting answer reopens."""
    content = parse(current(decision).text)
    drafting.restore(decision, content, by=by or change.opened_by, at=timezone.now())
    changes.close(change, by=by, reason=reason)
    for reevaluation in decision.reevaluations.filter(change=change, state="amending"):
        reevaluation.state = reevaluation.State.ACKNOWLEDGED
        reevaluation.outcome, reevaluation.change = "", None
        reevaluation.flag = f"The amendment was not approved: {reason}".strip()
        reevaluation.save()


def impact_of(decision: Decision) -> dict[str, Any]:
    """Return what a change of the decision touches: its metrics, armed conditions, open commitments, later cycles."""
    return {
        "metrics": sorted(decision.metrics.values_list("metric__key", flat=True).distinct()),
        "commitments": decision.commitments.filter(state=CommitmentRecord.State.OPEN).count(),
        "supersedes": sorted(decision.supersedes.values_list("reference", flat=True)),
        "later_cycles": sorted(decision.later_cycles.values_list("reference", flat=True)),
    }


def carried_forward(decision: Decision) -> dict[str, Any]:
    """Return the content for the next cycle: the approved (else the working) one, with the lessons of this one."""
    dossier = dossier_in_force(decision) if decision.version else drafting.dossier_of(decision)
    content = dossier_to(dossier)
    closing = getattr(decision, "closing", None)
    if closing is not None and closing.lessons:
        text = content["background"]["text"]
        content["background"]["text"] = f"{text}\n\nLessons of {decision.reference}:\n\n{closing.lessons}".strip()
    if not people.find(content["frame"]["owner_of_last_resort"]):
        content["frame"]["owner_of_last_resort"] = ""
    return content


def _link_metrics(decision: Decision, dossier: Dossier) -> None:
    wanted = readiness.metric_keys(dossier)
    known = {metric.key: metric for metric in Metric.objects.filter(key__in={key for key, _ in wanted})}
    decision.metrics.all().delete()
    links = [
        DecisionMetric(decision=decision, metric=known[key], part=part) for key, part in sorted(wanted) if key in known
    ]
    DecisionMetric.objects.bulk_create(links)


def _arm(decision: Decision, dossier: Dossier, *, by: User | None) -> None:
    """Arm every condition of the version, and disarm those that it no longer has."""
    metrics = {metric.key: metric for metric in Metric.objects.filter(conditions__watcher=decision.reference)}
    wanted = {key_of(assumption, condition): condition for assumption, condition in conditions_of(dossier)}
    keys, names = {condition.metric for condition in wanted.values()}, segments.names_of(wanted.values())
    metrics |= {m.key: m for m in Metric.objects.filter(key__in=keys).select_related("definition")}
    # In the order of their metrics: two approvals at once lock the metrics in the same order.
    for key, condition in sorted(wanted.items(), key=lambda item: (item[1].metric, item[0])):
        metric = metrics[condition.metric]
        if condition.segment not in names:
            raise MoveRefused([f"The segment that condition {key} watches is not in the registry."])
        conditions.arm(
            watcher=decision.reference,
            key=key,
            metric_key=metric.key,
            spec=spec_of(condition),
            label=sentence_of(condition, metric)[:300],
            segment=names[condition.segment],
            by=by,
        )
    gone = set(armed_keys(decision)) - wanted.keys()
    if gone:
        conditions.disarm(watcher=decision.reference, by=by, keys=gone)


def armed_keys(decision: Decision) -> list[str]:
    """Return the keys of the decision's armed conditions."""
    rows = Condition.objects.armed().filter(watcher=decision.reference)
    return list(rows.values_list("key", flat=True))


def _commit(decision: Decision, dossier: Dossier) -> None:
    """Keep commitments in step with the approved version: new ones open, changed ones follow, gone ones are dropped."""
    # What approvers made a condition is not the dossier's to drop.
    kept = {record.key: record for record in decision.commitments.exclude(key__startswith=PREFIX)}
    for item in dossier.schedule.commitments:
        record = kept.pop(item.id, None) or CommitmentRecord(decision=decision, key=item.id)
        owner = people.find(item.owner)
        if owner is None or item.due_on is None:
            continue
        record.text, record.owner, record.due_on = item.text, owner, item.due_on
        if record.state == CommitmentRecord.State.DROPPED:
            record.state = CommitmentRecord.State.OPEN
        record.save()
    for record in kept.values():
        if record.state == CommitmentRecord.State.OPEN:
            record.state, record.settled_at = CommitmentRecord.State.DROPPED, timezone.now()
            record.note = "No longer part of the approved version."
            record.save()


def _plan_review(decision: Decision, schedule: Schedule, today: date) -> date | None:
    """Return the next review's day: the first one while it lies ahead, else counted on from today by the cadence.

    A review that is due already stays due: an amendment does not stand in for it.
    """
    overdue = decision.reviews.filter(held_at__isnull=True, due_on__lte=today).order_by("due_on").first()
    if overdue is not None:
        return overdue.due_on
    day = schedule.first_review_on
    if (day is None or day <= today) and schedule.review_every_days:
        day = today + timedelta(days=schedule.review_every_days)
    decision.reviews.filter(held_at__isnull=True).delete()
    if day is not None:
        Review.objects.get_or_create(decision=decision, due_on=day)
    return day
