"""What approvals must know of the end of a metric: how to name, show and carry it out."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from django.db.models import Q
from django.urls import reverse

from approvals import subjects
from approvals.models import ApprovalRequest
from approvals.services import changes
from approvals.subjects import ReviewField, ReviewSection, SubjectKind, Touched
from config.kit.canonical import parse
from config.kit.days import day_text
from metrics import dependants
from metrics.access import may_manage
from metrics.models import Condition, Metric
from metrics.services import ending, formulas


def register() -> None:
    """Make the end of a metric known to approvals."""
    subjects.register(
        SubjectKind(
            kind=ending.KIND,
            label="End of a metric",
            title=lambda key: f"End of {_metric(key)}",
            url=lambda key: reverse("metric_lifecycle", args=[key]),
            freeze=lambda key: None,
            on_verdict=changes.conclude,
            may_see=lambda user, key: Metric.objects.visible_to(user).filter(key=key).exists(),
            seen=lambda user: Q(subject_id__in=Metric.objects.visible_to(user).values("key")),
            may_withdraw=lambda user, key: may_manage(user, _metric(key)),
            sections=sections,
            impact=impact,
            unveiled=lambda user, key: dependants.unveiled(_metric(key), user),
            apply=ending.apply,
            version_of=ending.version_of,
            previous=previous,
        )
    )


def _metric(key: str) -> Metric:
    return Metric.objects.select_related("owner").get(key=key)


def previous(request: ApprovalRequest) -> dict[str, Any] | None:
    """Return the plan that was approved before, of a metric whose dates are moved."""
    earlier = ApprovalRequest.objects.filter(kind=ending.KIND, subject_id=request.subject_id, pk__lt=request.pk)
    last = earlier.filter(state=ApprovalRequest.State.APPROVED).order_by("-pk").first()
    return parse(last.content) if last else None


def sections(*contents: dict[str, Any]) -> list[Sequence[ReviewSection]]:
    """Lay plans out for reading."""
    return [[ReviewSection(key="plan", title="Plan", fields=_fields(content))] for content in contents]


def _fields(content: dict[str, Any]) -> list[ReviewField]:
    told = [("Metric", f"{content['name']} ({content['key']})")]
    if content["do"] == ending.KEEP:
        told.append(("What is asked", "It stays after all; its announced end is taken back."))
    else:
        named = f"{content['successor_name']} ({content['successor']})" if content["successor"] else "None"
        told += [
            ("What is asked", "It is announced as ending, and later takes no more values."),
            ("Announced on", _day(content["announce_on"])),
            ("Takes no values from", _day(content["remove_on"])),
            ("Successor", named),
        ]
    told.append(("Reason", content["reason"]))
    return [ReviewField(label=label, text=text) for label, text in told]


def _day(text: str) -> str:
    return day_text(date.fromisoformat(text))


def impact(key: str, content: dict[str, Any]) -> Iterator[Touched]:
    """Yield what loses its values: conditions, calculated metrics, and what its owner may see of who rests on it."""
    metric = _metric(key)
    armed = Condition.objects.armed().filter(metric=metric).count()
    if armed:
        noun = "break condition watches" if armed == 1 else "break conditions watch"
        yield Touched(what=f"{armed} {noun} it", detail=_fate(content))
    for each in Metric.objects.filter(pk__in=formulas.following(metric.pk)).order_by("name"):
        hidden = each.classification == Metric.Classification.CONFIDENTIAL != metric.classification
        told = ("A confidential metric", "") if hidden else (each.name, reverse("metric", args=[each.key]))
        yield Touched(what=told[0], detail="Calculated from it, and would get no more values", url=told[1])
    if metric.owner is None:
        return
    yield from dependants.touched_by(metric, metric.owner)


def _fate(content: dict[str, Any]) -> str:
    if content["do"] == ending.KEEP:
        return "They go on getting values."
    return f"They get no more values from {_day(content['remove_on'])}; each decision is questioned then."
