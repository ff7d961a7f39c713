"""Write, submit and put in force the versions of a metric's definition."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from approvals.models import ApprovalRequest, ChangeRequest, User
from approvals.services import changes, ledger, policies, requests
from config.kit.canonical import digest
from config.kit.locking import locked
from config.kit.refusals import MoveRefused, Reason, StaleWrite
from metrics.access import may_manage
from metrics.domain import lifecycle
from metrics.domain.freezing import Window
from metrics.domain.lifecycle import MOVE_OF_OUTCOME, Move
from metrics.domain.meaning import missing
from metrics.models import SUBJECT_KIND, Metric, MetricDefinition
from metrics.services import admission, conditions, content, formulas, freezes, observations

KIND = SUBJECT_KIND
State = MetricDefinition.State
NOT_YOURS = "You may not change the definition of this metric."
FROZEN = "Definitions of this metric are frozen {}."
CLOSED = {Metric.State.DEPRECATED, Metric.State.RETIRED}


def proposed(metric: Metric) -> MetricDefinition | None:
    """Return the version that is being written or reviewed, if there is one."""
    return metric.definitions.filter(state__in=[State.DRAFT, State.IN_REVIEW]).first()


@transaction.atomic
def save_draft(
    metric: Metric, *, changes: Mapping[str, Any], expected_version: int | None, by: User | None
) -> MetricDefinition:
    """Write into the open draft, or open the next version with these changes; the version in force stays as it is.

    `expected_version` is the `Metric.version` that the writer saw (None: whatever is there). What equals the stored
    content is a no-op, stale or not. StaleWrite carries the fields that differ, as stored now.
    """
    metric = _managed(metric, by)
    draft = _writable(metric)
    before = content.values_of(draft)
    changed = content.fill(draft, changes, by=by)
    if not changed:
        return draft if draft.pk else _in_force(metric)
    if expected_version not in {None, metric.version}:
        raise _stale(draft, {name: before[name] for name in changed})
    content.refuse_new_periods(draft, metric)
    return _store(metric, draft, changed, by)


def _store(metric: Metric, draft: MetricDefinition, changed: list[str], by: User | None) -> MetricDefinition:
    draft.updated_by = by
    draft.save()
    if by is not None:
        draft.contributors.add(by)
    metric.version += 1
    if metric.definition_id is None:
        content.project(draft, metric)
    metric.save()
    if metric.definition_id is None and "settle_after" in changed:
        conditions.refold(metric, conditions.watching(metric))
    payload = {"version": draft.number, "fields": changed, "digest": digest(content.frozen(draft))}
    _record(metric, "definition.saved", by, payload)
    return draft


def _writable(metric: Metric) -> MetricDefinition:
    """Return the open draft, or an unsaved next version that starts from the last one."""
    if metric.state in CLOSED:
        raise MoveRefused([f"The metric is {metric.state}; its definition is closed."])
    if draft := proposed(metric):
        if draft.state == State.IN_REVIEW:
            raise MoveRefused([locked_because(metric)])
        return draft
    last = metric.definitions.order_by("-number").first()
    if last is None:
        return MetricDefinition(metric=metric, number=1)
    following = MetricDefinition(metric=metric, number=last.number + 1)
    for name, value in content.values_of(metric.definition or last).items():
        setattr(following, name, value)
    return following


def locked_because(metric: Metric) -> Reason:
    """Say why a definition in review cannot be changed, and where to take it back."""
    sentence = "The definition is in review and locked. Withdraw the request to change it."
    return Reason(sentence, reverse("metric", args=[metric.key]))


def _in_force(metric: Metric) -> MetricDefinition:
    return metric.definition or metric.definitions.order_by("-number")[0]


def _stale(draft: MetricDefinition, stored: dict[str, Any]) -> StaleWrite:
    saved = draft if draft.pk else _in_force(draft.metric)
    who = f" by {saved.updated_by}" if saved.updated_by else ""
    when = timezone.localtime(saved.updated_at).strftime("%H:%M on %-d %B")
    return StaleWrite(
        f"The definition was saved{who} at {when}, after you opened it. Compare below, then save again to keep yours.",
        stored=stored,
    )


@transaction.atomic
def submit(
    metric: Metric, *, by: User, reason: str = "", change_class: str = ChangeRequest.Class.MATERIAL
) -> ApprovalRequest:
    """Send the draft for approval. MoveRefused lists everything that is missing, each with the field to mend.

    A version after the first is a change request: it needs a reason, and an emergency is in force at once.
    """
    if change_class == ChangeRequest.Class.EMERGENCY:
        _with_all_it_moves(metric.pk, proposed(metric))
    metric = _managed(metric, by)
    draft = proposed(metric)
    if draft is None:
        raise MoveRefused(["There is no draft to submit. Change the definition first."])
    reasons = list(_obstacles(metric, draft, reason))
    frozen = _frozen(metric)
    if frozen is not None and change_class != ChangeRequest.Class.EMERGENCY:
        reasons.append(Reason(f"{FROZEN.format(frozen.words)} Submit it after that, or as an emergency."))
    if reasons:
        raise MoveRefused(reasons)
    content.refuse_new_periods(draft, metric)
    _move(draft, Move.SUBMIT)
    if metric.state == Metric.State.DRAFT:
        metric.state = Metric.State.IN_REVIEW
    metric.version += 1
    metric.save()
    with ledger.gathered():
        change = _change(metric, draft, by=by, reason=reason, change_class=change_class)
        request = _open_request(metric, draft, by, change)
        payload = {"version": draft.number, "digest": digest(content.frozen(draft))}
        _record(metric, "definition.submitted", by, payload)
        if change is not None and change.change_class == ChangeRequest.Class.EMERGENCY:
            _put_in_force(metric, draft)
            changes.apply(change, by=by, version=draft.number)
            if frozen is not None:
                passed = {"version": draft.number, "freeze": frozen.words, "reason": change.reason}
                _record(metric, "freeze.passed", by, passed)
    return request


def _obstacles(metric: Metric, draft: MetricDefinition, reason: str) -> Iterator[Reason]:
    """Yield what is missing before the draft can be sent, each with the field to mend."""
    place = reverse("metric_definition", args=[metric.key])
    values = content.values_of(draft)
    yield from (Reason(each.sentence, f"{place}#id_{each.field}") for each in missing(values))
    field = "expression" if draft.expression else "aggregation"
    yield from (Reason(sentence, f"{place}#id_{field}") for sentence in formulas.obstacles(values))
    yield from (Reason(sentence, f"{place}#id_aggregation_over") for sentence in admission.obstacles(draft))
    if metric.definition is not None and not reason.strip() and _running(draft) is None:
        yield Reason("Give the reason for the change.", f"{place}#change-reason")
    if metric.state in CLOSED:
        yield Reason(f"The metric is {metric.state}; its definition is closed.")


def _frozen(metric: Metric) -> Window | None:
    """Return the freeze that keeps the version in force where it is; a first version changes nothing."""
    return freezes.holding(metric, timezone.now()) if metric.definition is not None else None


def _running(draft: MetricDefinition) -> ChangeRequest | None:
    """Return the change request that the draft was sent with before it came back."""
    return ChangeRequest.objects.filter(kind=KIND, subject_id=str(draft.pk), state=ChangeRequest.State.OPEN).first()


def _change(
    metric: Metric, draft: MetricDefinition, *, by: User, reason: str, change_class: str
) -> ChangeRequest | None:
    """Open the change request of a version after the first, or go on with the one that came back."""
    if metric.definition is None:
        return None
    running = _running(draft)
    if running is not None:
        changes.assess(running, content.frozen(draft))
        return running
    return changes.open_change(
        kind=KIND,
        subject_id=str(draft.pk),
        by=by,
        reason=reason,
        change_class=change_class,
        base_version=metric.definition.number,
        content=content.frozen(draft),
    )


def _open_request(metric: Metric, draft: MetricDefinition, by: User, change: ChangeRequest | None) -> ApprovalRequest:
    return requests.open_request(
        kind=KIND,
        subject_id=str(draft.pk),
        title=f"Definition of {draft.name}, version {draft.number}",
        content=content.frozen(draft),
        by=by,
        authors=authors_of(draft) | {by},
        facts=facts_of(metric, draft),
        change=change,
    )


def facts_of(metric: Metric, draft: MetricDefinition) -> dict[str, Any]:
    """Return what policies ask about a version."""
    high = draft.high_risk or draft.personal_data
    return {"tier": draft.level, "classification": metric.classification, "high_risk": high}


def ahead_of(metric: Metric, draft: MetricDefinition) -> tuple[str, list[str]]:
    """Return the name of the policy that a draft would be signed by as a material change, and what else to know of it.

    Two queries; the name is empty where no policy applies.
    """
    change = {"change_class": ChangeRequest.Class.MATERIAL} if metric.definition_id else {}
    chosen = policies.consider(KIND, facts_of(metric, draft) | change).chosen
    said = []
    if chosen is not None and chosen.high_risk:
        said.append("It is put before the review board, as the metric is high-risk or its values are personal data.")
    if (frozen := _frozen(metric)) is not None:
        said.append(f"{FROZEN.format(frozen.words)} Until then only an emergency comes in force.")
    return (chosen.name if chosen else ""), said


def authors_of(draft: MetricDefinition) -> set[User]:
    """Return everyone who may not sign this version: who wrote it, and its owners and stewards, now or before."""
    people = set(draft.contributors.all())
    past = MetricDefinition.history.filter(metric=draft.metric).values_list("owner_id", "steward_id")
    named = {pk for pair in (*past, (draft.owner_id, draft.steward_id)) for pk in pair if pk}
    return people | set(User.objects.filter(pk__in=named))


def withdraw(metric: Metric, *, by: User, reason: str) -> None:
    """Take the definition back from review; approvals locks its request first, so no lock is taken here."""
    draft = proposed(metric)
    request = request_of(draft) if draft and draft.state == State.IN_REVIEW else None
    if request is None:
        raise MoveRefused(["The definition is not in review."])
    requests.withdraw(request, by=by, reason=reason)


def request_of(definition: MetricDefinition) -> ApprovalRequest | None:
    """Return the last request for approval of this version."""
    return ApprovalRequest.objects.filter(kind=KIND, subject_id=str(definition.pk)).order_by("-pk").first()


@transaction.atomic
def on_verdict(request: ApprovalRequest, outcome: str, *, by: User | None) -> None:
    """Do what the approvers said (called inside the transaction that signs)."""
    draft = MetricDefinition.objects.select_related("metric").get(pk=request.subject_id)
    metric = _with_all_it_moves(draft.metric_id, draft)
    draft.metric = metric
    move = MOVE_OF_OUTCOME[outcome]
    with ledger.gathered():
        if move is Move.APPROVE:
            if (frozen := _frozen(metric)) is not None:
                raise MoveRefused([f"{FROZEN.format(frozen.words)} Sign once that is over, or return it."])
            _put_in_force(metric, draft)
            if request.change is not None:
                changes.apply(request.change, by=by, version=draft.number)
        else:
            _move(draft, move)
            _after_refusal(metric)
            if move is Move.REJECT and request.change is not None:
                changes.close(request.change, by=by, reason=request.outcome_reason or "The change was rejected.")
        payload = {"version": draft.number, "digest": digest(content.frozen(draft))}
        _record(metric, f"definition.{outcome}", by, payload)


def _with_all_it_moves(pk: int, draft: MetricDefinition | None) -> Metric:
    """Lock a metric, what a draft calculates it from and what is calculated from it, as writers of values lock them.

    A value of an input that arrives meanwhile is then either there to be calculated with, or finds that it must be.
    """
    reached = Q(pk__in=[pk, *formulas.following(pk)]) | Q(key__in=formulas.inputs_of(draft))
    return locked(Metric.objects.filter(reached).order_by("key")).get(pk=pk)


def _put_in_force(metric: Metric, draft: MetricDefinition) -> None:
    """Let the version take the place of the one before it, and evaluate the metric's conditions by it."""
    if metric.state in CLOSED:
        raise MoveRefused([f"The metric is {metric.state}; its definition is closed. Return or reject this version."])
    content.refuse_new_periods(draft, metric)
    if metric.definition is not None:
        _move(metric.definition, Move.SUPERSEDE)
    _move(draft, Move.APPROVE)
    metric.definition = draft
    metric.state = Metric.State.APPROVED
    metric.version += 1
    content.project(draft, metric)
    metric.save()
    formulas.put_in_force(metric, draft)
    if draft.expression or draft.aggregation:
        admission.inherit(metric)
        observations.calculate_everything(metric, why=f"Calculated by version {draft.number} of the definition.")
    conditions.refold(metric, conditions.watching(metric))


def _after_refusal(metric: Metric) -> None:
    if metric.state == Metric.State.IN_REVIEW:
        metric.state = Metric.State.DRAFT
    metric.version += 1
    metric.save()


@transaction.atomic
def approve_without_request(metric: Metric, *, by: User | None = None) -> MetricDefinition:
    """Put the draft in force as the system: for demonstration data, which nobody has signed."""
    metric = _with_all_it_moves(metric.pk, proposed(metric))
    draft = proposed(metric)
    if draft is None:
        return _in_force(metric)
    if draft.state == State.DRAFT:
        _move(draft, Move.SUBMIT)
    with ledger.gathered():
        _put_in_force(metric, draft)
        payload = {"version": draft.number, "digest": digest(content.frozen(draft))}
        _record(metric, "definition.installed", by, payload)
    return draft


def _move(definition: MetricDefinition, move: Move) -> None:
    """Change the state; nothing else writes that column."""
    try:
        definition.state = lifecycle.after(definition.state, move)
    except ValueError as error:
        raise MoveRefused([str(error)]) from error
    if move is Move.APPROVE:
        definition.approved_at = timezone.now()
    definition.save()


def _record(metric: Metric, verb: str, by: User | None, payload: dict[str, Any]) -> None:
    ledger.append(metric.stream, verb, by=by, subject=metric.key, payload=payload)


def _managed(metric: Metric, by: User | None) -> Metric:
    """Lock the metric's row, which orders all writers of the metric, and check that `by` may change it."""
    metric = Metric.objects.select_for_update(no_key=True).get(pk=metric.pk)
    if by is not None and not may_manage(by, metric):
        raise PermissionDenied(NOT_YOURS)
    return metric
