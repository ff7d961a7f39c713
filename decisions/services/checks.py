"""The machine checks that an approval policy may demand of a decision."""

from collections.abc import Iterator
from typing import Any

from django.utils import timezone

from approvals.subjects import Check
from config.kit.days import day_text
from decisions.domain import parity
from decisions.domain.ageing import refreshes
from decisions.domain.backtests import fingerprint
from decisions.domain.breaking import conditions_of
from decisions.domain.reading import dossier_from
from decisions.models import Decision
from decisions.services import readiness


def _readiness(reference: str, content: dict[str, Any]) -> Iterator[str]:
    decision = Decision.objects.get(reference=reference)
    yield from (obstacle.sentence for obstacle in readiness.obstacles_of(decision, dossier_from(content)))


def _parity(reference: str, content: dict[str, Any]) -> Iterator[str]:
    yield from (gap.sentence for gap in parity.gaps(dossier_from(content)))


def _backtested(reference: str, content: dict[str, Any]) -> Iterator[str]:
    """Ask of each break condition that it was replayed over history as it is written now."""
    for assumption, condition in conditions_of(dossier_from(content)):
        kept = condition.backtest
        name = f"{condition.kind} on {condition.metric}"
        if not kept.predicate:
            yield f"A condition of “{assumption.statement}” ({name}) was never replayed over the metric's history."
        elif kept.predicate != fingerprint(condition):
            yield f"A condition of “{assumption.statement}” ({name}) was edited after it was replayed."


def _fresh(reference: str, content: dict[str, Any]) -> Iterator[str]:
    today = timezone.now().date()
    for each in sorted(refreshes(dossier_from(content)), key=lambda found: (found.day, found.place)):
        if each.day < today:
            yield f"{each.what[:1].upper()}{each.what[1:]} was to be refreshed by {day_text(each.day)}."


CHECKS = (
    Check(name="readiness", label="Readiness: nothing is missing", run=_readiness),
    Check(name="parity", label="Parity: options are worked out to the same depth", run=_parity),
    Check(name="backtest", label="Every break condition was replayed over history", run=_backtested),
    Check(name="evidence", label="Evidence is fresh", run=_fresh),
)
