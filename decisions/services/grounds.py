"""Grounds to question a decision that no signal reports: overdue refreshes, changed definitions, reviews, corrections.

Each is raised once, under its key; while a re-evaluation is open, further ones attach to it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Subquery

from approvals.models import User
from approvals.services import ledger
from config.kit.days import day_text
from decisions.domain.ageing import GRACE, Refresh, overdue
from decisions.domain.moves import LIVE
from decisions.domain.response import approved_response, graver, merged
from decisions.models import Decision, DecisionMetric, DecisionVersion, Ground, Reevaluation
from decisions.services import dues, people, questioning, recounting, telling, transition, versions
from metrics.models import Condition, MetricDefinition

Cause = Reevaluation.Cause


@dataclass(frozen=True, kw_only=True)
class Raised:
    """One ground, before it is stored: `key` names the occurrence, `assumption` whose response was approved for it."""

    cause: str
    key: str
    sentence: str
    severity: str
    assumption: str = ""
    definition: MetricDefinition | None = None


def raise_all(
    reference: str, raised: Sequence[Raised], *, by: User | None, now: datetime, reopens: Reevaluation | None = None
) -> Reevaluation | None:
    """Question a decision on those grounds that were never raised; None when there are none, or it is over."""
    with transaction.atomic(), ledger.gathered():
        decision = transition.locked(reference)
        known = set(Ground.objects.filter(decision=decision).values_list("key", flat=True))
        fresh = [each for each in raised if each.key not in known]
        if not fresh or decision.state not in LIVE:
            return None
        found = decision.reevaluations.open().first()
        if found is None:
            found = _open_for(decision, fresh, by=by, now=now, reopens=reopens)
        else:
            _attach(found, decision, fresh, by=by, now=now)
        Ground.objects.bulk_create(
            Ground(
                reevaluation=found,
                decision=decision,
                cause=each.cause,
                key=each.key,
                sentence=each.sentence,
                severity=each.severity,
                definition=each.definition,
                at=now,
            )
            for each in fresh
        )
    return found


def _open_for(
    decision: Decision, fresh: Sequence[Raised], *, by: User | None, now: datetime, reopens: Reevaluation | None
) -> Reevaluation:
    severity = _gravest(fresh)
    found = questioning.open_question(
        decision,
        cause=fresh[0].cause,
        severity=severity,
        text=" ".join(each.sentence for each in fresh),
        by=by,
        now=now,
        response=reopens.response if reopens else _response(decision, fresh),
        metric=fresh[0].definition.metric if fresh[0].definition else None,
        reopens=reopens,
    )
    title = f"{decision.reference} is questioned"
    telling.tell(people.answerable(decision), found, decision, key="opened", title=title)
    return found


def _attach(
    found: Reevaluation, decision: Decision, fresh: Sequence[Raised], *, by: User | None, now: datetime
) -> None:
    """Add further grounds to the open task."""
    why = "A further ground came up while the answer waited for its approval."
    response = _response(decision, fresh)
    questioning.add_cause(found, severity=_gravest(fresh), response=response, why=why, now=now)
    sentence = " ".join(each.sentence for each in fresh)
    title = f"{decision.reference} is questioned on a further ground"
    to = people.answerable(decision)
    telling.tell(to, found, decision, key=f"ground:{fresh[0].key}"[:150], title=title, body=sentence)
    payload = {"reevaluation": found.pk, "cause": fresh[0].cause, "question": sentence}
    recounting.record(decision, "ground_attached", by=by, payload=payload)


def _gravest(fresh: Iterable[Raised]) -> str:
    severity = "minor"
    for each in fresh:
        severity = graver(severity, each.severity)
    return severity


def _response(decision: Decision, fresh: Sequence[Raised]) -> list[dict[str, object]]:
    """Return what was approved for the assumptions concerned; for all cases where a ground concerns none of them."""
    dossier = versions.dossier_in_force(decision)
    response = approved_response(dossier, fresh[0].assumption)
    for each in fresh[1:]:
        response = merged(response, approved_response(dossier, each.assumption))
    return response


def question_overdue(now: datetime) -> int:
    """Question every live decision of which something is overdue by more than the grace; returns how many were."""
    today = now.date()
    old = Decision.objects.live().filter(evidence_due_on__lt=today - GRACE)
    rows = list(old.order_by("pk").values_list("pk", "reference"))
    raised = Ground.objects.filter(decision__in=[pk for pk, _ in rows], cause=Cause.REFRESH)
    known = set(raised.values_list("decision", "key"))
    carried = dues.by_decision([pk for pk, _ in rows])
    done = 0
    for pk, reference in rows:
        late = [each for each in overdue(carried[pk], today) if (pk, each.key) not in known]
        if late:
            done += raise_all(reference, [_overdue(each) for each in late], by=None, now=now) is not None
    return done


def _overdue(each: Refresh) -> Raised:
    sentence = f"{each.what[0].upper()}{each.what[1:]} was to be looked at again by {day_text(each.day)}."
    return Raised(cause=Cause.REFRESH, key=each.key, sentence=sentence, severity="minor", assumption=each.assumption)


def question_redefined(now: datetime) -> int:
    """Question every live decision that was approved on another definition of a metric; returns how many were.

    A `definition` condition of the decision on the metric speaks for itself, so that nothing is said twice.
    """
    version = DecisionVersion.objects.filter(decision=OuterRef("decision"), number=OuterRef("decision__version"))
    told = Ground.objects.filter(decision=OuterRef("decision"), definition=OuterRef("metric__definition"))
    watching = Condition.objects.armed().filter(
        watcher=OuterRef("decision__reference"), metric=OuterRef("metric"), spec__kind="definition"
    )
    changed = (
        DecisionMetric.objects.filter(decision__state__in=[state.value for state in LIVE])
        .annotate(approved_at=Subquery(version.values("approved_at")[:1]))
        .filter(~Exists(told), ~Exists(watching), metric__definition__approved_at__gt=F("approved_at"))
        .values_list("decision__reference", "metric__definition")
        .order_by("decision__reference", "metric__definition")
        .distinct()
    )
    by_decision: dict[str, list[int]] = {}
    for reference, definition in changed:
        by_decision.setdefault(reference, []).append(definition)
    wanted = {pk for pks in by_decision.values() for pk in pks}
    definitions = MetricDefinition.objects.select_related("metric").in_bulk(wanted) if wanted else {}
    done = 0
    for reference, pks in by_decision.items():
        raised = [_redefined(definitions[pk]) for pk in pks]
        done += raise_all(reference, raised, by=None, now=now) is not None
    return done


def _redefined(definition: MetricDefinition) -> Raised:
    name = definition.metric.name
    sentence = (
        f"Version {definition.number} of the definition of {name} was approved after this decision; "
        "the decision was taken on the one before."
    )
    key = f"definition:{definition.metric.key}:{definition.number}"
    return Raised(cause=Cause.DEFINITION, key=key, sentence=sentence, severity="major", definition=definition)
