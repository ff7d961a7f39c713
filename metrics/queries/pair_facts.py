"""What other pages say of pairs of metrics: a metric's page in a line, the steward's desk as chores, a decision's page.

Only pairs whose other metric is internal are counted, since these facts are worked out for whoever looks; the pairs'
own pages show each person what they may see.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse

from approvals.models import User
from approvals.readers import ModelsFor
from metrics.access import may_create
from metrics.models import Metric, TradeOffEpisode, TradeOffPair
from metrics.queries.chores import Chore
from metrics.services import pair_words


def _of_metric() -> Q:
    internal = Metric.Classification.INTERNAL
    return Q(left=OuterRef("pk"), right__classification=internal) | Q(
        right=OuterRef("pk"), left__classification=internal
    )


def counted() -> Any:
    """Return the subquery of how many pairs a metric is in."""
    found = TradeOffPair.objects.watched().filter(_of_metric()).order_by().values("closed_at")
    return Coalesce(Subquery(found.annotate(number=Count("pk")).values("number")), 0)


def alert_now() -> Any:
    """Return the subquery of the pair of a metric that has an alert now, or null."""
    running = TradeOffEpisode.objects.filter(end=None, retracted_at=None).values("pair")
    return Subquery(TradeOffPair.objects.watched().filter(_of_metric(), pk__in=running).values("pk")[:1])


def words(count: int, alert: int | None) -> tuple[str, str]:
    """Return what a metric's page says, and its tone."""
    if alert:
        return "one at the other's cost", "bad"
    return f"{count} pair{'' if count == 1 else 's'}" if count else "none yet", ""


def chores(user: User, now: datetime) -> Iterator[Chore]:
    """Yield the alerts that nobody has answered and that this person may: one query, and one about what they see."""
    for row in UNANSWERED.all(user):
        yield Chore(
            kind="Pairs at odds",
            title=pair_words.headline(row),
            url=reverse("trade_off_pair", args=[row.pair_id]),
            why=pair_words.told(row),
            metric=row.pair.left.key,
            tone="bad",
        )


def _unanswered(user: User) -> "QuerySet[TradeOffEpisode]":
    seen = TradeOffPair.objects.watched().visible_to(user)
    found = TradeOffEpisode.objects.filter(pair__in=seen, end=None, retracted_at=None, answered_at=None)
    if may_create(user):
        return found
    owners = Q(pair__left__owner=user) | Q(pair__right__owner=user)
    return found.filter(owners | Q(pair__left__steward=user) | Q(pair__right__steward=user))


UNANSWERED = ModelsFor(
    lambda user: _unanswered(user).select_related("pair__left__definition", "pair__right__definition")
)
