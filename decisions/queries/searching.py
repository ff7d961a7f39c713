"""Search across decisions, metrics and people, as far as somebody may see them."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.urls import reverse

from approvals.models import User
from decisions.models import Decision
from metrics.models import Metric

AT_MOST = 20
WORDS = 8


@dataclass(frozen=True)
class Hit:
    """One thing found."""

    title: str
    url: str
    what: str


@dataclass(frozen=True)
class Hits:
    """What was found, by kind; `full` when there may be more."""

    title: str
    hits: list[Hit]

    @property
    def full(self) -> bool:
        """Say whether the list was cut."""
        return len(self.hits) == AT_MOST


def search(user: User, text: str) -> list[Hits]:
    """Return what contains every word."""
    words = text.split()[:WORDS]
    if not words:
        return []
    return [
        Hits("Decisions", _decisions(user, words)),
        Hits("Metrics", _metrics(user, words)),
        Hits("People", _people(words)),
    ]


def _narrowed(rows: QuerySet, words: list[str], *columns: str) -> QuerySet:  # type: ignore[type-arg]
    for word in words:
        wanted = Q()
        for column in columns:
            wanted |= Q(**{f"{column}__icontains": word})
        rows = rows.filter(wanted)
    return rows[:AT_MOST]


def _decisions(user: User, words: list[str]) -> list[Hit]:
    rows = Decision.objects.visible_to(user).select_related("owner")
    found = _narrowed(rows, words, "reference", "title", "owner__first_name", "owner__last_name")
    return [
        Hit(str(d), reverse("decision", args=[d.reference]), f"{d.get_state_display()}, owner {d.owner}") for d in found
    ]


def _metrics(user: User, words: list[str]) -> list[Hit]:
    found = _narrowed(Metric.objects.visible_to(user), words, "key", "name", "family", "category")
    return [Hit(m.name, reverse("metric", args=[m.key]), f"{m.key}, {m.get_state_display().lower()}") for m in found]


def _people(words: list[str]) -> list[Hit]:
    rows = User.objects.filter(is_active=True).order_by("first_name", "last_name", "username")
    found = _narrowed(rows, words, "username", "first_name", "last_name")
    address = reverse("decision_list")
    return [Hit(str(p), f"{address}?owner={p.username}", f"{p.username}: their decisions") for p in found]
