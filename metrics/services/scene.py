"""What the conditions of one metric have in common while they are evaluated: its values, laid out once for all."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from metrics.domain.fold import Context, History
from metrics.domain.periods import Cadence
from metrics.models import Metric
from metrics.services.entries import cadence_of
from metrics.services.replaying import context_of
from metrics.services.series import Key, Series


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """Why conditions are evaluated at a moment.

    `arming`: they begin (or begin a new version) now; `continues`: a breach found now is the same trouble under an
    edited predicate. `changed`: the start of the earliest period with a new value since `Condition.folded_at`, where
    nothing but values is new.
    """

    as_of: datetime
    changed: datetime | None = None
    arming: bool = False
    continues: bool = False


class Scene:
    """One metric on one occasion, with values that were read for many; a bad cadence is a ValueError once asked for."""

    def __init__(self, metric: Metric, values: Mapping[Key, Series], occasion: Occasion) -> None:
        self.metric, self.occasion, self.as_of = metric, occasion, occasion.as_of
        self._values = values
        self._histories: dict[str, History] = {}

    @cached_property
    def cadence(self) -> Cadence:
        """Return the metric's cadence."""
        return cadence_of(self.metric)

    @cached_property
    def context(self) -> Context:
        """Return what the definition tells every fold."""
        return context_of(self.metric)

    def series(self, segment: str) -> Series:
        """Return what counts for each period of a segment."""
        return self._values.get((self.metric.pk, segment), {})

    def history(self, segment: str) -> History:
        """Return the segment's values laid out for the fold."""
        if segment not in self._histories:
            readings = list(self.series(segment).values())
            self._histories[segment] = History(readings, self.as_of, self.cadence, self.context.minimum_sample)
        return self._histories[segment]
