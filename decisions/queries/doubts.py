"""On which data in doubt decisions rest, in words, as far as a person may see the metric."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils import timezone

from approvals.models import User
from approvals.readers import ModelsFor
from config.kit.days import day_text
from config.kit.prepared import ID, Slot
from decisions.models import Decision, Doubt
from metrics.models import Metric, QualityIncident
from metrics.queries.lineage import made_from
from metrics.services.incidents import title_of

MOST = 20


@dataclass(frozen=True, kw_only=True)
class InDoubt:
    """One severe check that fails behind a decision; a metric that may not be seen has no name and no address."""

    decision: Decision
    metric: str
    check: str
    since: datetime
    url: str

    @property
    def words(self) -> str:
        """Say it in a line, without its beginning “Rests on data in doubt”."""
        since = f"since {day_text(timezone.localtime(self.since))}"
        return f"{self.metric}, {self.check.lower()}, {since}" if self.metric else f"a metric you may not see, {since}"


def doubted() -> Exists:
    """Return the subquery of whether a decision rests on data in doubt."""
    return Exists(Doubt.objects.filter(decision=OuterRef("pk"), cleared_at=None))


def of_decision(decision: Decision, user: User) -> list[InDoubt]:
    """Return what one decision's data are in doubt for: one query."""
    return list(_each(OF_ONE.all(user, decision=decision.pk)))


def of_live_decisions(user: User) -> list[InDoubt]:
    """Return the doubts about the decisions in force that somebody sees, the newest first: one query."""
    return list(_each(OF_LIVE.all(user)))


def of_keys(keys: Collection[str]) -> Iterable[str]:
    """Say which metrics of a content that is yet to be signed are in doubt: a sentence for each incident."""
    named = set(Metric.objects.filter(key__in=keys).values_list("pk", flat=True))
    behind = {pk for reached in made_from(named).values() for pk in reached}
    rows = QualityIncident.objects.in_doubt().filter(metric__in=behind)
    for row in rows.select_related("metric").order_by("metric__key", "check_key"):
        # Whoever signs may not see a confidential metric; that there is doubt they must know.
        hidden = row.metric.classification == Metric.Classification.CONFIDENTIAL
        about = "a confidential metric" if hidden else f"{row.metric.name}, {title_of(row).lower()}"
        yield f"It would rest on data in doubt: {about}, since {day_text(timezone.localtime(row.since))}."


def _going_on(doubts: "QuerySet[Doubt]", user: User) -> "QuerySet[Doubt]":
    """Those that go on, each with whether the person may see the metric."""
    seen = Metric.objects.visible_to(user).filter(pk=OuterRef("incident__metric"))
    rows = doubts.filter(cleared_at=None).select_related("decision", "incident__metric").annotate(seen=Exists(seen))
    return rows[:MOST]


def _of_live(user: User) -> "QuerySet[Doubt]":
    live = Decision.objects.visible_to(user).live()
    return _going_on(Doubt.objects.filter(decision__in=live).order_by("-since"), user)


OF_LIVE = ModelsFor(_of_live)
OF_ONE = ModelsFor(lambda user: _going_on(Doubt.objects.filter(decision=Slot("decision", ID)), user))


def _each(rows: Iterable[Doubt]) -> Iterable[InDoubt]:
    for row in rows:
        metric, shown = row.incident.metric, getattr(row, "seen", False)
        yield InDoubt(
            decision=row.decision,
            metric=metric.name if shown else "",
            check=title_of(row.incident),
            since=row.since,
            url=reverse("metric_quality", args=[metric.key]) if shown else "",
        )
