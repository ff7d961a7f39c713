"""What metrics have to say, each thing once: signals under unique keys, the ledger, and a wake-up for their reader."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from approvals.services import ledger
from config.kit import wake
from config.kit.canonical import utc_text
from metrics.models import Condition, Episode, Metric, MetricSignal
from metrics.services import admission
from metrics.services.scene import Scene

Kind = MetricSignal.Kind


@dataclass(frozen=True, kw_only=True)
class Word:
    """One thing to say of an episode.

    `late`: it should have been known earlier; `continues`: the same trouble under an edited predicate.
    """

    kind: Kind
    condition: Condition
    episode: Episode
    late: bool = False
    continues: bool = False


def tell(scene: Scene, words: Sequence[Word]) -> None:
    """Put what has not been said yet into the outbox and the ledger, and wake the reader after the commit.

    Of every episode a breach is told, then at most taken back, and only then told again; all else is not news. An
    episode that was history from the start is taken back from nobody.
    """
    said = _said([word.episode for word in words])
    fired = _fired(scene.metric, [word.episode for word in words])
    restricted = admission.restricted(scene.metric)
    signals = []
    for word in words:
        kinds = said[word.episode.pk]
        outstanding = kinds.count(Kind.BREACHED) > kinds.count(Kind.RETRACTED)
        if outstanding is (word.kind is Kind.RETRACTED):
            signal = _signal(scene, word, fired, times=kinds.count(word.kind))
            if signal.segment in restricted:
                signal.value = None  # whoever reads of the breach may not see the segment's values
            signals.append(signal)
            kinds.append(word.kind)
    MetricSignal.objects.bulk_create(signals)
    for signal in signals:
        _record(scene.metric, signal)
    if signals:
        wake.publish("signals")


def _said(episodes: Sequence[Episode]) -> dict[int, list[str]]:
    """Return the kinds of what was said of each episode."""
    said: dict[int, list[str]] = defaultdict(list)
    for episode_id, kind in MetricSignal.objects.filter(episode__in=episodes).values_list("episode_id", "kind"):
        said[episode_id].append(kind)
    return said


def _fired(metric: Metric, episodes: Sequence[Episode]) -> dict[tuple[str, datetime], int]:
    """Return the observation that counts for each period in which one fired, by segment and period: one query."""
    rows = metric.observations.filter(period_start__in={episode.fired for episode in episodes}).order_by("revision")
    # Ascending revisions: the last one written into the dictionary is the one that counts.
    return {(segment, start): pk for segment, start, pk in rows.values_list("segment", "period_start", "pk")}


def _signal(scene: Scene, word: Word, fired: dict[tuple[str, datetime], int], *, times: int) -> MetricSignal:
    condition, episode = word.condition, word.episode
    reading = scene.series(condition.segment).get(episode.fired)
    period = scene.cadence.containing(episode.fired)
    return MetricSignal(
        key=_key(word.kind, episode, times),
        kind=word.kind,
        condition=condition,
        condition_version=condition.version,
        episode=episode,
        metric=scene.metric,
        segment=condition.segment,
        watcher=condition.watcher,
        condition_key=condition.key,
        episode_start=episode.start,
        period_start=period.start,
        period_end=period.end,
        value=reading.value if reading else None,
        observation_id=fired.get((condition.segment, episode.fired)),
        spec=condition.spec,
        late=word.late,
        continues=word.continues,
        at=scene.as_of,
    )


def _key(kind: Kind, episode: Episode, times: int) -> str:
    """Name what is said once, by condition, version and episode; counts on when a retracted breach comes back."""
    start = utc_text(episode.key_start)
    again = f":{times + 1}" if times else ""
    return f"{kind}:{episode.condition_id}:{episode.version}:{episode.segment}:{start}{again}"


def _record(metric: Metric, signal: MetricSignal) -> None:
    payload = {
        "signal": signal.key,
        "watcher": signal.watcher,
        "condition": signal.condition_key,
        "value": signal.value,
        "period": signal.period_start,
        "late": signal.late,
    }
    ledger.append(f"metric:{metric.key}", f"condition.{signal.kind}", by=None, subject=metric.key, payload=payload)
