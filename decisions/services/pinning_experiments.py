"""Pin an experiment as evidence: its frozen plan, what its figures said, and its verdict, as they stand now."""

from django.utils import timezone

from approvals.models import User
from config.kit.canonical import utc_text
from config.kit.refusals import BadInput
from decisions.domain.sources import Finding
from metrics.models import Experiment
from metrics.queries import findings
from metrics.services import experiments

MOST_OFFERED = 200


def offered(user: User) -> list[tuple[str, str]]:
    """Return the experiments this person may pin, newest first: those they see that have begun."""
    rows = Experiment.objects.visible_to(user).exclude(plan_digest="")[:MOST_OFFERED]
    return [(str(row.pk), f"{row.reference} {row.title} ({_word(row)})") for row in rows]


def _word(row: Experiment) -> str:
    return (row.get_verdict_display() or row.get_state_display()).lower()


def finding(number: str, *, by: User) -> tuple[str, str, Finding]:
    """Return reference, title and what is pinned of an experiment this person may see. BadInput under `experiment`."""
    plain = number.isascii() and number.isdigit() and len(number) < 19
    row = Experiment.objects.visible_to(by).filter(pk=number).select_related("metric").first() if plain else None
    if row is None or not row.plan_digest:
        raise BadInput({"experiment": ["Choose an experiment that has begun."]})
    plan, last = experiments.plan_of(row), row.looks.order_by("-number").first()
    return (
        row.reference,
        plan["title"],
        Finding(
            experiment=row.pk,
            metric=row.metric.key,
            hypothesis=plan["hypothesis"],
            plan_digest=row.plan_digest,
            result=findings.summary(row, last),
            look=last.number if last else None,
            verdict=row.verdict,
            reason=row.reason,
            concerns=tuple(row.concerns),
            despite=row.despite,
            pinned_at=utc_text(timezone.now()),
        ),
    )
