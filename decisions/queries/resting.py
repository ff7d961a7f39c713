"""What approved decisions say of a metric they rest on: the assumptions behind its conditions, the versions pinned."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import Any

from django.db.models import F, QuerySet

from approvals.models import User
from approvals.readers import ModelsFor
from config.kit.prepared import ID, PreparedModels, Slot
from decisions.domain.moves import LIVE, State
from decisions.models import Decision, DecisionMetric, DecisionVersion, Section
from metrics.dependants import Told
from metrics.models import Condition, Metric

METRIC = Slot("metric", ID)
ARMED = PreparedModels(lambda: Condition.objects.armed().filter(metric=METRIC).order_by("key"))
LINKS = PreparedModels(lambda: DecisionMetric.objects.filter(metric=METRIC))


def _resting(user: User) -> "QuerySet[Decision]":
    rests = DecisionMetric.objects.filter(metric=METRIC).values("decision")
    return Decision.objects.visible_to(user).filter(pk__in=rests).order_by("reference")


DECISIONS = ModelsFor(_resting)


def seen(user: User, watchers: Collection[str]) -> set[str]:
    """Return those of the watchers that are decisions which the person may see: one query."""
    found = Decision.objects.visible_to(user).filter(reference__in=watchers)
    return set(found.order_by().values_list("reference", flat=True))


def in_use() -> set[str]:
    """Return the keys of the metrics that live decisions rest on, or that those being written name: two queries."""
    live = [state.value for state in LIVE]
    written = [State.DRAFT.value, State.IN_REVIEW.value, *live]
    links = DecisionMetric.objects.filter(decision__state__in=live).order_by()
    sections = Section.objects.filter(decision__state__in=written).order_by()
    named = {key for content in sections.values_list("content", flat=True) for key in _named(content)}
    return named | set(links.values_list("metric__key", flat=True).distinct())


def _named(content: Any) -> Iterator[str]:
    """Yield what stands under "metric" anywhere in a section's content."""
    if isinstance(content, dict):
        if isinstance(content.get("metric"), str):
            yield content["metric"]
        content = list(content.values())
    if isinstance(content, list):
        for part in content:
            yield from _named(part)


def told(metric: Metric, watchers: Collection[str]) -> Told:
    """Read the versions in force of these decisions: one query."""
    assumptions: dict[tuple[str, str], str] = {}
    versions: dict[str, set[int]] = defaultdict(set)
    rows = DecisionVersion.objects.filter(decision__reference__in=watchers, number=F("decision__version"))
    for reference, text in rows.values_list("decision__reference", "text"):
        content = json.loads(text)
        for assumption in content.get("criteria", {}).get("assumptions", ()):
            for condition in assumption.get("conditions", ()):
                assumptions[reference, f"{assumption['id']}.{condition['id']}"] = assumption.get("statement", "")
        for success in content.get("metrics", {}).get("success_metrics", ()):
            if success.get("metric") == metric.key and success.get("definition_version"):
                versions[reference].add(int(success["definition_version"]))
    return Told(assumptions, versions)
