"""What the pages show of pairs of metrics: how both sides stand, their figure, what was told, and a backtest."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from approvals.models import User
from config.kit.charts import Figure, Level, Panel, panel_figure
from config.kit.days import day_text
from metrics import dependants
from metrics.dependants import Dependant
from metrics.domain.periods import zone_named
from metrics.domain.timeline import Reading
from metrics.domain.trade_offs import Collision, Course, Folded, Move
from metrics.models import Metric, TradeOffEpisode, TradeOffPair
from metrics.services import colliding, pair_words

TONES = {Course.BETTER: "ok", Course.WORSE: "warn", Course.STEADY: "", Course.UNKNOWN: ""}
WORDS = {
    Course.BETTER: "improved",
    Course.WORSE: "got worse",
    Course.STEADY: "within its noise",
    Course.UNKNOWN: "too few values",
}


@dataclass(frozen=True, kw_only=True)
class SideShown:
    """One metric of a pair: its pole, and which way it went, in a word and in a sentence."""

    metric: Metric
    pole: str
    word: str
    tone: str
    sentence: str


@dataclass(frozen=True)
class PairShown:
    """A pair as lists show it."""

    pair: TradeOffPair
    sides: Sequence[SideShown]
    alerts: Sequence[TradeOffEpisode]


@dataclass(frozen=True)
class Looked:
    """A pair's values, what they say under its rule, and why nothing can be said where that is so."""

    readings: tuple[Sequence[Reading], Sequence[Reading]]
    folded: Folded
    trouble: str = ""


@dataclass(frozen=True, kw_only=True)
class Backtest:
    """What the rule would have said over the whole history."""

    periods: int
    episodes: Sequence[tuple[str, str, str]]  # from, to, which improved
    since: date | None

    @property
    def said(self) -> str:
        """Say how often it would have alerted."""
        count = len(self.episodes)
        often = (
            "never have alerted" if not count else "have alerted once" if count == 1 else f"have alerted {count} times"
        )
        return f"It would {often} in {self.periods} periods"


def visible(user: User) -> "QuerySet[TradeOffPair]":
    """Return the pairs whose two metrics the person sees."""
    return TradeOffPair.objects.visible_to(user).with_metrics()


def listed(user: User, *, key: str = "", only: str = "") -> "QuerySet[TradeOffPair]":
    """Return the watched pairs, those with an alert first; of one metric, or of one kind."""
    alert = TradeOffEpisode.objects.filter(pair=OuterRef("pk"), end=None, retracted_at=None)
    found = visible(user).filter(closed_at=None).annotate(alert=Exists(alert))
    if key:
        found = found.filter(Q(left__key=key) | Q(right__key=key))
    if only == "alert":
        found = found.filter(alert=True)
    elif only:
        found = found.filter(kind=only)
    going_on = TradeOffEpisode.objects.filter(end=None, retracted_at=None)
    return found.prefetch_related(Prefetch("episodes", going_on, to_attr="going_on")).order_by("-alert", "kind", "pk")


def shown(pair: TradeOffPair) -> PairShown:
    """Return a listed pair with how both sides stood when it was last looked at; asks nothing."""
    alerts: list[TradeOffEpisode] = getattr(pair, "going_on", [])
    for episode in alerts:
        episode.pair = pair
    moves = [pair_words.read(pair.latest.get(name) or {}) for name in ("left", "right")]
    return PairShown(pair, sides(pair, moves), alerts)


def sides(pair: TradeOffPair, moves: Sequence[Move]) -> list[SideShown]:
    """Return both sides with their moves in words."""
    named = ((pair.left, pair.left_pole), (pair.right, pair.right_pole))
    return [
        SideShown(
            metric=metric,
            pole=pole,
            word=WORDS[move.course],
            tone=TONES[move.course],
            sentence=pair_words.moved(metric, move),
        )
        for (metric, pole), move in zip(named, moves, strict=True)
    ]


def now_of(pair: TradeOffPair, folded: Folded) -> list[SideShown]:
    """Return how both sides stand at the newest settled period."""
    if not folded.points:
        return sides(pair, [Move(Course.UNKNOWN)] * 2)
    return sides(pair, [folded.points[-1].left, folded.points[-1].right])


def figure(pair: TradeOffPair, looked: Looked) -> Figure:
    """Draw both series, one above the other over the same days, with the collisions shaded."""
    both = zip((pair.left, pair.right), looked.readings, strict=True)
    panels = [_panel(metric, rows) for metric, rows in both]
    shaded = [_span(pair, each, looked.folded) for each in looked.folded.episodes]
    title = f"{pair.left.name} and {pair.right.name} over the same time"
    return panel_figure(panels, title=title, description=_description(looked.folded), shaded=shaded)


def _panel(metric: Metric, rows: Sequence[Reading]) -> Panel:
    definition = metric.definition
    target = definition.target if definition else None
    levels = [] if target is None else [Level(float(target), f"Target {target.normalize():f}", "target")]
    zone = zone_named(metric.time_zone)
    days = ((row.period_start, row.value) for row in rows)
    points: list[tuple[date, float | None]] = [
        (day.astimezone(zone).date() if isinstance(day, datetime) else day, None if value is None else float(value))
        for day, value in days
    ]
    return Panel(metric.name, points, definition.unit if definition else "", levels)


def _span(pair: TradeOffPair, episode: Collision, folded: Folded) -> tuple[date, date]:
    until = episode.end or folded.points[-1].end
    return pair.left.local_day(episode.since), pair.left.local_day(until)


def _description(folded: Folded) -> str:
    count = len(folded.episodes)
    if not count:
        return "At no time did one improve while the other got worse, beyond their noise."
    times = "Once" if count == 1 else f"{count} times"
    return f"{times} one improved while the other got worse, beyond their noise; those times are shaded."


def backtest(pair: TradeOffPair, folded: Folded) -> Backtest:
    """Say when the pair's rule would have alerted over all of its history."""
    rows = [
        (
            day_text(pair.left.local_day(each.start)),
            day_text(pair.left.local_day(each.end)) if each.end else "goes on",
            (pair.left if each.sign == 1 else pair.right).name,
        )
        for each in folded.episodes
    ]
    since = pair.left.local_day(folded.points[0].end) if folded.points else None
    return Backtest(periods=len(folded.points), episodes=rows[::-1], since=since)


def told(pair: TradeOffPair) -> list[dict[str, Any]]:
    """Return what was told of the pair, newest first: one query."""
    rows = list(pair.episodes.select_related("answered_by").order_by("-start")[:20])
    for row in rows:
        row.pair = pair
    return [{"episode": row, "headline": pair_words.headline(row), "told": pair_words.told(row)} for row in rows]


def resting(pair: TradeOffPair, user: User) -> list[tuple[Dependant, str]]:
    """Return what rests on either metric and the person may see, each once, with which of the two it rests on."""
    found: dict[str, tuple[Dependant, list[str]]] = {}
    for metric in (pair.left, pair.right):
        for each in dependants.of(metric, user):
            found.setdefault(each.url, (each, []))[1].append(metric.name)
    return [(each, " and ".join(names)) for each, names in found.values()]


def looked_at(pair: TradeOffPair, now: datetime) -> Looked:
    """Return the pair's values and what they say now, or why nothing can be said: one query."""
    readings = colliding.readings_of(pair)
    try:
        return Looked(readings, colliding.folded_now(pair, now, readings))
    except (ValueError, ArithmeticError) as error:
        return Looked(readings, Folded(), str(error))
