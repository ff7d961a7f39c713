"""End a metric by change control: planned, announced, retired at its date; or kept after all."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from approvals.models import ApprovalRequest, ChangeRequest, LedgerEntry, User
from approvals.services import changes, ledger
from approvals.services.notices import notify
from config.kit.canonical import parse
from config.kit.days import day_text
from config.kit.locking import locked
from config.kit.refusals import BadInput, MoveRefused
from metrics import dependants
from metrics.access import may_manage
from metrics.domain import ending
from metrics.domain.ending import Plan, Step, Successor, plan_errors
from metrics.domain.meaning import filled_by_premise
from metrics.models import Deprecation, Metric
from metrics.services import formulas
from metrics.services.definitions import authors_of
from metrics.services.held import high_risk

KIND = "metric_ending"
END, KEEP = "end", "keep"
State = Deprecation.State
INTERNAL = Metric.Classification.INTERNAL
RUNNING = [State.PLANNED, State.ANNOUNCED]
AT_ONCE = 200
"""Plans looked at in one sweep."""
SOMEWHERE = timedelta(hours=14)
"""The day begins so much earlier in the easternmost time zone."""


def running_plan(metric: Metric) -> Deprecation | None:
    """Return the approved plan that is not carried out yet."""
    return metric.deprecations.filter(state__in=RUNNING).select_related("successor", "proposed_by").first()


def proposed(metric: Metric) -> ApprovalRequest | None:
    """Return the request that runs for the end of the metric, or for keeping it."""
    found = ApprovalRequest.objects.filter(kind=KIND, subject_id=metric.key, state=ApprovalRequest.State.OPEN)
    return found.select_related("change").first()


def version_of(key: str) -> int:
    """Return how many plans were approved for the metric, withdrawn ones included; what a proposal is written on."""
    return ChangeRequest.objects.filter(kind=KIND, subject_id=key, state=ChangeRequest.State.APPLIED).count()


@transaction.atomic
def propose(
    metric: Metric, *, announce_on: date, remove_on: date, reason: str, successor: Metric | None, by: User
) -> ApprovalRequest:
    """Ask for the end of a metric, or for other dates or another successor of one that is announced already.

    BadInput with every error beside its field; MoveRefused for a metric that has no approved definition, or is retired.
    """
    metric = _managed(metric, by)
    if metric.state not in {Metric.State.APPROVED, Metric.State.DEPRECATED}:
        raise MoveRefused([f"A metric that is {metric.get_state_display().lower()} cannot be ended."])
    if filled_by_premise(metric.key):
        raise MoveRefused(["Premise fills this metric itself; it stays."])
    plan = _plan(metric, announce_on, remove_on, reason, successor)
    _refuse(plan, metric, now=timezone.now())
    content = {
        "key": metric.key,
        "name": metric.name,
        "do": END,
        "announce_on": announce_on.isoformat(),
        "remove_on": remove_on.isoformat(),
        "successor": successor.key if successor else "",
        "successor_name": successor.name if successor else "",
        "reason": reason,
    }
    return _ask(metric, content, f"End of {metric.name}", reason=reason, by=by)


@transaction.atomic
def propose_to_keep(metric: Metric, *, reason: str, by: User) -> ApprovalRequest:
    """Ask that a metric whose end was announced stay after all."""
    metric = _managed(metric, by)
    if metric.state != Metric.State.DEPRECATED:
        raise MoveRefused(["Its end is not announced; there is nothing to take back."])
    if not reason.strip():
        raise BadInput({"reason": ["Say why it stays."]})
    content = {"key": metric.key, "name": metric.name, "do": KEEP, "reason": reason}
    return _ask(metric, content, f"Keep {metric.name} after all", reason=reason, by=by)


def _ask(metric: Metric, content: Mapping[str, Any], title: str, *, reason: str, by: User) -> ApprovalRequest:
    authors = authors_of(metric.definition) if metric.definition else set()
    change = changes.propose(
        kind=KIND,
        subject_id=metric.key,
        title=title,
        content=dict(content),
        by=by,
        authors=authors | {by},
        reason=reason,
        base_version=version_of(metric.key),
        facts={"tier": metric.level, "classification": metric.classification, "high_risk": high_risk(metric)},
    )
    return change.requests.get()


def _plan(metric: Metric, announce_on: date, remove_on: date, reason: str, successor: Metric | None) -> Plan:
    named = None
    if successor is not None:
        named = Successor(
            key=successor.key,
            state=successor.state,
            ends=running_plan(successor) is not None,
            rests_on_it=successor.pk in formulas.following(metric.pk),
            hidden=metric.classification == INTERNAL != successor.classification,
        )
    return Plan(key=metric.key, announce_on=announce_on, remove_on=remove_on, reason=reason, successor=named)


def _refuse(plan: Plan, metric: Metric, *, now: datetime) -> None:
    """Refuse a plan with everything that is wrong with it."""
    present = running_plan(metric)
    announced = present.announce_on if present is not None and present.state == State.ANNOUNCED else None
    errors: dict[str, list[str]] = {}
    found = plan_errors(plan, today=metric.local_day(now), announced=announced, successors=_successors(metric))
    for name, sentence in found:
        errors.setdefault(name, []).append(sentence)
    if errors:
        raise BadInput(errors)


def _successors(metric: Metric) -> dict[str, str]:
    """Return, of every other metric that ends or is proposed to end, the key of what takes its place."""
    rows = Deprecation.objects.filter(state__in=RUNNING).exclude(metric=metric)
    found = dict(rows.values_list("metric__key", "successor__key"))
    asked = ApprovalRequest.objects.filter(kind=KIND, state=ApprovalRequest.State.OPEN).exclude(subject_id=metric.key)
    for key, content in asked.values_list("subject_id", "content"):
        found[key] = parse(content).get("successor", "")
    return {key: successor for key, successor in found.items() if successor}


def apply(change: ChangeRequest, content: dict[str, Any], *, by: User | None) -> int:
    """Carry out what was approved; a plan whose announcement is due is announced at once."""
    metric = _locked(content["key"])
    if content["do"] == KEEP:
        _keep(metric, reason=content["reason"], by=by)
    else:
        _accept(metric, content, proposed_by=change.opened_by, by=by)
    return change.base_version + 1


def _accept(metric: Metric, content: dict[str, Any], *, proposed_by: User, by: User | None) -> None:
    """Enter the plan; the successor is judged again, as it may have moved since it was named."""
    now = timezone.now()
    successor = Metric.objects.filter(key=content["successor"]).first() if content["successor"] else None
    announce_on, remove_on = (date.fromisoformat(content[name]) for name in ("announce_on", "remove_on"))
    judged = _plan(metric, announce_on, remove_on, content["reason"], successor)
    errors = plan_errors(judged, today=announce_on, announced=None, successors=_successors(metric))
    unfit = [sentence for name, sentence in errors if name == "successor"]
    if metric.state not in {Metric.State.APPROVED, Metric.State.DEPRECATED}:
        unfit.append(f"The metric is {metric.get_state_display().lower()} now.")
    if unfit:
        raise MoveRefused([*unfit, "Return the plan for changes, or reject it."])
    present = running_plan(metric)
    if present is not None:
        _end(present, State.REPLACED, by=by, reason="Another plan was approved.")
    plan = Deprecation.objects.create(
        metric=metric,
        successor=successor,
        announce_on=announce_on,
        remove_on=remove_on,
        reason=content["reason"],
        proposed_by=proposed_by,
        approved_at=now,
    )
    _record(metric, "metric.end_planned", by=by, payload=_facts(plan))
    # Of one that was announced before, the new dates hold at once, and people hear of them.
    if announce_on <= metric.local_day(now) or metric.state == Metric.State.DEPRECATED:
        _announce(metric, plan, now=now)


def _keep(metric: Metric, *, reason: str, by: User | None) -> None:
    plan = running_plan(metric)
    _move(metric, Step.KEEP)
    metric.successor, metric.removal_date = None, None
    _save(metric)
    if plan is not None:
        _end(plan, State.WITHDRAWN, by=by, reason=reason)
        _tell(metric, plan, "kept", f"{metric.name} stays after all", reason)
    _record(metric, "metric.kept", by=by, payload={"reason": reason})


@transaction.atomic
def withdraw(metric: Metric, *, by: User, reason: str) -> None:
    """Take back an approved plan before its announcement, for a reason; nobody who rests on the metric was told yet."""
    metric = _managed(metric, by)
    plan = running_plan(metric)
    if plan is None or plan.state != State.PLANNED:
        raise MoveRefused(
            ["There is no plan that could be withdrawn. Once its end is announced, propose to keep the metric."]
        )
    if not reason.strip():
        raise BadInput({"reason": ["Say why the plan is withdrawn."]})
    _end(plan, State.WITHDRAWN, by=by, reason=reason)
    keepers = [person for person in (metric.owner, metric.steward, plan.proposed_by) if person and person != by]
    notify(
        to=set(keepers),
        cause_key=f"ending:{plan.pk}:withdrawn",
        title=f"The planned end of {metric.name} is withdrawn",
        url=reverse("metric_lifecycle", args=[metric.key]),
        body=reason,
    )
    _record(metric, "metric.end_withdrawn", by=by, payload={"plan": plan.pk, "reason": reason})


@transaction.atomic
def discard(metric: Metric, *, by: User, reason: str) -> None:
    """Retire at once a metric that never was approved; its key stays taken.

    BadInput without a reason; MoveRefused where a version was approved or is in review, or something rests on it.
    """
    metric = _managed(metric, by)
    _move(metric, Step.DISCARD)
    if not reason.strip():
        raise BadInput({"reason": ["Say why it is discarded."]})
    if metric.conditions.armed().exists() or formulas.following(metric.pk) or metric.key in dependants.keys_in_use():
        raise MoveRefused(["A decision, a condition or another metric rests on it; take it out there first."])
    _save(metric)
    _record(metric, "metric.discarded", by=by, payload={"reason": reason})


def discarded_because(metric: Metric) -> tuple[datetime, str] | None:
    """Return when a metric was discarded as a draft, and why; None for one that ended otherwise."""
    entry = LedgerEntry.objects.filter(stream=metric.stream, verb="metric.discarded").last()
    return (entry.moment, parse(entry.payload)["reason"]) if entry else None


def sweep(now: datetime) -> int:
    """Announce and retire what is due, each metric in its own transaction; returns how many metrics moved."""
    day = (now + SOMEWHERE).date()
    due = Q(state=State.PLANNED, announce_on__lte=day) | Q(state=State.ANNOUNCED, remove_on__lte=day)
    rows = Deprecation.objects.filter(due).order_by("pk").values_list("metric__key", flat=True)[:AT_ONCE]
    return sum(_carry_out(key, now) for key in list(rows))


@transaction.atomic
def _carry_out(key: str, now: datetime) -> bool:
    """Take the steps of a plan that are due where the metric is kept; the row's lock makes two sweeps one."""
    metric = _locked(key)
    plan = running_plan(metric)
    if plan is None:
        return False
    today = metric.local_day(now)
    steps = ending.due(plan.state, announce_on=plan.announce_on, remove_on=plan.remove_on, today=today)
    with ledger.gathered():
        for step in steps:
            if step is Step.ANNOUNCE:
                _announce(metric, plan, now=now)
            else:
                _retire(metric, plan, now=now)
    return bool(steps)


def _announce(metric: Metric, plan: Deprecation, *, now: datetime) -> None:
    _move(metric, Step.ANNOUNCE)
    metric.successor, metric.removal_date = plan.successor, plan.remove_on
    _save(metric)
    plan.state, plan.announced_at = State.ANNOUNCED, now
    plan.save(update_fields=["state", "announced_at"])
    title = f"{metric.name} is deprecated and takes no values from {day_text(plan.remove_on)} on"
    _tell(metric, plan, "announced", title, f"{_instead(plan)} {plan.reason}")
    _record(metric, "metric.deprecated", by=None, payload=_facts(plan))


def _retire(metric: Metric, plan: Deprecation, *, now: datetime) -> None:
    _move(metric, Step.RETIRE)
    _save(metric)
    plan.state, plan.ended_at = State.DONE, now
    plan.save(update_fields=["state", "ended_at"])
    _tell(metric, plan, "retired", f"{metric.name} is retired and takes no more values", _instead(plan))
    _record(metric, "metric.retired", by=None, payload=_facts(plan))


def _instead(plan: Deprecation) -> str:
    return f"Use {plan.successor.name} ({plan.successor.key}) instead." if plan.successor else "It has no successor."


def _tell(metric: Metric, plan: Deprecation, what: str, title: str, body: str) -> None:
    """Tell everybody who rests on the metric or keeps it, and who keeps what is calculated from it."""
    resting: Iterable[Metric] = Metric.objects.filter(pk__in=formulas.following(metric.pk))
    keepers = [person for each in (metric, *resting) for person in (each.owner, each.steward) if person]
    people = {*keepers, *dependants.listeners_of(metric)}
    url = reverse("metric_lifecycle", args=[metric.key])
    notify(to=people, cause_key=f"ending:{plan.pk}:{what}:{plan.remove_on}", title=title, url=url, body=body)


def _end(plan: Deprecation, state: str, *, by: User | None, reason: str) -> None:
    plan.state, plan.ended_at, plan.ended_by, plan.ended_reason = state, timezone.now(), by, reason
    plan.save(update_fields=["state", "ended_at", "ended_by", "ended_reason"])


def _move(metric: Metric, step: Step) -> None:
    try:
        metric.state = ending.after(metric.state, step)
    except ValueError as error:
        raise MoveRefused([str(error)]) from error


def _save(metric: Metric) -> None:
    metric.version += 1
    metric.save()


def _facts(plan: Deprecation) -> dict[str, Any]:
    return {
        "plan": plan.pk,
        "announce_on": plan.announce_on.isoformat(),
        "remove_on": plan.remove_on.isoformat(),
        "successor": plan.successor.key if plan.successor else "",
        "reason": plan.reason,
    }


def _record(metric: Metric, verb: str, *, by: User | None, payload: dict[str, Any]) -> None:
    ledger.append(metric.stream, verb, by=by, subject=metric.key, payload=payload)


def _locked(key: str) -> Metric:
    return locked(Metric.objects.select_related("definition", "owner", "steward").filter(key=key)).get()


def _managed(metric: Metric, by: User) -> Metric:
    metric = _locked(metric.key)
    if not may_manage(by, metric):
        raise PermissionDenied("You may not end this metric.")
    return metric
