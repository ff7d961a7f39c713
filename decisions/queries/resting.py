"""What approved decisions say of a metric they rest on: the assumptions behind its conditions, the versions pinned."""

import json
from collections import defaultdict
from collections.abc import Collection

from django.db.models import F

from approvals.models import User
from decisions.models import Decision, DecisionVersion
from metrics.dependants import Told
from metrics.models import Metric


def seen(user: User, watchers: Collection[str]) -> set[str]:
    """Return those of the watchers that are decisions which the person may see: one query."""
    found = Decision.objects.visible_to(user).filter(reference__in=watchers)
    return set(found.order_by().values_list("reference", flat=True))


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
