"""Look after a metric's segments: declare and close them, and say who may see and record which."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from guardian.shortcuts import assign_perm, remove_perm

from approvals.models import User
from approvals.services import ledger
from config.kit.canonical import digest
from config.kit.locking import locked
from config.kit.refusals import BadInput, MoveRefused, StaleWrite
from config.kit.text import clean_text
from metrics.access import may_manage
from metrics.models import Metric, MetricSegment
from metrics.models.segment import CONTRIBUTE, VIEW
from metrics.services import admission, formulas, freezes, late_parts, observations

GRANTS = {VIEW: "See its values", CONTRIBUTE: "See and record its values"}


@transaction.atomic
def declare(
    metric: Metric,
    *,
    name: str,
    dimension: str,
    by: User | None,
    opened_from: date | None = None,
    closed_from: date | None = None,
    expected: str | None = None,
) -> MetricSegment:
    """Enter a segment, or change from when until when it is one. A whole that is made of it is made anew.

    Only those that stand without another segment stay, as somebody has to decide on them (`remaking`).
    `expected`: the version of the segment that the writer saw (None: whatever is there). StaleWrite; BadInput by field
    for a name that is none, a dimension that the whole is not made over, or days in the wrong order;
    MoveRefused while the whole that would be made anew, or what is calculated from it, is frozen.
    """
    with ledger.gathered():
        metric = managed(metric, by)
        name, dimension = _cleaned(metric, name, dimension, opened_from, closed_from)
        row = metric.segments.filter(name=name).first()
        wanted = {"dimension": dimension, "opened_from": opened_from, "closed_from": closed_from}
        if row is not None and all(getattr(row, field) == value for field, value in wanted.items()):
            return row
        if expected is not None and expected != version_of(row):
            raise StaleWrite(f"Somebody else entered or changed “{name}” after you opened this page.", stored=row)
        if admission.aggregated(metric):
            refuse_while_frozen(metric)
        row = row or MetricSegment(metric=metric, name=name, restricted=metric.segments_restricted)
        row.missed_at = row.missed_from = None
        for field, value in wanted.items():
            setattr(row, field, value)
        row.save()
        admission.mark(metric)
        _record(metric, "segment.declared", by, wanted | {"segment": name})
        if admission.aggregated(metric):
            leaving = set(late_parts.missed(metric, besides=name).values_list("period_start", flat=True))
            observations.calculate_everything(metric, why=f"The segment {name} was declared.", leaving=leaving)
        return row


def version_of(segment: MetricSegment | None) -> str:
    """Return what tells one state of a segment from another; nothing where nobody has said anything of it."""
    said = [segment.dimension, segment.opened_from, segment.closed_from] if segment else []
    return digest([str(each) for each in said])[:16] if any(said) else ""


def refuse_while_frozen(metric: Metric) -> None:
    """Let nobody change what a whole is made of, and so its values, past a freeze that would hold their correction."""
    if reason := frozen(metric):
        raise MoveRefused([reason])


def frozen(metric: Metric) -> str:
    """Return why a whole has to stay as it is made for now; empty where nothing holds it."""
    now = timezone.now()
    for each in (metric, *Metric.objects.filter(pk__in=formulas.following(metric.pk))):
        if (window := freezes.holding(each, now)) is not None:
            return f"{each.name} is frozen {window.words}; what its whole is made of stays as it is."
    return ""


def _cleaned(metric: Metric, name: str, dimension: str, opened: date | None, closed: date | None) -> tuple[str, str]:
    errors: dict[str, list[str]] = {}

    def text(field: str, given: str, longest: int, lacking: str) -> str:
        try:
            found = clean_text(given, max_length=longest)
        except ValueError as error:
            errors[field] = [str(error)]
            return ""
        if not found:
            errors[field] = [lacking]
        return found

    name = text("name", name, 80, "Name the segment as its values name it, for example North.")
    dimension = text("dimension", dimension, 40, "Say what it is a segment of, for example region.")
    definition = admission.aggregated(metric)
    over = definition.aggregation_over if definition else ""
    if over and dimension and dimension != over:
        errors["dimension"] = [f"The whole is made over {over}; a segment of another kind would be counted twice."]
    if opened and closed and closed <= opened:
        errors["closed_from"] = ["It closes after it opens."]
    if errors:
        raise BadInput(errors)
    return name, dimension


@transaction.atomic
def restrict(metric: Metric, *, name: str, restricted: bool, by: User | None) -> None:
    """Let only those granted see a segment (an empty name is the whole), or again everyone who sees the metric.

    What is calculated from the metric is restricted with it; opened again it is only by itself.
    """
    with ledger.gathered():
        metric = managed(metric, by)
        row = metric.segments.filter(name=name).first()
        if row is None and name:
            raise MoveRefused([f"There is no segment “{name}”."])
        if restricted == (row is not None and row.restricted):
            return
        if restricted:
            admission.restrict(metric, [name])
            admission.spread(metric, [name])
        elif row is not None:
            row.restricted = False
            row.save(update_fields=["restricted"])
        _record(metric, "segment.restricted" if restricted else "segment.opened", by, {"segment": name})


@transaction.atomic
def restrict_new(metric: Metric, *, restricted: bool, by: User | None) -> None:
    """Say whether a segment that is used for the first time is restricted until somebody opens it."""
    metric = managed(metric, by)
    if metric.segments_restricted == restricted:
        return
    metric.segments_restricted = restricted
    metric.version += 1
    metric.save()
    _record(metric, "segments.restricted" if restricted else "segments.opened", by, {})


@transaction.atomic
def grant(segment: MetricSegment, *, to: User | Group, permission: str, by: User | None) -> None:
    """Let a person, or everybody in a group, see or record one segment."""
    _granting(segment, to, permission, by=by, verb="segment.granted", act=assign_perm)


@transaction.atomic
def revoke(segment: MetricSegment, *, to: User | Group, permission: str, by: User | None) -> None:
    """Take a grant away again; it acts on the next request."""
    _granting(segment, to, permission, by=by, verb="segment.revoked", act=remove_perm)


def _granting(
    segment: MetricSegment, to: User | Group, permission: str, *, by: User | None, verb: str, act: Callable[..., Any]
) -> None:
    metric = managed(segment.metric, by)
    if permission not in GRANTS:
        raise MoveRefused([f"There is no permission “{permission}”; choose one of {', '.join(GRANTS)}."])
    act(permission, to, segment)
    who = {"group": to.name} if isinstance(to, Group) else {"to": ledger.actor_of(to)}
    _record(metric, verb, by, who | {"segment": segment.name, "permission": permission})


def _record(metric: Metric, verb: str, by: User | None, payload: dict[str, Any]) -> None:
    told = {name: value.isoformat() if isinstance(value, date) else value for name, value in payload.items()}
    ledger.append(f"metric:{metric.key}", verb, by=by, subject=metric.key, payload=told)


def managed(metric: Metric, by: User | None) -> Metric:
    """Lock the metric and what is calculated from it, as writers of its values do; check that `by` manages it."""
    wanted = [metric.pk, *formulas.following(metric.pk)]
    rows = locked(Metric.objects.filter(pk__in=wanted).order_by("key").select_related("definition"))
    metric = {row.pk: row for row in rows}[metric.pk]
    if by is not None and not may_manage(by, metric):
        raise PermissionDenied("You may not manage this metric.")
    return metric
