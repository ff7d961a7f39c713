"""What approvals must know of metric definitions: how to name, freeze, show and conclude them."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import CharField, Q
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils import timezone

from approvals import subjects
from approvals.models import ApprovalRequest, User
from approvals.subjects import Kept, ReviewField, ReviewSection, SubjectKind, Touched
from config.kit.canonical import canonical, parse
from metrics import dependants
from metrics.access import may_manage
from metrics.models import Condition, Metric, MetricDefinition
from metrics.services import content, definitions, formulas, freezes

GROUPS = (
    ("meaning", "Meaning", ("name", "meaning", "formula", "expression", "missing_inputs", "unit", "direction")),
    (
        "segments",
        "Segments and the whole",
        ("aggregation", "aggregation_over", "aggregation_numerator", "aggregation_denominator", "missing_parts"),
    ),
    ("scope", "Population and sample", ("population", "exclusions", "normalisation", "minimum_sample")),
    (
        "data",
        "Data and periods",
        ("sources", "lineage", "transformation", "outage_fallback", "cadence", "time_zone", "settle_after"),
    ),
    (
        "targets",
        "Targets",
        ("baseline", "target", "target_30", "target_90", "target_365", "tolerance_low", "tolerance_high"),
    ),
    ("place", "Responsibility and place", ("owner", "steward", "family", "category", "level", "timing", "measures")),
    (
        "use",
        "Use and risks",
        (
            "counter_metrics",
            "risks",
            "actions",
            "personal_data",
            "personal_values",
            "retention_days",
            "high_risk",
            "risk_reason",
        ),
    ),
)
"""Section key, its title, and its fields: the grouping of the form, the page and the review screen."""


def register() -> None:
    """Make definitions known to approvals."""
    subjects.register(
        SubjectKind(
            kind=definitions.KIND,
            label="Metric definition",
            title=lambda subject_id: f"Definition of {_definition(subject_id)}",
            url=lambda subject_id: reverse("metric", args=[_definition(subject_id).metric.key]),
            freeze=_freeze,
            on_verdict=definitions.on_verdict,
            may_see=_may_see,
            seen=_seen,
            may_withdraw=lambda user, subject_id: may_manage(user, _definition(subject_id).metric),
            sections=sections,
            previous=_previous,
            impact=impact,
            unveiled=lambda user, subject_id: dependants.unveiled(_definition(subject_id).metric, user),
            substantive=substantive,
            warnings=_warnings,
            kept=Kept(table=MetricDefinition._meta.db_table, rows=_kept),
        )
    )


def _kept() -> Iterator[tuple[int, int, str]]:
    """Yield every version that was signed as its row has it now."""
    approved = ApprovalRequest.objects.filter(kind=definitions.KIND, state=ApprovalRequest.State.APPROVED)
    signed = {subject: (pk, parse(text)) for pk, subject, text in approved.values_list("pk", "subject_id", "content")}
    for row in MetricDefinition.objects.filter(pk__in=[*signed]).order_by("pk"):
        request, content_signed = signed[str(row.pk)]
        yield row.number, request, canonical(content.as_stored(row, content_signed))


def _definition(subject_id: str) -> MetricDefinition:
    return MetricDefinition.objects.select_related("metric", "owner", "steward").get(pk=subject_id)


def impact(subject_id: str, frozen: dict[str, Any]) -> Iterator[Touched]:
    """Yield what rests on the metric, as its owner may see it, and how much of it is watched."""
    metric = _definition(subject_id).metric
    armed = Condition.objects.armed().filter(metric=metric).count()
    if armed:
        noun = "break condition is" if armed == 1 else "break conditions are"
        yield Touched(what=f"{armed} {noun} evaluated anew by this definition")
    if metric.owner is None:
        return
    yield from dependants.touched_by(metric, metric.owner)


QUOTIENT = ("aggregation_numerator", "aggregation_denominator")
EXPLAINS = {"risks", "actions", "counter_metrics"}
"""Fields that say how the values are to be taken, and decide nothing about them."""


def substantive(old: dict[str, Any], new: dict[str, Any], section: str) -> bool:
    """Say whether a group of fields differs in more than explanations."""
    names = next((names for key, _, names in GROUPS if key == section), ())
    return any(old.get(name) != new.get(name) for name in names if name not in EXPLAINS)


def _warnings(frozen: dict[str, Any]) -> Iterator[str]:
    """Say why it is put before the review board, what it would tell, and that nothing of the metric may change now."""
    if frozen.get("high_risk"):
        yield f"This is a high-risk metric: {frozen.get('risk_reason', '')}"
    if frozen["classification"] == Metric.Classification.INTERNAL and _calculated_from_confidential(frozen):
        yield "It is calculated from a confidential metric and is not confidential itself: it may tell those values."
    metric = Metric.objects.filter(key=frozen["key"], definition__isnull=False).first()
    window = freezes.holding(metric, timezone.now()) if metric else None
    if window is not None:
        yield f"Definitions of this metric are frozen {window.words}: before that only an emergency comes in force."


def _calculated_from_confidential(frozen: dict[str, Any]) -> bool:
    said = {name: frozen.get(name, "") for name in ("expression", "aggregation", *QUOTIENT)}
    keys = formulas.inputs_of(MetricDefinition(**said))
    return Metric.objects.filter(key__in=keys, classification=Metric.Classification.CONFIDENTIAL).exists()


def _freeze(subject_id: str) -> dict[str, Any] | None:
    try:
        return content.frozen(_definition(subject_id))
    except MetricDefinition.DoesNotExist:
        return None


def _may_see(user: User, subject_id: str) -> bool:
    return Metric.objects.visible_to(user).filter(definitions__pk=subject_id).exists()


def _seen(user: User) -> Q:
    rows = MetricDefinition.objects.filter(metric__in=Metric.objects.visible_to(user).values("pk"))
    return Q(subject_id__in=rows.annotate(subject_id=Cast("pk", CharField())).values("subject_id"))


def _previous(request: ApprovalRequest) -> dict[str, Any] | None:
    """Return what was in force before: the last approved request of an earlier version, else that version itself."""
    definition = _definition(request.subject_id)
    earlier = definition.metric.definitions.filter(
        number__lt=definition.number, state__in=[MetricDefinition.State.APPROVED, MetricDefinition.State.SUPERSEDED]
    )
    last = earlier.select_related("metric", "owner", "steward").order_by("-number").first()
    if last is None:
        return None
    signed = definitions.request_of(last)
    return parse(signed.content) if signed else content.frozen(last)


def sections(*contents: dict[str, Any]) -> list[Sequence[ReviewSection]]:
    """Group frozen definitions as reviewers read them, people by their names: one query."""
    named = {frozen.get(name) for frozen in contents for name in content.PEOPLE} - {None, ""}
    names = {person.username: str(person) for person in User.objects.filter(username__in=named)} if named else {}
    return [_laid_out(frozen | _called(frozen, names)) for frozen in contents]


def _called(frozen: dict[str, Any], names: dict[str, str]) -> dict[str, str]:
    """Return the people of a definition by their names, with the user names that were signed: names may be the same."""
    people = {name: frozen[name] for name in content.PEOPLE if names.get(frozen.get(name, ""), "")}
    return {name: f"{names[username]} ({username})" for name, username in people.items()}


def _laid_out(frozen: dict[str, Any]) -> Sequence[ReviewSection]:
    return [
        ReviewSection(
            key=key,
            title=title,
            fields=[
                ReviewField(label=content.LABELS[name], text=content.words(name, frozen.get(name))) for name in names
            ],
        )
        for key, title, names in GROUPS
    ]
