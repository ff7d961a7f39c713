"""What counts of a file that Premise exported: it holds every revision, and values that nobody recorded.

Read in again where it came from it changes nothing; elsewhere it gives the same values.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.utils import timezone

from approvals.models import User
from metrics.domain.intake import NOTHING_GIVEN, Arrival, Known, Revision
from metrics.models import Metric
from metrics.services import admission
from metrics.services.csv_rows import Line
from metrics.services.entries import cadence_of, is_reserved, read
from metrics.services.observations import RowResult, Status

REPLACED = "Passed over: line {line} has revision {revision} of this period."
WORKED_OUT = "Passed over: Premise works this value out by itself."
WITHDRAWN = "Passed over: the value was withdrawn, and there is none here."
COLUMNS = ("segment", "period_start", "revision", "value", "sample_size", "source", "external_id")

Place = tuple[str, str, str]


class _Newest(NamedTuple):
    revision: int
    line: int


class Newest:
    """Which revision of each period counts, as far as the file was read; keeps in mind only what was corrected."""

    def __init__(self) -> None:
        self._found: dict[Place, _Newest] = {}

    def note(self, lines: Iterable[Line]) -> None:
        """Take note of the corrections among these lines."""
        for line in lines:
            if line.revision > self._of(line).revision:
                self._found[_place(line)] = _Newest(line.revision, line.number)

    def replaced(self, line: Line) -> str:
        """Say which line took this one's place, if one did."""
        newest = self._of(line)
        return REPLACED.format(line=newest.line, revision=newest.revision) if line.revision < newest.revision else ""

    def _of(self, line: Line) -> _Newest:
        return self._found.get(_place(line), _Newest(1, 0))


def _place(line: Line) -> Place:
    return (line.metric, line.entry.segment, str(line.entry.period_start).strip())


def worked_out(metric: Metric, line: Line) -> bool:
    """Say whether Premise worked a line's value out, and does so here too."""
    if not line.entry.source.startswith("premise."):
        return False
    calculated = metric.definition is not None and bool(metric.definition.expression)
    return calculated or (not line.entry.segment.strip() and admission.aggregated(metric) is not None)


def nothing_to_withdraw(line: Line, result: RowResult) -> bool:
    """Say whether a line was refused only because what it withdraws is not there."""
    return line.revision > 1 and result.status is Status.REFUSED and result.sentence == NOTHING_GIVEN


def recorded(metric: Metric, lines: Sequence[Line], *, by: User | None) -> dict[int, str]:
    """Return the lines whose value Premise's own road (a pull) brought here just so, each with what is to be said.

    People cannot record in the name of a pull, but they can be told that it has done so. Two queries at most.
    """
    own = [line for line in lines if by is not None and not line.entry.trouble and is_reserved(line.entry.source)]
    if not own or by is None:
        return {}
    entries = [line.entry for line in own]
    arrivals, _ = read(entries, cadence=cadence_of(metric), now=timezone.now(), source="")
    if not arrivals:
        return {}
    starts = [each.start for each in arrivals]
    rows = metric.observations.visible_to(by).filter(period_start__range=(min(starts), max(starts)))
    known = Known.of(map(Revision._make, rows.order_by("revision").values_list(*COLUMNS)))
    told = {each.row: _repeated(each, known.periods.get((each.segment, each.start), [])) for each in arrivals}
    return {own[row - 1].number: sentence for row, sentence in told.items() if sentence}


def _repeated(arrival: Arrival, stored: Sequence[Revision]) -> str:
    for each in stored:
        if each.source == arrival.source and each.says(arrival):
            since = "" if each is stored[-1] else ", since corrected"
            return f"Already recorded as revision {each.revision}{since}."
    return ""


def in_own_name(line: Line) -> Line:
    """Return the line as the person's who sends it where it names a source that is Premise itself."""
    if not is_reserved(line.entry.source):
        return line
    return line._replace(entry=line.entry._replace(source="", external_id=""))
