"""Small pieces from which the demonstration's dossiers are put together."""

from datetime import date, timedelta
from decimal import Decimal

from decisions.domain import dossier as d

OWNER, CONTRIBUTOR, STEWARD = "owner", "contributor", "steward"


def number(value: float | str) -> Decimal:
    """Return an exact number."""
    return Decimal(str(value))


def estimate(low: float, likely: float, high: float) -> d.Estimate:
    """Return low / likely / high."""
    return d.Estimate(low=number(low), likely=number(likely), high=number(high))


def within(today: date, days: int) -> date:
    """Return the day that many days ahead."""
    return today + timedelta(days=days)


def link(today: date, title: str, page: str, identifier: str = "e1") -> d.Evidence:
    """Return a page of the organisation's own handbook or reports as evidence."""
    return d.Evidence(
        id=identifier,
        title=title,
        reference=f"https://example.org/{page}",
        retrieved_on=today - timedelta(days=12),
        refresh_on=within(today, 110),
    )


def registered(today: date, metric: str, title: str, identifier: str = "e2") -> d.Evidence:
    """Return a metric of the registry as evidence."""
    return d.Evidence(
        id=identifier,
        kind="metric",
        title=title,
        reference=metric,
        retrieved_on=today - timedelta(days=5),
        refresh_on=within(today, 95),
    )


def source(today: date, *evidence: d.Evidence, who: str = OWNER, days: int = 100) -> d.Provenance:
    """Return where a section comes from."""
    return d.Provenance(evidence=evidence, assumption_owner=who, refresh_on=within(today, days))
