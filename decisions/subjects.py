"""What approvals and metrics must know of decisions: how to name, freeze, show and conclude them; what rests where."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db.models import Q, Value

from approvals import subjects
from approvals.models import ApprovalRequest, User
from approvals.subjects import Kept, ReviewField, ReviewSection, SubjectKind
from config.kit.canonical import parse
from config.kit.days import day_text
from decisions import access
from decisions.domain.anchors import anchors
from decisions.domain.dossier import Dossier
from decisions.domain.framing import digest_of as framing_digest
from decisions.domain.materiality import substantive
from decisions.domain.reading import dossier_from
from decisions.domain.reviewing import TITLES, Known, Part, parts_of
from decisions.domain.scoring import complaints, model_from
from decisions.domain.writing import dossier_to
from decisions.models import SUBJECT_KIND, Authorship, Decision, DecisionVersion
from decisions.queries import doubts, resting
from decisions.queries.framing import agreements_to
from decisions.queries.pictured import replays_of
from decisions.queries.ranked import ranking_of
from decisions.services import checks, drafting, places, reach, retirements, undertaking, verdicts
from decisions.services.readiness import metric_keys, people_named
from metrics import dependants
from metrics.dependants import Dependant
from metrics.models import Condition, Metric

_TONES = {"in_force": "ok", "questioned": "bad"}
_STATES = {"ok": "holds", "pending": "nearly broken", "breached": "broken", "recovering": "recovering"}
_CONDITION_TONES = {"breached": "bad", "recovering": "warn", "pending": "warn"}


def register() -> None:
    """Make decisions known to approvals and metrics."""
    subjects.register(
        SubjectKind(
            kind=SUBJECT_KIND,
            label="Decision",
            title=lambda reference: str(Decision.objects.get(reference=reference)),
            url=places.decision_url,
            freeze=freeze,
            on_verdict=verdicts.on_verdict,
            may_see=_may_see,
            seen=lambda user: Q(subject_id__in=Decision.objects.visible_to(user).values("reference")),
            may_withdraw=_may_withdraw,
            sections=sections,
            previous=previous,
            writers=_writers,
            may_settle=_may_settle,
            places=_places,
            comment_url=places.comment_url,
            checks=checks.CHECKS,
            impact=reach.impact,
            substantive=substantive,
            commit=undertaking.commit,
            on_unapproved=reach.question_unapproved,
            version_of=lambda reference: Decision.objects.get(reference=reference).version,
            content_of=_content_of,
            warnings=_warnings,
            notes=_notes,
            kept=Kept(table=DecisionVersion._meta.db_table, rows=_kept),
        )
    )
    dependants.register(resting_on)
    dependants.register_teller(resting.told)
    dependants.register_seer(resting.seen)
    dependants.register_listeners(retirements.listeners)
    dependants.register_use(resting.in_use)


def _kept() -> Iterator[tuple[int, int, str]]:
    return DecisionVersion.objects.order_by("pk").values_list("number", "request_id", "text").iterator(200)


def freeze(reference: str) -> dict[str, Any] | None:
    """Return the working content as it stands: what is signed must still be exactly this."""
    decision = Decision.objects.filter(reference=reference).prefetch_related("sections").first()
    return None if decision is None else dossier_to(drafting.dossier_of(decision))


def sections(*contents: dict[str, Any]) -> list[Sequence[ReviewSection]]:
    """Lay frozen dossiers out for the review screen, with people and metrics by name."""
    dossiers = [dossier_from(content) for content in contents]
    known = _known_to_readers(dossiers)
    return [[_section(part, dossier, known) for part in parts_of(dossier, known)] for dossier in dossiers]


def _section(part: Part, dossier: Dossier, known: Known) -> ReviewSection:
    """Return a section with what it says; the assumptions' section pictures the replays of their conditions."""
    fields = [ReviewField(label=each.label, text=each.text, header=each.header, rows=each.rows) for each in part.fields]
    figures = replays_of(dossier, known.metrics) if part.key == "criteria" else ()
    return ReviewSection(key=part.key, title=part.title, fields=fields, figures=figures)


def _known_to_readers(dossiers: Sequence[Dossier]) -> Known:
    """Look up what the dossiers' people and metrics are called, in one query."""
    names = {name for dossier in dossiers for name in people_named(dossier)}
    keys = {key for dossier in dossiers for key, _ in metric_keys(dossier)}
    people = User.objects.filter(username__in=names).order_by()
    metrics = Metric.objects.filter(key__in=keys).order_by()
    rows = people.values_list(Value(True), "username", "first_name", "last_name", Value("")).union(
        metrics.values_list(Value(False), "key", "name", "definition__unit", "cadence"), all=True
    )
    known = Known(people={}, metrics={})
    for is_person, key, first, second, third in rows:
        if is_person:
            known.people[key] = f"{first} {second}".strip() or key
        else:
            known.metrics[key] = (first, second or "", third)
    return known


def previous(request: ApprovalRequest) -> dict[str, Any] | None:
    """Return the content that was in force before the request's."""
    earlier = DecisionVersion.objects.filter(decision__reference=request.subject_id, request__lt=request.pk)
    last = earlier.order_by("-number").first()
    return parse(last.text) if last else None


def _content_of(reference: str, number: int) -> dict[str, Any] | None:
    version = DecisionVersion.objects.filter(decision__reference=reference, number=number).first()
    return parse(version.text) if version else None


def _warnings(content: dict[str, Any]) -> Iterable[str]:
    """Say before anybody signs that the ranking turns easily, and why, which metrics end, and whose data fail."""
    dossier = dossier_from(content)
    keys = {key for key, _ in metric_keys(dossier)}
    ends = Metric.objects.filter(key__in=keys, state__in=[Metric.State.DEPRECATED, Metric.State.RETIRED])
    yield from (metric.ending for metric in ends.select_related("successor"))
    yield from doubts.of_keys(keys)
    model = model_from(dossier)
    if not complaints(model):
        found = ranking_of(model)
        yield from (f"The ranking is fragile. {reason}" for reason in found.fragile_reasons[:1])
        yield from found.fragile_reasons[1:]


def _notes(reference: str, content: dict[str, Any]) -> Iterable[str]:
    """Say who agreed to the framing before anything was scored, and what is approved in advance."""
    dossier = dossier_from(content)
    given = agreements_to(reference, framing_digest(dossier))
    if given:
        people = ", ".join(f"{each.person} ({day_text(each.at)})" for each in given)
        yield f"The framing was agreed before scoring by {people}."
    if count := len(dossier.risks.scenarios):
        several = f"{count} scenarios are" if count > 1 else "One scenario is"
        yield f"{several} approved in advance: fallback, stop condition, escalation and handoff need no new approval."


def resting_on(metric: Metric, user: User) -> Iterable[Dependant]:
    """Yield the decisions whose approved version rests on the metric, with the state of their conditions on it."""
    conditions: dict[str, list[Condition]] = {}
    for condition in resting.ARMED.all(metric=metric.pk):
        conditions.setdefault(condition.watcher, []).append(condition)
    decisions = resting.DECISIONS.all(user, metric=metric.pk)
    links: dict[int, set[str]] = {}
    for link in resting.LINKS.all(metric=metric.pk) if decisions else ():
        links.setdefault(link.decision_id, set()).add(link.get_part_display())
    for decision in decisions:
        own = conditions.get(decision.reference, [])
        words = [f"{condition.label or condition.key}: {_STATES[condition.state]}" for condition in own]
        parts = sorted(links.get(decision.pk, ()))
        tones = [_CONDITION_TONES[condition.state] for condition in own if condition.state in _CONDITION_TONES]
        yield Dependant(
            title=str(decision),
            url=places.decision_url(decision.reference),
            state=decision.get_state_display(),
            detail="; ".join(words) or ", ".join(parts),
            tone=tones[0] if tones else _TONES.get(decision.state, ""),
            watcher=decision.reference,
            confidential=decision.classification == Decision.Classification.CONFIDENTIAL,
        )


def _may_see(user: User, reference: str) -> bool:
    return Decision.objects.visible_to(user).filter(reference=reference).exists()


def _writers(reference: str) -> Iterable[User]:
    return User.objects.filter(pk__in=Authorship.objects.filter(decision__reference=reference).values("user"))


def _may_settle(user: User, reference: str) -> bool:
    decision = Decision.objects.filter(reference=reference).first()
    return decision is not None and access.may_edit(user, decision)


def _places(reference: str, section: str) -> dict[str, str]:
    """Return what people call a section and the places in it."""
    if section not in TITLES:
        return {}
    dossier = drafting.dossier_of(Decision.objects.prefetch_related("sections").get(reference=reference))
    keys = {goal.metric for goal in dossier.metrics.success_metrics}
    names = dict(Metric.objects.filter(key__in=keys).values_list("key", "name"))
    return {"": TITLES[section], **anchors(dossier, section, names)}


def _may_withdraw(user: User, reference: str) -> bool:
    decision = Decision.objects.filter(reference=reference).first()
    return decision is not None and access.may_manage(user, decision)
