"""What became of experiments since they were pinned as evidence."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Max

from approvals.models import User
from decisions.domain.sources import Evidence
from metrics.models import Experiment


def known(user: User, evidence: Iterable[Evidence]) -> dict[int | None, Any]:
    """Return the pinned experiments that this person may see, with their newest look: one query, none without any."""
    numbers = {item.finding.experiment for item in evidence if item.finding.experiment is not None}
    if not numbers:
        return {}
    found = Experiment.objects.visible_to(user).filter(pk__in=numbers).annotate(last_look=Max("looks__number"))
    return {row.pk: row for row in found}


def since(item: Evidence, now: Any) -> str:
    """Say what differs today from what was pinned: another plan, a verdict since, or newer figures."""
    pinned = item.finding
    if now.plan_digest != pinned.plan_digest:
        return "This is not the plan that the experiment runs by."
    if now.verdict != pinned.verdict:
        return f"Since then: judged, {now.get_verdict_display().lower()}."
    if (now.last_look or 0) > (pinned.look or 0):
        return f"Since then: the figures were looked at again (look {now.last_look})."
    return ""
