"""What of a metric waits or is held still: corrections of frozen periods, and freeze windows, as far as one may see."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils import timezone

from approvals.models import User
from approvals.readers import ModelsFor
from config.kit.days import day_text
from config.kit.prepared import DAY, Slot
from metrics.access import kept_by, may_create
from metrics.domain.freezing import Standing, standing
from metrics.domain.periods import zone_named
from metrics.models import Condition, CorrectionRow, Deprecation, FreezeWindow, Metric, MetricSegment
from metrics.queries import figures
from metrics.queries.chores import Chore
from metrics.services.freezes import Scope, days_in, scope_of, window_of

SHOWN = 20
AT_MOST = 200
MONTH = timedelta(days=30)


@dataclass(frozen=True)
class Wish:
    """A correction that waits: its period's first day, what would count then, and the request it waits for."""

    row: CorrectionRow
    day: date
    words: str
    url: str


def wishes(metric: Metric, user: User) -> tuple[list[Wish], int]:
    """Return what waits, newest first, and how much there is, nothing of an unseen segment: at most two queries."""
    rows = CorrectionRow.objects.filter(metric=metric, waiting=True).select_related("correction__proposed_by")
    if metric.segmented:
        hidden = MetricSegment.objects.hidden_from(user).filter(metric=metric)
        rows = rows.exclude(segment__in=hidden.values("name"))
    if metric.segments_restricted:
        # One that is used for the first time is entered with its value, and restricted then.
        known = Q(segment="") | Q(segment__in=metric.segments.values("name"))
        rows = rows.filter(known | Q(metric__in=Metric.objects.manageable_by(user).values("pk")))
    count = rows.count()
    unit = metric.definition.unit if metric.definition else ""
    shown = rows.order_by("-period_start", "segment")[:SHOWN] if count else ()
    return [_wish(metric, row, unit) for row in shown], count


def _wish(metric: Metric, row: CorrectionRow, unit: str) -> Wish:
    words = "withdrawn" if row.value is None else figures.with_unit(row.value, unit)
    asked = row.correction.request_id
    url = reverse("approval", args=[asked]) if asked else ""
    return Wish(row, metric.local_day(row.period_start), words, url)


def planned_end() -> Subquery:
    """Return the day on which an approved end of a metric is to be announced."""
    rows = Deprecation.objects.filter(metric=OuterRef("pk"), state=Deprecation.State.PLANNED)
    return Subquery(rows.values("announce_on")[:1])


def frozen_until(today: "date | Slot") -> Subquery:
    """Return the last day of the freeze over a metric that ends last; days are counted in UTC here."""
    over_it = Q(metric=OuterRef("pk")) | Q(metric__isnull=True, family__in=["", OuterRef("family")])
    rows = FreezeWindow.objects.filter(over_it, ended_at__isnull=True, begins_on__lte=today, ends_on__gte=today)
    return Subquery(rows.order_by("-ends_on").values("ends_on")[:1])


def corrections_waiting() -> Exists:
    """Say whether a correction of a metric waits; of segments only their own pages tell, to those who may see them."""
    rows = CorrectionRow.objects.filter(metric=OuterRef("pk"), metric__segmented=False, waiting=True)
    return Exists(rows)


def course_of(metric: Any) -> tuple[str, str]:
    """Return in a few words what is ahead of a metric or holds it still, and the tone of that."""
    if metric.state == Metric.State.RETIRED:
        return "retired", ""
    if metric.state == Metric.State.DEPRECATED and metric.removal_date:
        return f"ends {day_text(metric.removal_date)}", "warn"
    said = [
        f"to be deprecated {day_text(metric.planned_end)}" if metric.planned_end else "",
        f"frozen until {day_text(metric.frozen_until)}" if metric.frozen_until else "",
        "corrections wait" if metric.corrections_waiting else "",
    ]
    words = ", ".join(filter(None, said))
    return words, "info" if words else ""


def ends(user: User, now: datetime) -> Iterator[Chore]:
    """Yield metrics that end within a month while conditions still rest on them: one query."""
    for metric in ENDING.all(user, until=(now + MONTH).date()):
        if metric.removal_date is None:
            continue
        due = datetime.combine(metric.removal_date, time(), zone_named(metric.time_zone))
        yield Chore(
            kind="Metrics that end",
            title=metric.name,
            url=reverse("metric_radius", args=[metric.key]),
            why="Conditions still rest on it; see that their decisions move over.",
            metric=metric.key,
            due=due,
            tone="warn",
        )


def _ending(user: User) -> "QuerySet[Metric]":
    armed = Exists(Condition.objects.armed().filter(metric=OuterRef("pk")))
    soon = kept_by(user).filter(armed, state=Metric.State.DEPRECATED, removal_date__lte=Slot("until", DAY))
    return soon.order_by("removal_date")[:AT_MOST]


ENDING = ModelsFor(_ending)


@dataclass(frozen=True)
class Hold:
    """One freeze window as a list shows it: about what, in which state, and whether this person may end it."""

    freeze: FreezeWindow
    scope: Scope
    state: str
    tone: str
    may_end: bool = False


def freezes_seen(user: User) -> "QuerySet[FreezeWindow]":
    """Return the windows that the person may know of: over a metric they see, over a family with one, over all."""
    seen = Metric.objects.visible_to(user)
    of_family = Exists(seen.filter(family=OuterRef("family")))
    known = Q(metric__in=seen.values("pk")) | Q(metric__isnull=True, family="") | Q(metric__isnull=True) & of_family
    return FreezeWindow.objects.filter(known).select_related("metric", "declared_by", "ended_by")


def over(metric: Metric, today: date) -> list[FreezeWindow]:
    """Return the windows over a metric that run or will, the next one first: one query."""
    about = Q(metric=metric) | Q(metric__isnull=True, family__in={"", metric.family})
    found = FreezeWindow.objects.filter(about, ended_at__isnull=True, ends_on__gte=today)
    return list(found.select_related("metric", "declared_by").order_by("begins_on"))


def frozen_now(metric: Metric) -> list[FreezeWindow]:
    """Return the windows over a metric that run today: one query."""
    today = metric.local_day(timezone.now())
    return [freeze for freeze in over(metric, today) if window_of(freeze).runs_on(today)]


def hold_of(freeze: FreezeWindow, days: Sequence[date], *, user: User, managed: set[int]) -> Hold:
    """Say how a window stands on the present days of its metrics; `managed`: metrics that the person manages."""
    stands = standing(window_of(freeze), days)
    may = may_create(user) if freeze.metric_id is None else freeze.metric_id in managed
    may = may and (freeze.declared_by_id == user.pk or may_create(user))
    if freeze.ended_at is not None:
        return Hold(freeze, scope_of(freeze), "Ended early", "")
    tone = "info" if stands is Standing.RUNS else ""
    return Hold(freeze, scope_of(freeze), stands.value, tone, may and stands is not Standing.OVER)


def days_now(freezes: Iterable[FreezeWindow], now: datetime) -> dict[int, list[date]]:
    """Return by number of the freeze which days it is now where its metrics are kept: one query for any number."""
    rows = set(Metric.objects.in_use().order_by().values_list("family", "time_zone").distinct())
    found = {}
    for freeze in freezes:
        zones = {zone for family, zone in rows if freeze.family in {"", family}}
        found[freeze.pk] = days_in([freeze.metric.time_zone] if freeze.metric else zones, now)
    return found
