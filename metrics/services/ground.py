"""What conditions are judged by: values, episodes, and how much of either is needed."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from django.db.models import Q

from config.kit.among import Among
from config.kit.prepared import ID, PreparedModels, Slot, together
from metrics.domain.conditions import BadCondition, parse
from metrics.domain.conditions import Condition as Predicate
from metrics.domain.fold import Episode as Breach
from metrics.domain.resuming import Resumed, may_resume, resume
from metrics.models import Condition, Episode, Metric
from metrics.services import series
from metrics.services.scene import Occasion, Scene
from metrics.services.series import Key, Series

EPISODES = PreparedModels(
    lambda: Episode.objects.filter(Among("condition_id", Slot("conditions", ID, many=True))).order_by("start")
)
# Of the end of a series: what goes on in it, and whose key may be wanted in it.
RECENT = PreparedModels(
    lambda: Episode.objects.filter(
        Q(start__gte=series.BEGIN) | Q(key_start__gte=series.BEGIN) | Q(end__gte=series.BEGIN) | Q(end=None),
        Among("condition_id", Slot("conditions", ID, many=True)),
    ).order_by("start")
)


@dataclass(frozen=True)
class Ground:
    """What conditions are judged by: values, what is stored of their episodes, and of which the end was enough."""

    values: Mapping[Key, Series]
    episodes: Mapping[int, list[Episode]]
    resumed: dict[int, Resumed] = field(default_factory=dict)


def read(groups: Collection[Metric], conditions: Sequence[Condition], occasion: Occasion) -> Ground:
    """Read what some conditions of these metrics are judged by; the caller holds the metrics' locks."""
    return _ending(groups, conditions, occasion) or _whole(groups, conditions)


def _whole(groups: Iterable[Metric], conditions: Sequence[Condition]) -> Ground:
    """Read everything: all values, and all episodes."""
    with together():
        values = series.ask([metric.pk for metric in groups], {condition.segment for condition in conditions})
        episodes = EPISODES.ask(conditions=[condition.pk for condition in conditions])
    return Ground(values.answer, _cached(conditions, episodes.answer))


def _ending(groups: Collection[Metric], conditions: Sequence[Condition], occasion: Occasion) -> Ground | None:
    """Read the end of a series with new values, where it is enough for every condition."""
    segments, since = {condition.segment for condition in conditions}, occasion.changed
    if since is None or len(groups) > 1 or len(segments) > 1 or not all(map(_at_rest, conditions)):
        return None
    [metric], [segment] = groups, segments
    with together():
        values = series.ask_ending(metric.pk, segment, since)
        episodes = RECENT.ask(
            conditions=[condition.pk for condition in conditions], metric=metric.pk, segment=segment, since=since
        )
    ground = Ground(values.answer, _cached(conditions, episodes.answer))
    scene = Scene(metric, ground.values, occasion)
    for condition in conditions:
        resumed = _resumed(condition, ground.episodes[condition.pk], scene, since)
        if resumed is None:
            return None
        ground.resumed[condition.pk] = resumed
    return ground


def _at_rest(condition: Condition) -> bool:
    """Say whether the end of a series is likely to be enough to go on from what is stored about a condition."""
    calm = condition.state in {Condition.State.OK, Condition.State.PENDING} and not condition.error
    with suppress(BadCondition):
        return calm and may_resume(predicate_of(condition))
    return False


def _resumed(condition: Condition, cached: Sequence[Episode], scene: Scene, since: datetime) -> Resumed | None:
    """Fold a condition over the end of a series, from what is stored about it."""
    if condition.folded_at is None:
        return None
    known = [as_breach(episode) for episode in cached if episode.retracted_at is None]
    predicate, folded_at = predicate_of(condition), condition.folded_at
    # What cannot be folded is found, and told, when all of it is.
    with suppress(Exception):
        history = scene.history(condition.segment)
        return resume(predicate, history, scene.context, known=known, folded_at=folded_at, changed=since)
    return None


def _cached(conditions: Sequence[Condition], episodes: Sequence[Episode]) -> dict[int, list[Episode]]:
    """Return each condition's episodes of its present version, the retracted among them, oldest first."""
    versions = {condition.pk: condition.version for condition in conditions}
    found: dict[int, list[Episode]] = {pk: [] for pk in versions}
    for episode in episodes:
        if episode.version == versions[episode.condition_id]:
            found[episode.condition_id].append(episode)
    return found


def as_breach(episode: Episode) -> Breach:
    """Return a stored episode as the fold knows it."""
    return Breach(
        start=episode.start,
        fired=episode.fired,
        end=episode.end,
        ending=episode.ending or None,
        flaps=episode.flaps,
    )


def predicate_of(condition: Condition) -> Predicate:
    """Return what a condition says; BadCondition when it cannot be read."""
    return _predicate(json.dumps(condition.spec))


@lru_cache(maxsize=4096)
def _predicate(spec: str) -> Predicate:
    """Read a condition once for all the times that it is evaluated."""
    return parse(json.loads(spec))
