"""Reading and writing the part of a condition that belongs to its kind alone (all kinds but bounds and composites)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from metrics.domain.fields import Fields, exact, number_text
from metrics.domain.kinds import Change, Definition, Detail, Drift, Forecast, Process, Stale, Window

LONGEST_HORIZON = 366
NELSON = tuple(range(1, 9))
WESTERN_ELECTRIC = tuple(range(1, 5))


def read_change(fields: Fields) -> Change:
    """Read a percent change; its sign gives the direction unless `direction` does."""
    percent = fields.number("percent", "bound", required=True)
    direction = fields.choice("direction", ("rise", "fall", "either"))
    periods, baseline = _against(fields)
    if percent is not None and percent < 0 and direction in ("rise", "either"):
        fields.refuse("percent", f"A negative percentage contradicts the direction “{direction}”.")
    if percent == 0 and direction is None:
        fields.refuse("direction", "For 0 % say whether a rise or a fall breaks it.")
    percent = percent or Decimal(0)
    return Change(
        percent=abs(percent),
        direction=direction or ("fall" if percent < 0 else "rise"),
        periods=periods,
        baseline=baseline,
    )


def _against(fields: Fields) -> tuple[int | None, Decimal | None]:
    """Return (periods ago, fixed baseline); both None means the definition's baseline."""
    against = fields.take("against")
    baseline = fields.number("baseline")
    if against in ("baseline", "previous"):
        return (1, None) if against == "previous" else (None, baseline)
    if isinstance(against, dict):
        inner = Fields(against)
        periods, given = inner.count("periods"), inner.number("baseline")
        inner.refuse_unknown()
        fields.adopt("against", inner)
        return periods, given if given is not None else baseline
    if against is None and baseline is not None:
        return None, baseline
    try:
        ago = exact(against)
    except ValueError:
        ago = Decimal(0)
    if not 1 <= ago <= 1000 or ago != ago.to_integral_value():
        fields.refuse("against", "“against” must be “baseline”, or how many periods ago: a whole number from 1.")
        return None, None
    return int(ago), None


def read_window(fields: Fields, *, required: bool) -> Window | None:
    """Read a baseline window: a number of leading values, or a pair of dates."""
    given = fields.take("baseline")
    if given is None and not required:
        return None
    if isinstance(given, list) and len(given) == 2:
        try:
            first, last = date.fromisoformat(given[0]), date.fromisoformat(given[1])
        except (TypeError, ValueError):
            fields.refuse("baseline", "Write the two dates of the baseline as YYYY-MM-DD.")
            return None
        if first >= last:
            fields.refuse("baseline", "The baseline's first date must come before its last.")
        return Window(first=first, last=last)
    try:
        count = exact(given)
    except ValueError:
        count = Decimal(0)
    if not 2 <= count <= 10_000 or count != count.to_integral_value():
        fields.refuse("baseline", "State the baseline: the number of leading periods (2 or more), or a pair of dates.")
        return None
    return Window(count=int(count))


def read_process(fields: Fields) -> Process:
    """Read the rules of an XmR chart and its baseline."""
    rule_set = fields.choice("rule_set", ("nelson", "western_electric")) or "nelson"
    known = NELSON if rule_set == "nelson" else WESTERN_ELECTRIC
    given = fields.take("rules")
    given = [1] if given is None else given
    rules = given if isinstance(given, list) else [given]
    numbers = {
        int(rule) for rule in rules if isinstance(rule, int | Decimal) and not isinstance(rule, bool) and rule in known
    }
    if len(numbers) != len(rules) or not rules:
        fields.refuse("rules", f"“rules” must be a list of different numbers from 1 to {known[-1]}.")
    window = read_window(fields, required=True)
    return Process(rules=tuple(sorted(numbers)), baseline=window or Window(count=2), rule_set=rule_set)


def read_drift(fields: Fields) -> Drift:
    """Read an EWMA or CUSUM chart; what is not given about the process must come from a baseline."""
    chart = fields.choice("chart", ("ewma", "cusum"), required=True)
    drift = Drift(
        chart=chart or "ewma",
        target=fields.number("target", "start", "centre", "center", "mean", "mu"),
        sigma=fields.positive("sigma", "s", "sd"),
        baseline=read_window(fields, required=False),
        side=fields.choice("side", ("either", "above", "below")) or "either",
    )
    if drift.chart == "ewma":
        drift = replace(
            drift,
            weight=fields.positive("lambda", "weight", "λ", "lam", "alpha", most=Decimal(1)) or drift.weight,
            width=fields.positive("width", "L", "limit", "sigmas") or drift.width,
            limits=fields.choice("limits", ("steady", "exact")) or drift.limits,
        )
    else:
        drift = replace(
            drift,
            slack=fields.positive("k", "slack") or drift.slack,
            interval=fields.positive("h", "interval") or drift.interval,
        )
    if drift.baseline is None and (drift.target is None or drift.sigma is None) and "baseline" not in fields.errors:
        fields.refuse("baseline", "Give target and sigma, or the baseline to estimate them on.")
    return drift


def read_stale(fields: Fields) -> Stale:
    """Read the grace after which a missing value is stale."""
    return Stale(grace=fields.span("grace", least=0) or 0)


def read_forecast(fields: Fields) -> Forecast:
    """Read the bound, horizon and probability of a forecast condition."""
    probability = fields.positive("probability", "p", most=Decimal(1))
    if probability is None and "probability" not in fields.errors:
        fields.refuse("probability", "“probability” is missing: give a number above 0 and at most 1.")
    return Forecast(
        bound=fields.number("bound", required=True) or Decimal(0),
        side=fields.choice("side", ("above", "below"), "direction") or "above",
        horizon=fields.count("horizon", "periods", most=LONGEST_HORIZON, required=True) or 1,
        probability=probability or Decimal(1),
        minimum_history=fields.count("minimum_history", "minimum", least=2) or 8,
    )


def read_definition(fields: Fields) -> Definition:
    """Read the version of the metric's definition that the decision was approved on."""
    return Definition(version=fields.count("version", required=True) or 1)


DETAILS: dict[str, Callable[[Fields], Detail]] = {
    "change": read_change,
    "process": read_process,
    "drift": read_drift,
    "stale": read_stale,
    "forecast": read_forecast,
    "definition": read_definition,
}


def write_detail(detail: Detail) -> dict[str, Any]:
    """Write the part that belongs to the kind, so that reading it gives an equal value."""
    match detail:
        case Change():
            against: Any = detail.periods or "baseline"
            written = {"percent": number_text(detail.percent), "direction": detail.direction, "against": against}
            return written | ({"baseline": number_text(detail.baseline)} if detail.baseline is not None else {})
        case Process():
            return {"rules": list(detail.rules), "rule_set": detail.rule_set, "baseline": _window(detail.baseline)}
        case Drift():
            return _drift(detail)
        case Stale():
            return {"grace": detail.grace if isinstance(detail.grace, int) else str(detail.grace)}
        case Forecast():
            numbers = {"bound": number_text(detail.bound), "probability": number_text(detail.probability)}
            counts = {"horizon": detail.horizon, "minimum_history": detail.minimum_history}
            return {"side": detail.side, **numbers, **counts}
        case Definition():
            return {"version": detail.version}


def _drift(drift: Drift) -> dict[str, Any]:
    written: dict[str, Any] = {"chart": drift.chart, "side": drift.side}
    numbers = {"target": drift.target, "sigma": drift.sigma}
    if drift.chart == "ewma":
        written["limits"] = drift.limits
        numbers |= {"lambda": drift.weight, "width": drift.width}
    else:
        numbers |= {"k": drift.slack, "h": drift.interval}
    written |= {name: number_text(number) for name, number in numbers.items() if number is not None}
    return written | ({"baseline": _window(drift.baseline)} if drift.baseline else {})


def _window(window: Window) -> int | list[str] | None:
    if window.first and window.last:
        return [window.first.isoformat(), window.last.isoformat()]
    return window.count
