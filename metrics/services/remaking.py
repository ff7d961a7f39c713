"""Have wholes made anew that stand without a segment which is by now a part of their periods.

Nothing does that by itself: a mistyped name would withdraw every whole since, where a missing part withholds it. So
the wholes stand until one of their parts is corrected, or until somebody who looks after the metric has seen what would
change and decides.
"""

from django.db import transaction

from approvals.models import User
from approvals.services import ledger
from config.kit.canonical import utc_text
from config.kit.refusals import MoveRefused
from metrics.domain.remaking import CHANGED, WITHHELD, Remade, Remaking, listed
from metrics.models import Metric
from metrics.services import admission, aggregating, observations, segments
from metrics.services.deriving import CHUNK
from metrics.services.late_parts import counted, missed

NOTHING = "Every whole is made of all of its segments by now; there is nothing to make anew."
MOVED = "What would change is not what you saw any more: values arrived meanwhile. Look at it again, then decide."


def preview(metric: Metric) -> Remaking:
    """Work out what would change, without storing anything."""
    rows = missed(metric).values_list("period_start", "value")
    stand = {start: value for start, value in rows if value is not None}
    definition = admission.aggregated(metric)
    if definition is None or not stand:
        return Remaking()
    definition.metric = metric
    starts, periods = list(stand), []
    for at in range(0, len(starts), CHUNK):
        for sheet in aggregating.worksheets(metric, definition, starts[at : at + CHUNK]):
            made = sheet.whole
            periods.append(Remade(start=sheet.start, before=stand[sheet.start], after=made.value, trouble=made.trouble))
    return Remaking([found.name for found in counted(metric.segments.all())], periods)


@transaction.atomic
def remake(metric: Metric, *, seen: str, by: User) -> Remaking:
    """Make the wholes anew as `preview` showed them to the person; `seen` is the version of what was shown.

    MoveRefused where nothing stands without a part, where it has become something else since, and while the wholes or
    what is calculated from them are frozen.
    """
    with ledger.gathered():
        metric = segments.managed(metric, by)
        found = preview(metric)
        if not found.periods:
            raise MoveRefused([NOTHING])
        if seen != found.version:
            raise MoveRefused([MOVED])
        segments.refuse_while_frozen(metric)
        why = f"Made anew with {listed(found.names)}."
        observations.make_wholes(metric, [each.start for each in found.periods], why=why)
        admission.settle(metric)
        ledger.append(metric.stream, "wholes.made_anew", by=by, subject=metric.key, payload=_facts(found))
    return found


def _facts(found: Remaking) -> dict[str, object]:
    return {
        "segments": list(found.names),
        "periods": len(found.periods),
        "first": utc_text(found.periods[0].start),
        "last": utc_text(found.periods[-1].start),
        "changed": found.counts[CHANGED],
        "withheld": found.counts[WITHHELD],
    }
