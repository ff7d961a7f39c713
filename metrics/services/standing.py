"""Whether what a signal told of still holds, for conditions that evaluate no longer."""

from datetime import datetime

from metrics.domain.conditions import parse
from metrics.domain.fold import fold_history
from metrics.models import MetricSignal
from metrics.services.replaying import completed
from metrics.services.scene import Occasion, Scene
from metrics.services.series import series_of


def still_breaks(signal: MetricSignal, *, as_of: datetime) -> bool:
    """Say whether the breach is one by the present values and the predicate of that time.

    Of a condition that does evaluate a correction is told by the outbox, and nobody needs to ask.
    """
    values = series_of([signal.metric_id], {signal.segment})
    scene = Scene(signal.metric, values, Occasion(as_of=as_of))
    predicate = parse(signal.spec)
    context = completed(scene.context, signal.metric, predicate, segment=signal.segment)
    folded = fold_history(predicate, scene.history(signal.segment), context)
    told = signal.period_start
    return any(each.start <= told and (each.end is None or told < each.end) for each in folded.episodes)
