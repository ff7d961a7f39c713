"""What the loop tells people: each thing once, and in one notice what one value did to many decisions."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q, QuerySet
from django.urls import reverse

from approvals.models import User
from approvals.services.notices import notify
from config.kit.canonical import utc_text
from decisions.domain.moves import LIVE
from decisions.models import Decision, Reevaluation
from decisions.services import places
from metrics.models import MetricSignal

STORM_FROM = 3
"""From so many of one person's decisions on, what one value does to them is told in one notice."""
CRITICAL = Reevaluation.Severity.CRITICAL


def tell(
    to: Iterable[User], reevaluation: Reevaluation, decision: Decision, *, key: str, title: str, body: str = ""
) -> None:
    """Put one notice about a re-evaluation; a critical one is worth breaking quiet hours for."""
    notify(
        to=list(to),
        cause_key=f"reevaluation:{reevaluation.pk}:{key}",
        title=f"{title}: {decision.title}",
        url=places.reevaluation_url(reevaluation),
        body=body or reevaluation.question,
        urgent=reevaluation.severity == CRITICAL,
    )


def tell_of_signal(
    to: Iterable[User],
    reevaluation: Reevaluation,
    decision: Decision,
    signal: MetricSignal,
    *,
    key: str,
    title: str,
    body: str,
) -> None:
    """Tell what a signal did; where the same value did it to many, in one notice for all of them."""
    for person in to:
        many = _struck(person, signal)
        if many >= STORM_FROM:
            _digest(person, signal, many)
        else:
            tell([person], reevaluation, decision, key=key, title=title, body=body)


def _wave(signal: MetricSignal) -> QuerySet[MetricSignal]:
    """Return everything that was said of the metric at the same moment: one value, or one correction, caused it all."""
    return MetricSignal.objects.filter(metric=signal.metric_id, at=signal.at, kind=signal.kind)


def _struck(person: User, signal: MetricSignal) -> int:
    """Return how many live decisions this person answers for the wave has struck."""
    answered_for = Q(owner=person) | Q(owner__is_active=False)
    live = Decision.objects.filter(answered_for, state__in=[state.value for state in LIVE])
    return live.filter(reference__in=_wave(signal).values("watcher")).count()


def _digest(person: User, signal: MetricSignal, many: int) -> None:
    metric = signal.metric
    if signal.kind == MetricSignal.Kind.RETRACTED:
        title = f"A correction of {metric.name} took back what questioned {many} of your decisions"
        body = "Tasks that nobody had begun are closed; the others say what was corrected."
    else:
        title = f"{metric.name} has broken assumptions of {many} of your decisions"
        body = "Each has its re-evaluation with its own due time and the response approved for it in advance."
    notify(
        to=person,
        cause_key=f"wave:{signal.kind}:{metric.key}:{utc_text(signal.at)}",
        title=title,
        url=f"{reverse('decision_list')}?metric={metric.key}",
        body=body,
        urgent=_wave(signal).filter(spec__severity=CRITICAL).exists(),
    )


def tell_late(person: User, late: Reevaluation, crowd: list[str], *, step: int, now: datetime) -> None:
    """Tell somebody of a late answer; where many come to them at once, in one notice an hour.

    `crowd` are the references of all decisions whose late answers come to this person in the same run.
    """
    decision = late.decision
    if len(crowd) < STORM_FROM:
        tell([person], late, decision, key=f"late:{step}", title=f"An answer for {decision.reference} is overdue")
        return
    notify(
        to=person,
        cause_key=f"late:{utc_text(now)[:13]}",
        title=f"Answers for {len(crowd)} decisions are overdue and have come to you",
        url=f"{reverse('decision_list')}?standing=overdue+answer",
        body="; ".join(sorted(crowd)[:50]),
        urgent=late.severity == CRITICAL,
    )
