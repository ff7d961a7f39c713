"""A condition in one plain sentence, as its author, its approvers and the record read it."""

from collections.abc import Mapping
from decimal import Decimal

from metrics.domain.fields import number_text
from metrics.domain.kinds import (
    BOUNDS,
    COMPOSITES,
    Change,
    Condition,
    Definition,
    Drift,
    Forecast,
    Process,
    Stale,
    Window,
    detail_of,
)
from metrics.domain.periods import Duration

PERIOD_WORDS = {"daily": "day", "weekly": "week", "monthly": "month", "quarterly": "quarter", "yearly": "year"}


Named = tuple[str, str, str]
"""What a metric is called, its unit and its cadence."""
NOBODY: Mapping[str, Named] = {}


def sentence(
    condition: Condition, metric_name: str, unit: str = "", cadence: str = "", others: Mapping[str, Named] = NOBODY
) -> str:
    """Say when a condition breaks: “when backlog growth is above 4 % for 2 settled weeks”.

    `others` says what other metrics are called that parts of a composite watch; unknown ones go by their key.
    """
    return f"when {clause(condition, (metric_name, unit, cadence), others)}"


def clause(condition: Condition, metric: Named, others: Mapping[str, Named] = NOBODY) -> str:
    """Say it without the “when”, trigger first, then how long, then when it is over."""
    if condition.metric:
        metric = others.get(condition.metric, (condition.metric, "", metric[2]))
    name, unit, cadence = metric
    period = PERIOD_WORDS.get(cadence, "period")
    if condition.kind in COMPOSITES:
        joint = " and " if condition.kind == "all" else " or "
        words = joint.join(f"({clause(part, metric, others)})" for part in condition.parts)
    else:
        words = _trigger(condition, name, unit, period)
    if condition.sustained != 1:
        words += f" for {_span(condition.sustained, f'settled {period}')}"
    return words + _until(condition, unit, period)


def _trigger(condition: Condition, name: str, unit: str, period: str) -> str:
    if condition.kind in BOUNDS:
        return f"{name} is {_side(condition)} {_number(condition.bound, unit)}"
    if condition.kind == "outside":
        ends = "or on its ends" if condition.inclusive else ""
        return f"{name} is outside {_band(condition, unit)} {ends}".rstrip()
    if condition.kind == "inside":
        ends = "" if condition.inclusive else ", ends excluded"
        return f"{name} is inside {_band(condition, unit)}{ends}"
    return _of_detail(condition, name, unit, period)


def _of_detail(condition: Condition, name: str, unit: str, period: str) -> str:
    detail = condition.detail
    if isinstance(detail, Change):
        return _change(detail, name, unit, period, condition.inclusive)
    if isinstance(detail, Process | Drift):
        return _chart(detail, name, period)
    if isinstance(detail, Stale):
        grace = f" and {_span(detail.grace, period)} of grace" if detail.grace else ""
        return f"{name} has no settled value within its cadence{grace}"
    if isinstance(detail, Forecast):
        chance = number_text(detail.probability * 100)
        bound, ahead = _number(detail.bound, unit), _count(detail.horizon, period)
        return f"{name} is {chance} % likely to be {detail.side} {bound} within {ahead}"
    return f"the approved definition of {name} is no longer version {detail_of(condition, Definition).version}"


def _chart(detail: Process | Drift, name: str, period: str) -> str:
    if isinstance(detail, Drift):
        where = {"either": "", "above": " upwards", "below": " downwards"}[detail.side]
        return f"{name} drifts{where} by its {detail.chart.upper()} chart ({_tuning(detail, period)})"
    kind = "Nelson" if detail.rule_set == "nelson" else "Western Electric"
    word = "rule" if len(detail.rules) == 1 else "rules"
    return f"{name} breaks {kind} {word} {', '.join(map(str, detail.rules))} against {_window(detail.baseline, period)}"


def _tuning(drift: Drift, period: str) -> str:
    """Say everything that decides where the limits of a drift chart lie."""
    if drift.chart == "ewma":
        exact = " exact" if drift.limits == "exact" else ""
        words = [f"λ {number_text(drift.weight)}", f"limits at {number_text(drift.width)} σ{exact}"]
    else:
        words = [f"k {number_text(drift.slack)} σ", f"h {number_text(drift.interval)} σ"]
    given = (("target", drift.target), ("σ", drift.sigma))
    words += [f"{word} {number_text(value)}" for word, value in given if value is not None]
    if drift.baseline and (drift.target is None or drift.sigma is None):
        words.append(f"against {_window(drift.baseline, period)}")
    return ", ".join(words)


def _change(change: Change, name: str, unit: str, period: str, inclusive: bool) -> str:
    verb = {"rise": "rises", "fall": "falls", "either": "changes"}[change.direction]
    size = f"{'at least' if inclusive else 'more than'} {number_text(change.percent)} %"
    if change.periods is None:
        base = f"the baseline {_number(change.baseline, unit)}" if change.baseline is not None else "its baseline"
        return f"{name} {verb} by {size} against {base}"
    return f"{name} {verb} by {size} against {_count(change.periods, period)} before"


def _until(condition: Condition, unit: str, period: str) -> str:
    clear = condition.clear
    inclusive = (not condition.inclusive) if clear.inclusive is None else clear.inclusive
    words = ""
    if clear.bound is not None:
        side = "below" if condition.kind == "above" else "above"
        words = f"{'at or ' if inclusive else ''}{side} {_number(clear.bound, unit)}"
    elif clear.low is not None and clear.high is not None:
        side = "inside" if condition.kind == "outside" else "outside"
        words = f"{side} {number_text(clear.low)} to {_number(clear.high, unit)}"
        words += {("outside", True): " or on its ends", ("inside", False): ", ends excluded"}.get((side, inclusive), "")
    if clear.sustained != 1:
        words = f"{words or 'clear'} for {_span(clear.sustained, f'settled {period}')}"
    return f", until it is {words}" if words else ""


def _side(condition: Condition) -> str:
    return f"at or {condition.kind}" if condition.inclusive else condition.kind


def _band(condition: Condition, unit: str) -> str:
    return f"{number_text(condition.low)} to {_number(condition.high, unit)}"


def _number(number: Decimal | None, unit: str) -> str:
    return f"{number_text(number)} {unit}".rstrip()


def _count(count: int, word: str) -> str:
    return f"{count} {word}" + ("" if count == 1 else "s")


def _span(span: int | Duration, word: str) -> str:
    if isinstance(span, int):
        return _count(span, word)
    named = ((span.months, "month"), (span.days, "day"), *_clock(span.seconds))
    return " ".join(_count(count, unit) for count, unit in named if count) or "0 days"


def _clock(seconds: int) -> tuple[tuple[int, str], ...]:
    return (seconds // 3600, "hour"), (seconds // 60 % 60, "minute"), (seconds % 60, "second")


def _window(window: Window, period: str) -> str:
    if window.first and window.last:
        return " to ".join(f"{day.day} {day:%b %Y}" for day in (window.first, window.last))
    return f"the first {_count(window.count or 0, period)}"
