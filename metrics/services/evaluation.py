"""Fold conditions over their values, keep the outcome, and put what is new into the outbox.

The caller holds the locks of the metrics' rows, which order all evaluations of their conditions. Any number of metrics
takes the same handful of queries.
"""

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from config.kit.among import Among
from config.kit.prepared import ID, TIME, PreparedUpdate, Slot
from metrics.domain.accumulator import MERGED
from metrics.domain.corrections import Appeared, Changes, compare, free_key
from metrics.domain.fold import Episode as Breach
from metrics.domain.fold import Folded, fold_history, next_look
from metrics.domain.periods import Duration
from metrics.domain.resuming import Resumed
from metrics.models import Condition, Episode, Metric, MetricSignal
from metrics.services import failing
from metrics.services.ground import Ground, as_breach, predicate_of, read
from metrics.services.outbox import Word, tell
from metrics.services.replaying import completed
from metrics.services.scene import Occasion, Scene
from metrics.services.series import Series

logger = logging.getLogger(__name__)

LOOK_BACK = Duration(days=92)  # a breach that ended longer ago and only now comes to light is history, not news
CACHED = ["state", "health", "error", "failures", "failing_since", "folded_at", "next_settles_at"]
EPISODE_FIELDS = ["start", "fired", "end", "ending", "flaps", "value", "retracted_at"]
UNREADABLE_RETRY = timedelta(days=1)  # until a metric whose cadence cannot be read is looked at again
Kind = MetricSignal.Kind
LOOKED_AT = PreparedUpdate(
    lambda: (
        Condition.objects.filter(Among("pk", Slot("conditions", ID, many=True))),
        {"folded_at": Slot("at", TIME), "next_settles_at": Slot("look", TIME)},
    )
)


@dataclass
class _Writes:
    """What an evaluation wants stored, gathered so that any number of conditions takes a handful of queries."""

    conditions: list[Condition] = field(default_factory=list)
    # Next look → conditions of which only the time of the look is new: one UPDATE for the many that share a cadence.
    looked_at: dict[datetime, list[int]] = field(default_factory=lambda: defaultdict(list))
    new: list[Episode] = field(default_factory=list)
    changed: list[Episode] = field(default_factory=list)
    words: dict[Scene, list[Word]] = field(default_factory=lambda: defaultdict(list))


def evaluate(
    metric: Metric,
    conditions: Sequence[Condition],
    *,
    as_of: datetime,
    arming: bool = False,
    continues: bool = False,
    changed: datetime | None = None,
) -> int:
    """Bring a metric's conditions up to date at `as_of`; returns how many changed state, health or episodes.

    `arming`, `continues` and `changed`: see `scene.Occasion`.
    """
    occasion = Occasion(as_of=as_of, changed=changed, arming=arming, continues=continues)
    return evaluate_all({metric: conditions}, occasion)


def evaluate_all(groups: Mapping[Metric, Sequence[Condition]], occasion: Occasion) -> int:
    """Bring the conditions of many metrics up to date; returns how many changed.

    One bad condition never stops the others: it is marked with its error and left where it stood.
    """
    conditions = [condition for group in groups.values() for condition in group]
    if not conditions:
        return 0
    ground = read(groups, conditions, occasion)
    writes = _Writes()
    changed = 0
    for metric, group in groups.items():
        scene = Scene(metric, ground.values, occasion)
        for condition in group:
            changed += _evaluate(condition, ground, scene, writes)
    _store(occasion, writes)
    for metric, group in groups.items():
        failing.tell(metric, group)
    return changed


def _judged(episode: Episode, metric: Metric, resumed: Resumed | None) -> bool:
    """Say whether an episode is among those that the fold has its say about.

    One that began before what was folded stands as it is; and in the part of the past whose values are erased nothing
    can speak for or against it.
    """
    horizons = (metric.erased_through, resumed and resumed.rested)
    return episode.retracted_at is None and all(not each or episode.start >= each for each in horizons)


def _evaluate(condition: Condition, ground: Ground, scene: Scene, writes: _Writes) -> bool:
    """Fold one condition and note what must be stored; says whether anything but the time differs."""
    before = (condition.state, condition.health, condition.error)
    looked = condition.next_settles_at
    episodes_changed = False
    try:
        folded, look = _folded(condition, scene, ground.resumed.get(condition.pk))
    except Exception as error:
        logger.exception("Condition %s cannot be evaluated.", condition.pk)
        condition.health, condition.error = Condition.Health.ERROR, str(error)[:1000]
        look = _next_try(scene)
    else:
        condition.state, condition.health, condition.error = str(folded.state), str(folded.health), ""
        episodes_changed = _compare(condition, ground, folded, scene, writes)
    condition.folded_at, condition.next_settles_at = scene.as_of, look
    changed = before != (condition.state, condition.health, condition.error)
    if failing.count(condition, scene.as_of) or changed:
        writes.conditions.append(condition)
    elif look != looked:
        writes.looked_at[look].append(condition.pk)
    return episodes_changed or changed


def _folded(condition: Condition, scene: Scene, resumed: Resumed | None) -> tuple[Folded, datetime]:
    """Return the fold, and when time alone can change it."""
    predicate = predicate_of(condition)
    look = next_look(predicate, scene.as_of, scene.cadence)
    if resumed is not None:
        return resumed.folded, look
    context = completed(scene.context, scene.metric, predicate, segment=condition.segment)
    return fold_history(predicate, scene.history(condition.segment), context), look


def _next_try(scene: Scene) -> datetime:
    """Return when a condition in error is looked at again by time alone: once the next period has settled."""
    try:
        cadence = scene.cadence
    except ValueError:
        return scene.as_of + UNREADABLE_RETRY
    return cadence.settled_at(cadence.start_of(cadence.last_settled(scene.as_of) + 2))


def _compare(condition: Condition, ground: Ground, folded: Folded, scene: Scene, writes: _Writes) -> bool:
    """Turn the difference between the standing and the folded episodes into rows and signals."""
    cached, resumed = ground.episodes[condition.pk], ground.resumed.get(condition.pk)
    standing = {each.start: each for each in cached if _judged(each, scene.metric, resumed)}
    retracted = {episode.key_start: episode for episode in cached if episode.retracted_at is not None}
    before = [as_breach(episode) for episode in standing.values()]
    changes = compare(before, folded.episodes, as_of=scene.as_of, look_back=LOOK_BACK, cadence=scene.cadence)
    values = scene.series(condition.segment)
    dirty = False
    for same in changes.kept:
        episode = standing[same.before.start]
        dirty |= _keep(episode, same.after, values, writes)
        if same.reopened:
            # Told already, unless it was over long before anybody watched: then this is the first they hear of it.
            writes.words[scene].append(Word(kind=Kind.BREACHED, condition=condition, episode=episode, late=True))
    for breach in changes.retracted:
        _retract(condition, standing[breach.start], scene, writes)
    for breach in changes.merged:
        _merge(standing[breach.start], scene, writes)
    keys = {episode.key_start for episode in cached}
    for breach, news in _found(changes, scene):
        episode = retracted.get(breach.start) or _new_episode(condition, free_key(breach.start, keys))
        keys.add(episode.key_start)
        _appear(episode, breach, values, writes)
        if news:
            writes.words[scene].append(
                Word(
                    kind=Kind.BREACHED,
                    condition=condition,
                    episode=episode,
                    late=news.late,
                    continues=scene.occasion.continues,
                )
            )
    return dirty or bool(changes.retracted or changes.merged or changes.appeared or changes.history)


def _found(changes: Changes, scene: Scene) -> list[tuple[Breach, Appeared | None]]:
    """Return the breaches that came to light, with their news; none for what is only history.

    Whoever arms a condition has seen its backtest: only a breach that goes on is news to them.
    """
    found: list[tuple[Breach, Appeared | None]] = [(breach, None) for breach in changes.history]
    for news in changes.appeared:
        over = scene.occasion.arming and news.episode.end is not None
        found.append((news.episode, None if over else news))
    return found


def _fill(episode: Episode, breach: Breach, values: Series) -> None:
    fired = values.get(breach.fired)
    episode.start, episode.fired, episode.end = breach.start, breach.fired, breach.end
    episode.ending, episode.flaps = breach.ending or "", breach.flaps
    episode.value = fired.value if fired else None


def _facts(episode: Episode) -> tuple[Any, ...]:
    return tuple(getattr(episode, name) for name in EPISODE_FIELDS)


def _keep(episode: Episode, breach: Breach, values: Series, writes: _Writes) -> bool:
    """Let a known episode move its start or end; its key stays."""
    before = _facts(episode)
    _fill(episode, breach, values)
    if changed := before != _facts(episode):
        writes.changed.append(episode)
    return changed


def _new_episode(condition: Condition, key_start: datetime) -> Episode:
    return Episode(condition=condition, version=condition.version, segment=condition.segment, key_start=key_start)


def _appear(episode: Episode, breach: Breach, values: Series, writes: _Writes) -> None:
    """Enter a breach; one that was retracted and comes back is the same row again."""
    _fill(episode, breach, values)
    episode.retracted_at = None
    (writes.changed if episode.pk else writes.new).append(episode)


def _retract(condition: Condition, episode: Episode, scene: Scene, writes: _Writes) -> None:
    """Keep the episode that a correction made vanish, marked as retracted, and say so to whoever was told of it."""
    episode.retracted_at, episode.ending = scene.as_of, "retracted"
    writes.changed.append(episode)
    writes.words[scene].append(Word(kind=Kind.RETRACTED, condition=condition, episode=episode))


def _merge(episode: Episode, scene: Scene, writes: _Writes) -> None:
    """Keep the episode that a correction made part of another one; its cause stands, so nobody is told it went away."""
    episode.retracted_at, episode.ending = scene.as_of, MERGED
    writes.changed.append(episode)


def _store(occasion: Occasion, writes: _Writes) -> None:
    if writes.conditions:
        Condition.objects.bulk_update(writes.conditions, CACHED, batch_size=200)
    for look, looked in writes.looked_at.items():
        LOOKED_AT.run(conditions=looked, at=occasion.as_of, look=look)
    if writes.new:
        Episode.objects.bulk_create(writes.new)
    if writes.changed:
        Episode.objects.bulk_update(writes.changed, EPISODE_FIELDS, batch_size=200)
    for scene, words in writes.words.items():
        tell(scene, words)
