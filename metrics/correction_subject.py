"""What approvals must know of corrections of frozen periods: how to name, show and carry them out."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import CharField, Q
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils import timezone

from approvals import subjects
from approvals.models import ApprovalRequest, ChangeRequest, User
from approvals.roles import AUDITORS, has_role
from approvals.services import changes
from approvals.subjects import ReviewField, ReviewSection, SubjectKind, Touched
from config.kit.canonical import decimal_text
from config.kit.days import day_text
from config.kit.refusals import MoveRefused
from metrics import dependants
from metrics.access import may_manage
from metrics.domain.intake import Status
from metrics.domain.periods import zone_named
from metrics.models import Correction, CorrectionRow, Metric
from metrics.queries.segmented import sight_of
from metrics.queries.stored import Watch
from metrics.services import admission, formulas, freezes, held, observations, trying
from metrics.services.entries import Entry, cadence_of
from metrics.services.freezes import window_of

HEADER = ("Period from", "Stands", "Would be", "Reason", "Source", "Segment", "Sample", "Note")
ALWAYS = 4
"""The first columns are always there, the others where some value has something to say in them."""
TRIED = 5
"""So many corrections are tried against the conditions; of more it is only said what rests on the metric."""


def register() -> None:
    """Make corrections known to approvals."""
    subjects.register(
        SubjectKind(
            kind=held.KIND,
            label="Correction of frozen values",
            title=lambda subject_id: f"Correction of {_correction(subject_id).metric}",
            url=lambda subject_id: reverse("metric_values", args=[_correction(subject_id).metric.key]),
            freeze=lambda subject_id: None,
            on_verdict=on_verdict,
            may_see=_may_see,
            seen=_seen,
            may_withdraw=lambda user, subject_id: may_manage(user, _correction(subject_id).metric),
            sections=sections,
            impact=impact,
            unveiled=lambda user, subject_id: dependants.unveiled(_correction(subject_id).metric, user),
            notes=notes,
            apply=apply,
            version_of=lambda subject_id: int(_correction(subject_id).state == Correction.State.APPLIED),
        )
    )


def _correction(subject_id: str) -> Correction:
    return Correction.objects.select_related("metric__owner", "metric__definition", "proposed_by").get(pk=subject_id)


def _seen(user: User) -> Q:
    """Leave out metrics with restricted segments: which of their corrections somebody sees is asked one by one."""
    metrics = Metric.objects.visible_to(user).filter(segments_restricted=False).values("pk")
    rows = Correction.objects.filter(metric__in=metrics).annotate(subject_id=Cast("pk", CharField()))
    return Q(subject_id__in=rows.values("subject_id"))


def _may_see(user: User, subject_id: str) -> bool:
    """Let those read it who see the metric and every segment that is concerned."""
    correction = _correction(subject_id)
    if not Metric.objects.visible_to(user).filter(pk=correction.metric_id).exists():
        return False
    sight = sight_of(correction.metric, user)
    known = set(correction.metric.segments.values_list("name", flat=True))
    # A segment that is used for the first time is entered with its value; until then it is as others will be.
    metric = correction.metric
    new = not metric.segments_restricted or may_manage(user, metric) or has_role(user, AUDITORS)
    return all(sight.shows(row.segment) if row.segment in {*known, ""} else new for row in correction.rows.all())


def sections(*contents: dict[str, Any]) -> list[Sequence[ReviewSection]]:
    """Lay out each correction as a table, a value a row; its period is named first."""
    return [_laid_out(content) for content in contents]


def _laid_out(content: dict[str, Any]) -> Sequence[ReviewSection]:
    unit = f" {content['unit']}" if content["unit"] else ""
    rows = [_cells(value, content["time_zone"], unit) for value in content["values"]]
    said = [at for at in range(len(HEADER)) if at < ALWAYS or any(row[at] for row in rows)]
    header, shown = [HEADER[at] for at in said], [[row[at] for at in said] for row in rows]
    field = ReviewField(label=f"Values of {content['name']}", header=header, rows=shown)
    return [ReviewSection(key="values", title="Values", fields=[field])]


def _cells(value: dict[str, Any], zone: str, unit: str) -> tuple[str, ...]:
    start = datetime.fromisoformat(value["period_start"]).astimezone(zone_named(zone))
    told = [f"{value[name]}{unit}" if value[name] else "no value" for name in ("from", "to")]
    begins = day_text(start) + (f"{start: %H:%M}" if (start.hour, start.minute) != (0, 0) else "")
    sample = "" if value["sample_size"] is None else str(value["sample_size"])
    return (begins, *told, value["reason"], value["source"], value["segment"], sample, value["note"])


def notes(subject_id: str, content: dict[str, Any]) -> Iterator[str]:
    """Say what the values wait because of, as long as it runs, and which wholes a first value would be worked into."""
    correction = _correction(subject_id)
    metric = correction.metric
    follows = Metric.objects.filter(pk__in=formulas.following(metric.pk))
    concerned = [metric, *follows.filter(classification=Metric.Classification.INTERNAL)]
    for freeze in freezes.running(concerned, timezone.now()).select_related("declared_by"):
        yield f"Frozen {window_of(freeze).words}; declared by {freeze.declared_by}."
    yield from _wholes(correction)


def _wholes(correction: Correction) -> Iterator[str]:
    """Say what stands of the wholes that first values of their parts would change: one query, or none."""
    firsts = {row.period_start for row in correction.rows.all() if not row.base_revision and row.segment}
    if not firsts or admission.aggregated(correction.metric) is None or admission.restricted(correction.metric) & {""}:
        return
    zone = zone_named(correction.metric.time_zone)
    rows = correction.metric.observations.filter(segment="", period_start__in=firsts).current()
    for row in rows.order_by("period_start")[:TRIED]:
        stands = "no value" if row.value is None else decimal_text(row.value)
        day = day_text(row.period_start.astimezone(zone))
        yield f"The whole from {day} stands at {stands}; with its new part it is made anew."


def impact(subject_id: str, content: dict[str, Any]) -> Iterator[Touched]:
    """Yield what the corrections would do to conditions, and what rests on the metric, as its owner may see it."""
    correction = _correction(subject_id)
    metric = correction.metric
    if metric.owner is None:
        return
    resting = dependants.of(metric, metric.owner)
    named = {each.watcher: each for each in resting if each.watcher and not each.confidential}
    rows = list(correction.rows.all())
    for row in rows[:TRIED] if len(rows) <= TRIED else ():
        for effect in _effects(metric, row):
            if effect.condition.watcher in named:
                found = named[effect.condition.watcher]
                state = {"ok": "would hold", "breached": "would be broken"}.get(
                    effect.state, f"would be {effect.state}"
                )
                yield Touched(
                    what=found.title, detail=f"{Watch(effect.condition, []).sentence}: {state}", url=found.url
                )
    yield from dependants.touched_by(metric, metric.owner)


def _effects(metric: Metric, row: CorrectionRow) -> list[trying.Effect]:
    if row.value is None:
        return []
    period = cadence_of(metric).containing(row.period_start)
    return trying.effects(metric, segment=row.segment, period=period, value=row.value, sample_size=row.sample_size)


@transaction.atomic
def on_verdict(request: ApprovalRequest, outcome: str, *, by: User | None) -> None:
    """Store what was approved; anything else ends the wish, which may be made anew."""
    changes.conclude(request, outcome, by=by)
    if outcome != ApprovalRequest.State.APPROVED:
        held.settle(_correction(request.subject_id), applied=False, now=timezone.now())


def apply(change: ChangeRequest, content: dict[str, Any], *, by: User | None) -> int:
    """Record every value as the new revision of its period, with its reason; all of them or none."""
    correction = _correction(change.subject_id)
    rows = list(correction.rows.all())
    entries = [_entry(row) for row in rows]
    results = observations.release(correction.metric, entries, by=correction.proposed_by)
    moved = [
        f"{day_text(correction.metric.local_day(row.period_start))}: {result.sentence}"
        for row, result in zip(rows, results, strict=True)
        if result.revision != row.base_revision + 1 or result.status not in {Status.STORED, Status.REVISED}
    ]
    if moved:
        first = "Values changed since this was proposed, so it cannot be applied as signed; return or reject it."
        raise MoveRefused([first, *moved[:20]])
    held.settle(correction, applied=True, now=timezone.now())
    return 1


def _entry(row: CorrectionRow) -> Entry:
    names = ("period_start", "value", "segment", "sample_size", "external_id", "source", "note", "reason")
    return Entry(**{name: getattr(row, name) for name in names})
