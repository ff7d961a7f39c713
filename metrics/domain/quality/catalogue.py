"""Every check there is: what it asks, what may be set, and what a new metric begins with."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from metrics.domain.quality import spread, timing, values
from metrics.domain.quality.material import Looked, Material, Parameters
from metrics.domain.quality.parameters import Parameter


class Severity(StrEnum):
    """How much a failing check weighs; while a high one fails, decisions rest on data in doubt."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of check. Its sentences: `things` it looks at, (of one, of many) what is wrong with them, all well."""

    key: str
    title: str
    asks: str
    find: Callable[[Material, Parameters], Looked]
    parameters: Sequence[Parameter]
    things: str
    wrong: tuple[str, str]
    well: str
    severity: Severity = Severity.MEDIUM
    on: bool = True
    whole_only: bool = False


def _periods(default: int, label: str = "Newest periods") -> Parameter:
    return Parameter(name="periods", label=label, default=default, least=Decimal(1), most=Decimal(120))


def _share(default: int, label: str) -> Parameter:
    return Parameter(
        name="share", label=label, kind="number", default=Decimal(default), least=Decimal(1), most=Decimal(100)
    )


_TIMING = (
    Kind(
        key="completeness",
        title="Completeness",
        asks="Has every settled period a value?",
        find=timing.completeness,
        parameters=(_periods(12), _share(90, "Least share with a value, %")),
        things="settled periods",
        wrong=("has no value", "have no value"),
        well="have a value",
    ),
    Kind(
        key="timeliness",
        title="Timeliness",
        asks="Does the first value of a period come within the hours allowed after its end?",
        find=timing.timeliness,
        parameters=(
            Parameter(name="hours", label="Hours allowed", kind="number", least=Decimal(0), most=Decimal(10_000)),
            _periods(12),
            _share(90, "Least share in time, %"),
        ),
        things="periods that were due",
        wrong=("was late", "were late"),
        well="came in time",
    ),
    Kind(
        key="timestamps",
        title="Timestamps",
        asks="Can the times be true: recorded once the period was over, on the calendar, by clocks that agree?",
        find=timing.timestamps,
        parameters=(_periods(24),),
        things="values",
        wrong=("has a time that cannot be true", "have times that cannot be true"),
        well="have times that can be true",
        severity=Severity.LOW,
    ),
)
_VALUES = (
    Kind(
        key="accuracy",
        title="Accuracy",
        asks="Does the value agree with the control figure of its period?",
        find=values.accuracy,
        parameters=(),
        things="values with a control figure",
        wrong=("differs from it", "differ from it"),
        well="agree with it",
        severity=Severity.HIGH,
    ),
    Kind(
        key="bounds",
        title="Hard bounds",
        asks="Does every value lie within what is possible?",
        find=values.bounds,
        parameters=(
            Parameter(name="low", label="Least possible", kind="number", optional=True, least=Decimal(-(10**12))),
            Parameter(name="high", label="Greatest possible", kind="number", optional=True, least=Decimal(-(10**12))),
            _periods(24),
        ),
        things="values",
        wrong=("is impossible", "are impossible"),
        well="are possible",
        severity=Severity.HIGH,
        on=False,
    ),
    Kind(
        key="cumulative",
        title="Running total",
        asks="Does a running total never fall?",
        find=values.cumulative,
        parameters=(
            Parameter(
                name="restart",
                label="It begins anew",
                kind="choice",
                default="never",
                choices=(("never", "Never"), ("yearly", "Each year")),
            ),
            _periods(24),
        ),
        things="steps",
        wrong=("goes down", "go down"),
        well="go up or stay",
        severity=Severity.HIGH,
        on=False,
    ),
    Kind(
        key="comparison",
        title="Against another metric",
        asks="Is the value at most (or at least) that of another metric for the same period?",
        find=values.comparison,
        parameters=(
            Parameter(name="metric", label="Other metric", kind="key", default="", help="Its key in the registry."),
            Parameter(
                name="relation",
                label="The value is",
                kind="choice",
                default="at_most",
                choices=(("at_most", "At most the other"), ("at_least", "At least the other")),
            ),
            _periods(24),
        ),
        things="periods in which both have a value",
        wrong=("contradicts it", "contradict it"),
        well="agree",
        on=False,
    ),
    Kind(
        key="parts",
        title="Sum of segments",
        asks="Do the segments add up to the whole?",
        find=values.parts,
        parameters=(
            Parameter(
                name="tolerance",
                label="Tolerance, %",
                kind="number",
                default=Decimal("0.5"),
                least=Decimal(0),
                most=Decimal(100),
            ),
            _periods(24),
        ),
        things="periods",
        wrong=("does not add up", "do not add up"),
        well="add up",
        on=False,
        whole_only=True,
    ),
)
_PATTERNS = (
    Kind(
        key="repeated",
        title="Repeated value",
        asks="Has the source stopped moving: the same value period after period?",
        find=values.repeated,
        parameters=(Parameter(name="times", label="Times in a row", default=8, least=Decimal(2), most=Decimal(120)),),
        things="values",
        wrong=("has come too often in a row", "have come too often in a row"),
        well="vary",
        severity=Severity.LOW,
    ),
    Kind(
        key="identifiers",
        title="Source ids",
        asks="Does each id of the source stand for one value only?",
        find=values.identifiers,
        parameters=(),
        things="source ids",
        wrong=("stands for more than one value", "stand for more than one value"),
        well="stand for one value each",
        severity=Severity.LOW,
    ),
    Kind(
        key="outliers",
        title="Outliers",
        asks="Does a value jump further than the metric's own history lets expect?",
        find=spread.outliers,
        parameters=(
            Parameter(
                name="threshold",
                label="Times the usual spread",
                kind="number",
                default=Decimal("3.5"),
                least=Decimal(1),
                most=Decimal(1000),
                help="Modified z-score of differences (Iglewicz and Hoaglin); 3.5 is customary.",
            ),
            _periods(12),
        ),
        things="values",
        wrong=("stands out", "stand out"),
        well="lie where they may be expected",
    ),
    Kind(
        key="sample",
        title="Sample size",
        asks="Is the sample as large as usual?",
        find=spread.sample,
        parameters=(
            Parameter(
                name="factor",
                label="Times larger or smaller",
                kind="number",
                default=Decimal(2),
                least=Decimal("1.1"),
                most=Decimal(1000),
            ),
            _periods(6),
        ),
        things="samples",
        wrong=("is unusual", "are unusual"),
        well="are of the usual size",
        severity=Severity.LOW,
    ),
)
KINDS: Mapping[str, Kind] = {kind.key: kind for kind in (*_TIMING, *_VALUES, *_PATTERNS)}
GROUPS: Sequence[tuple[str, Sequence[Kind]]] = (
    ("When values come", _TIMING),
    ("What they must agree with", _VALUES),
    ("What their history lets expect", _PATTERNS),
)


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One kind of check as it is set for one metric."""

    kind: Kind
    on: bool
    severity: Severity
    parameters: Parameters = field(default_factory=dict)

    def stored(self) -> dict[str, Any]:
        """Return the parameters as JSON keeps them."""
        return {each.name: each.write(self.parameters[each.name]) for each in self.kind.parameters}


def default_setting(kind: Kind, *, hours: Decimal) -> Setting:
    """Return what a new metric begins with; `hours` is how late a value of its cadence may be."""
    parameters = {each.name: each.default for each in kind.parameters}
    if "hours" in parameters:
        parameters["hours"] = hours
    return Setting(kind=kind, on=kind.on, severity=kind.severity, parameters=parameters)


def read_parameters(kind: Kind, raw: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the parameters of a check, and what is wrong with them by name."""
    read: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for each in kind.parameters:
        try:
            read[each.name] = each.read(raw.get(each.name, each.default))
        except ValueError as error:
            errors[each.name] = str(error)
    low, high = read.get("low"), read.get("high")
    if low is not None and high is not None and low > high:
        errors["high"] = "The greatest possible value lies below the least."
    return read, errors
