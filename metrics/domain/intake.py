"""What an arriving value is: new, the same again, a correction, or refused. Pure; decided before anything is stored.

The ingest key is (source, external id) where there is one, else (segment, period, value). The same key again is
`unchanged`, so that a batch may be sent twice; another value of the period is a further revision.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from config.kit.canonical import decimal_text

UNEXPLAINED = "Another value arrived for the same period."
"""The reason of a correction for which nobody gave one."""


NOTHING_GIVEN = "Give a value."


class Status(StrEnum):
    """What became of a row."""

    STORED = "stored"
    UNCHANGED = "unchanged"
    REVISED = "revised"
    WAITING = "waiting"  # it would change something frozen: it lands once somebody else has approved it
    REFUSED = "refused"


class Arrival(NamedTuple):
    """One value as it arrived, cleaned and put on its period. `row` counts from 1.

    A tuple, like all that there is one of per value: 100,000 of them are made in a tenth of a second.
    """

    row: int
    segment: str
    start: datetime
    end: datetime
    value: Decimal | None
    sample_size: int | None = None
    source: str = ""
    external_id: str = ""
    note: str = ""
    reason: str = ""


class Revision(NamedTuple):
    """One stored revision of a period."""

    segment: str
    start: datetime
    revision: int
    value: Decimal | None
    sample_size: int | None = None
    source: str = ""
    external_id: str = ""

    def says(self, arrival: Arrival) -> bool:
        """Tell whether the arrival repeats this revision; a sample size left out repeats any."""
        return self.value == arrival.value and arrival.sample_size in {None, self.sample_size}


class Ruling(NamedTuple):
    """What becomes of one arrival, why, and the revision that then counts (0 when refused)."""

    arrival: Arrival
    status: Status
    sentence: str
    revision: int = 0
    before: Decimal | None = None
    field: str = ""  # which field mends a refusal


@dataclass
class Known:
    """What is stored already, for the periods and external ids of one batch; grows as the batch is ruled on."""

    periods: dict[tuple[str, datetime], list[Revision]] = field(default_factory=dict)
    keys: dict[tuple[str, str], list[Revision]] = field(default_factory=dict)

    @classmethod
    def of(cls, revisions: Iterable[Revision]) -> "Known":
        """Index stored revisions, in ascending order of revision within each period."""
        known = cls()
        for revision in revisions:
            known.add(revision)
        return known

    def add(self, revision: Revision) -> None:
        """Take note of one more revision."""
        self.periods.setdefault((revision.segment, revision.start), []).append(revision)
        if revision.external_id:
            self.keys.setdefault((revision.source, revision.external_id), []).append(revision)


def rule(
    arrivals: Iterable[Arrival],
    known: Known,
    *,
    reasoned: bool = False,
    hold: Callable[[Ruling, bool], Ruling] | None = None,
) -> list[Ruling]:
    """Decide on every arrival in turn; later rows of the batch see the earlier ones.

    `reasoned`: a correction takes a reason, as it does of people; programs are known by their source. `hold` says of
    what would be stored whether it may land now (`freezing.Frozen.hold`).
    """
    rulings = []
    for arrival in arrivals:
        # `known` is asked again for each: it grows with every row that is taken.
        if _plainly_new(arrival, known):
            ruling = Ruling(arrival, Status.STORED, "Stored.", 1)
        else:
            ruling = _rule(arrival, known, reasoned=reasoned)
        if hold is not None and (ruling.status is Status.STORED or ruling.status is Status.REVISED):
            ruling = hold(ruling, reasoned)
        if ruling.status is Status.STORED or ruling.status is Status.REVISED:
            known.add(_as_revision(ruling))
        rulings.append(ruling)
    return rulings


def _plainly_new(arrival: Arrival, known: Known) -> bool:
    """Say whether nothing that is known touches the arrival, which is most of them."""
    return (
        arrival.value is not None
        and (arrival.segment, arrival.start) not in known.periods
        and not (arrival.external_id and (arrival.source, arrival.external_id) in known.keys)
    )


def _rule(arrival: Arrival, known: Known, *, reasoned: bool) -> Ruling:
    stored = known.periods.get((arrival.segment, arrival.start), [])
    if refusal := _moved(arrival, known):
        return _refused(arrival, refusal, "external_id")
    if repeat := _repeat(arrival, stored):
        return repeat
    if lacking := _lacking(arrival, stored, reasoned=reasoned):
        return _refused(arrival, *lacking)
    if not stored:
        return Ruling(arrival=arrival, status=Status.STORED, sentence="Stored.", revision=1)
    return _revised(arrival, stored[-1])


def _lacking(arrival: Arrival, stored: list[Revision], *, reasoned: bool) -> tuple[str, str] | None:
    """Return what must be given first, and in which field."""
    if not stored:
        return (NOTHING_GIVEN, "value") if arrival.value is None else None
    if arrival.value is None and not arrival.reason:
        return "Give a value, or a reason to withdraw it.", "value"
    if reasoned and not arrival.reason:
        return f"The period already has {_written(stored[-1].value)}; give the reason for the correction.", "reason"
    return None


def _refused(arrival: Arrival, sentence: str, field: str) -> Ruling:
    return Ruling(arrival=arrival, status=Status.REFUSED, sentence=sentence, field=field)


def _revised(arrival: Arrival, last: Revision) -> Ruling:
    number = last.revision + 1
    sentence = f"Revision {number}: {_written(arrival.value)} instead of {_written(last.value)}."
    reason = arrival.reason or arrival.note or UNEXPLAINED
    return Ruling(
        arrival=arrival._replace(reason=reason),
        status=Status.REVISED,
        sentence=sentence,
        revision=number,
        before=last.value,
    )


def _moved(arrival: Arrival, known: Known) -> str:
    """Refuse an external id that was used for another period or segment: a value cannot wander."""
    for earlier in known.keys.get((arrival.source, arrival.external_id), []) if arrival.external_id else []:
        if (earlier.segment, earlier.start) != (arrival.segment, arrival.start):
            return f"The external id {arrival.external_id} was already used for the period from {earlier.start.date()}."
    return ""


def _repeat(arrival: Arrival, stored: list[Revision]) -> Ruling | None:
    """Recognise the same again: the value that counts, or an earlier one of the same key that comes in late."""
    if not stored:
        return None
    last = stored[-1]
    if last.says(arrival):
        return Ruling(arrival=arrival, status=Status.UNCHANGED, sentence="Already recorded.", revision=last.revision)
    for earlier in stored[:-1]:
        if earlier.says(arrival) and _same_key(earlier, arrival) and not arrival.reason:
            sentence = (
                f"Already recorded as revision {earlier.revision}, since corrected to {_written(last.value)}; "
                "give a reason to go back to it."
            )
            return Ruling(arrival=arrival, status=Status.UNCHANGED, sentence=sentence, revision=last.revision)
    return None


def _same_key(earlier: Revision, arrival: Arrival) -> bool:
    if not arrival.external_id:
        return not earlier.external_id
    return (earlier.source, earlier.external_id) == (arrival.source, arrival.external_id)


def _written(value: Decimal | None) -> str:
    return "no value" if value is None else decimal_text(value)


def _as_revision(ruling: Ruling) -> Revision:
    arrival = ruling.arrival
    return Revision(
        arrival.segment,
        arrival.start,
        ruling.revision,
        arrival.value,
        arrival.sample_size,
        arrival.source,
        arrival.external_id,
    )
