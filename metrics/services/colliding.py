"""Look at pairs of metrics: has one improved while the other got worse? Told once per episode; corrections retract.

A writer of values only adds a mark and a wake-up; whoever takes the pair's row looks, in one transaction, and removes
the marks that it saw. Looking again changes nothing.
"""

import logging
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Coalesce, Concat
from django.urls import reverse
from django.utils import timezone

from approvals.models import User
from approvals.services import ledger
from approvals.services.notices import notify
from config.kit import wake
from config.kit.canonical import utc_text
from config.kit.prepared import ID, Asked, PreparedRows, Slot
from metrics.domain.timeline import Reading
from metrics.domain.trade_offs import Aim, Collision, Folded, Side, fold
from metrics.models import Metric, MetricDefinition, TradeOffEpisode, TradeOffMark, TradeOffPair
from metrics.services.entries import cadence_of
from metrics.services.pair_words import headline, told
from metrics.services.series import series_of

TOPIC = "trade-offs"
AT_ONCE = 20  # pairs in one go (2–10 ms each), so that what waits behind them gets its turn
PAUSE = timedelta(hours=1)  # before a pair that could not be looked at is tried again
_METRIC = Slot("metric", ID)
WITH = PreparedRows(
    lambda: TradeOffPair.objects.watched().filter(Q(left_id=_METRIC) | Q(right_id=_METRIC)).order_by().values_list("pk")
)
SIDES = {1: TradeOffEpisode.Side.LEFT, -1: TradeOffEpisode.Side.RIGHT}

logger = logging.getLogger(__name__)


def pairs_of(metric: Metric) -> Asked[list[Any]]:
    """Ask for the pairs that a metric is one side of."""
    return WITH.ask(metric=metric.pk)


def mark(pairs: Asked[list[Any]]) -> None:
    """Enter, in the transaction that stores values, that pairs are to be looked at."""
    if pairs.answer:
        TradeOffMark.objects.bulk_create([TradeOffMark(pair_id=pk) for (pk,) in pairs.answer])
        wake.publish(TOPIC, every=1)


def sweep(now: datetime) -> dict[str, int]:
    """Follow the counter-metrics of definitions in force, and look at what is due."""
    done = Counter(_follow_definitions(now))
    done.update(look_at_due(now=now))
    return dict(done)


def look_at_due(limit: int = AT_ONCE, *, now: datetime | None = None) -> dict[str, int]:
    """Look at up to `limit` pairs with new values, another definition or a newly settled period."""

    def one() -> str | None:
        moment = now or timezone.now()
        with transaction.atomic(), ledger.gathered():
            pair = _first_due(moment)
            return None if pair is None else _look(pair, moment)

    return wake.take_turn(one, limit=limit, topic=TOPIC)


def _first_due(now: datetime) -> TradeOffPair | None:
    """Take the row of the pair that has waited longest, and that nobody is looking at."""
    # Writers point at the row with their marks, which PostgreSQL checks under the ledger's lock: leave room for that.
    skip = connection.features.has_select_for_update_skip_locked
    return _due(now).select_for_update(no_key=True, skip_locked=skip, of=("self",)).first()


def _due(now: datetime) -> "QuerySet[TradeOffPair]":
    marked = TradeOffMark.objects.filter(pair=OuterRef("pk"))
    watched = TradeOffPair.objects.watched().annotate(by=_definitions_in_force())
    return watched.filter(Exists(marked) | ~Q(looked_by=F("by")) | Q(next_look_at__lte=now)).order_by("looked_at", "pk")


def _definitions_in_force() -> Concat:
    """Say in one word by which definitions a pair would be looked at now."""
    left, right = (
        Coalesce(Cast(f"{side}__definition", CharField()), Value("-")) for side in ("left", "right")
    )  # fmt: skip
    return Concat(left, Value(":"), right, output_field=CharField())


def reckon_anew(pair: TradeOffPair, now: datetime) -> None:
    """Look by a rule that was just made or changed, in the caller's transaction; what it ends is superseded."""
    _look(pair, now, superseding=True)


def _look(pair: TradeOffPair, now: datetime, *, superseding: bool = False) -> str:
    """Fold both series anew and store how that differs from what is stored; the pair's row is held."""
    seen = list(pair.marks.values_list("pk", flat=True))
    pair = TradeOffPair.objects.with_metrics().get(pk=pair.pk)
    try:
        with transaction.atomic():
            folded = folded_now(pair, now)
            found = _reconcile(pair, folded, now, superseding=superseding)
            pair.trouble, pair.next_look_at = "", _next_look(pair, now)
            pair.latest = _newest(folded)
    except (ValueError, ArithmeticError) as error:
        logger.exception("The pair %s could not be looked at.", pair.pk)
        found, pair.trouble, pair.next_look_at = "failed", str(error)[:300], now + PAUSE
    pair.looked_at, pair.looked_by = now, f"{_pk_of(pair.left)}:{_pk_of(pair.right)}"
    pair.save(update_fields=["looked_at", "looked_by", "next_look_at", "trouble", "latest"])
    pair.marks.filter(pk__in=seen).delete()
    return found


def _pk_of(metric: Metric) -> str:
    return "-" if metric.definition_id is None else str(metric.definition_id)


def readings_of(pair: TradeOffPair) -> tuple[list[Reading], list[Reading]]:
    """Return what counts for each period of either metric, oldest first: one query."""
    values = series_of([pair.left_id, pair.right_id], [""])
    left, right = (list(values.get((metric_id, ""), {}).values()) for metric_id in (pair.left_id, pair.right_id))
    return left, right


def folded_now(
    pair: TradeOffPair, now: datetime, readings: tuple[list[Reading], list[Reading]] | None = None
) -> Folded:
    """Return what the pair's present values say under its rule. ValueError for what cannot be folded."""
    metrics = (pair.left, pair.right)
    sides = (_side(metric, rows) for metric, rows in zip(metrics, readings or readings_of(pair), strict=True))
    return fold(*sides, window=pair.window, sustained=pair.sustained, one_way=pair.one_way, as_of=now)


def _side(metric: Metric, readings: list[Reading]) -> Side:
    definition = metric.definition
    aim = Aim(definition.direction, definition.tolerance_low, definition.tolerance_high) if definition else Aim("")
    sample = definition.minimum_sample if definition else None
    return Side(aim, cadence_of(metric), readings if definition else [], sample)


def _next_look(pair: TradeOffPair, now: datetime) -> datetime:
    """Return when the next period of either metric will have settled."""
    cadences = [cadence_of(metric) for metric in (pair.left, pair.right)]
    return min(each.settled_at(each.start_of(each.last_settled(now) + 2)) for each in cadences)


def _reconcile(pair: TradeOffPair, folded: Folded, now: datetime, *, superseding: bool) -> str:
    """Make the stored episodes those of the fold; returns the gravest thing that happened."""
    stored = list(pair.episodes.filter(Q(end=None) | Q(end__gt=pair.watched_since)).order_by("start"))
    if superseding:
        stored = [row for row in stored if row.open]
    happened = "steady"
    for episode in folded.episodes:
        if episode.end is not None and episode.end <= pair.watched_since:
            continue
        row = _same(stored, episode)
        if row is not None:
            stored.remove(row)
            _update(row, episode)
            continue
        _begin(pair, episode)
        happened = "collided"
    for row in stored:
        if row.retracted_at is None:
            _end(pair, row, now, superseding=superseding)
            happened = "superseded" if superseding else "retracted"
    return happened


def _same(stored: Iterable[TradeOffEpisode], episode: Collision) -> TradeOffEpisode | None:
    """Return the row of the same trouble: the same side improved, at an overlapping time."""
    for row in stored:
        apart = (row.end is not None and row.end < episode.start) or (
            episode.end is not None and episode.end < row.start
        )
        if row.improved == SIDES[episode.sign] and not apart:
            return row
    return None


def _update(row: TradeOffEpisode, episode: Collision) -> None:
    ending = "cleared" if episode.end is not None else ""
    now_said = (episode.start, episode.fired, episode.end, ending, None)
    if now_said != (row.start, row.fired, row.end, row.ending, row.retracted_at):
        row.start, row.fired, row.end, row.ending, row.retracted_at = now_said
        row.moves = _moves(episode)
        row.save()


def _begin(pair: TradeOffPair, episode: Collision) -> None:
    """Store an episode that is new, and tell whoever answers for the two metrics, unless it is long over."""
    said: dict[str, Any] = {"start": episode.start, "fired": episode.fired, "end": episode.end}
    said |= {"moves": _moves(episode), "ending": "cleared" if episode.end else "", "retracted_at": None}
    row, _ = TradeOffEpisode.objects.update_or_create(
        pair=pair, improved=SIDES[episode.sign], key_start=episode.start, defaults=said
    )
    row.pair = pair
    if episode.end is None:
        body = " ".join(filter(None, [told(row), pair.why]))
        _tell(pair, f"trade-off:{row.pk}", headline(row), body)
    _record(pair, "pair.collided", {"improved": row.improved, "from": row.key_start, "fired": row.fired})


def _end(pair: TradeOffPair, row: TradeOffEpisode, now: datetime, *, superseding: bool) -> None:
    """End what the rule no longer sees, or take back what the values no longer show."""
    row.pair = pair
    if superseding:
        row.end, row.ending = now, "superseded"
        row.save()
        return
    row.retracted_at = now
    row.save()
    body = "The values and definitions that count now no longer show it."
    _tell(pair, f"trade-off:{row.pk}:retracted", f"Taken back: {headline(row)}", body)
    _record(pair, "pair.retracted", {"improved": row.improved, "from": row.key_start})


def _moves(episode: Collision) -> dict[str, object]:
    return {"left": episode.at.left.plain(), "right": episode.at.right.plain()}


def _newest(folded: Folded) -> dict[str, object]:
    """Return how both sides stand at the newest settled period, as lists show it without reading the values."""
    if not folded.points:
        return {}
    point = folded.points[-1]
    return {"end": utc_text(point.end), "left": point.left.plain(), "right": point.right.plain()}


def _tell(pair: TradeOffPair, cause_key: str, title: str, body: str) -> None:
    """Tell both owners, and the pair's own, as far as they see both metrics."""
    url = reverse("trade_off_pair", args=[pair.pk])
    notify(to=_concerned(pair), cause_key=cause_key, title=title, url=url, body=body)


def _concerned(pair: TradeOffPair) -> list[User]:
    named = {each for each in (pair.left.owner, pair.right.owner, pair.owner) if each is not None}
    ordered = sorted(named, key=lambda each: each.pk)
    return [each for each in ordered if TradeOffPair.objects.visible_to(each).filter(pk=pair.pk).exists()]


def _record(pair: TradeOffPair, verb: str, payload: dict[str, object]) -> None:
    said = {"pair": pair.pk, "with": pair.right.key} | payload
    ledger.append(pair.left.stream, verb, by=None, subject=pair.left.key, payload=said)


def _follow_definitions(now: datetime) -> dict[str, int]:
    """Make pairs of what definitions in force name as counter-metrics, and close those that none names any longer."""
    wanted = _named()
    open_pairs = list(TradeOffPair.objects.watched().select_related("left", "right"))
    held = {frozenset((pair.left_id, pair.right_id)) for pair in open_pairs}
    done = {"paired": 0, "unpaired": 0}
    for both, (left, right) in wanted.items():
        if both not in held:
            done["paired"] += _pair_up(left, right, now)
    for pair in open_pairs:
        if pair.kind == TradeOffPair.Kind.COUNTER and frozenset((pair.left_id, pair.right_id)) not in wanted:
            _unpair(pair, now)
            done["unpaired"] += 1
    return {name: number for name, number in done.items() if number}


def _named() -> dict[frozenset[int], tuple[Metric, Metric]]:
    """Return which metrics definitions in force set against each other, the one that names the other first."""
    naming = MetricDefinition.objects.filter(state=MetricDefinition.State.APPROVED).exclude(counter_metrics=[])
    rows = list(naming.filter(metric__in=Metric.objects.in_use()).select_related("metric").order_by("metric"))
    keys = {key for row in rows for key in row.counter_metrics}
    by_key = {metric.key: metric for metric in Metric.objects.in_use().filter(key__in=keys)} if keys else {}
    found: dict[frozenset[int], tuple[Metric, Metric]] = {}
    for row in rows:
        for key in row.counter_metrics:
            if key in by_key:
                found.setdefault(frozenset((row.metric_id, by_key[key].pk)), (row.metric, by_key[key]))
    return found


def _pair_up(left: Metric, right: Metric, now: datetime) -> int:
    pair = TradeOffPair(left=left, right=right, kind=TradeOffPair.Kind.COUNTER, watched_since=now)
    try:
        with transaction.atomic():
            pair.save()
            _record(pair, "pair.made", {"kind": pair.kind})
    except IntegrityError:  # another sweep, or a steward, was quicker
        return 0
    return 1


@transaction.atomic
def _unpair(pair: TradeOffPair, now: datetime) -> None:
    pair.closed_at, pair.closed_because = now, "No definition in force names the one as the other's counter-metric."
    pair.save(update_fields=["closed_at", "closed_because"])
    pair.episodes.filter(end=None, retracted_at=None).update(end=now, ending="closed")
    pair.marks.all().delete()
    _record(pair, "pair.closed", {"reason": pair.closed_because})
