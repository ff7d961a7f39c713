"""What a pull brought, as values to record: only what its source says anew, so that nobody's correction is undone."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from config.kit.canonical import decimal_text
from metrics.domain.answers import Readings, Ready
from metrics.models import CorrectionRow, Pull
from metrics.services.entries import Entry


@dataclass(kw_only=True)
class Arrived:
    """The values to record under a source's name; `unchanged`: what the source said before just so."""

    source: str
    entries: list[Entry] = field(default_factory=list)
    unchanged: int = 0

    def __bool__(self) -> bool:
        return bool(self.entries)


Said = dict[str, tuple[Decimal | None, int | None]]


def source_of(pull: Pull) -> str:
    """Return what values of a pull name as their source; never the name of anything that Premise does itself."""
    return f"pull {pull.name}"


def entries_of(pull: Pull, found: Readings) -> Arrived:
    """Compare with what this source said last of each period, whatever became of that: two queries.

    A value that somebody corrected by hand stays corrected while the source repeats the old one, and a correction of
    a frozen period that approvers turned down is not asked for again; where the source changes its mind, that is a
    further revision with its reason.
    """
    arrived = Arrived(source=source_of(pull))
    said = _said(pull, found)
    for ready in found.ready:
        key = _key(pull, ready)
        before = said.get(key)
        if before is not None and (ready.undated or before == (ready.value, ready.sample_size)):
            arrived.unchanged += 1
        else:
            arrived.entries.append(_entry(ready, key, again=before is not None))
    return arrived


def _said(pull: Pull, found: Readings) -> Said:
    """Return what the source said last, by the key of the period: recorded, or as a wish put before approvers."""
    if not found.ready:
        return {}
    starts = [each.start for each in found.ready]
    named = {"source": source_of(pull), "period_start__range": (min(starts), max(starts))}
    columns = ("external_id", "value", "sample_size")
    recorded = pull.metric.observations.filter(**named).order_by("revision").values_list(*columns)
    wished = CorrectionRow.objects.filter(metric=pull.metric, **named).order_by("pk").values_list(*columns)
    # In the order in which they were said: the last one of a key stays.
    return {key: (value, sample) for key, value, sample in (*recorded, *wished)}


def _entry(ready: Ready, key: str, *, again: bool) -> Entry:
    sample = "" if ready.sample_size is None else f", of {ready.sample_size}"
    return Entry(
        period_start=ready.start,
        value=ready.value,
        segment=ready.segment,
        sample_size=ready.sample_size,
        external_id=key,
        reason=f"The source {'now ' if again else ''}says {decimal_text(ready.value)}{sample}.",
    )


def _key(pull: Pull, ready: Ready) -> str:
    """Return the same id for the same period and segment at every run."""
    return f"pull-{pull.pk}:{_utc(ready.start)}:{ready.segment}"


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
