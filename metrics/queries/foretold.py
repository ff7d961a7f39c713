"""What the metric's page says of its forecast: the band on the chart, rows of its table, and the method in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from config.kit.charts import Band
from config.kit.days import day_text
from config.templatetags.premise import num
from metrics.domain.forecasting import LEAST_VALUES
from metrics.domain.periods import zone_named
from metrics.models import Forecast, Metric
from metrics.queries.stored import Value
from metrics.services import forecasting

ASSUMES = (
    "That errors to come are like those so far, and that the metric goes on as it did: it knows of no campaign, no "
    "holiday and no new rule. A trend is expected to flatten out."
)


@dataclass(frozen=True)
class Foretold:
    """A stored forecast as people read it; `trouble` says why there is none, or why it is behind the values."""

    unit: str
    result: dict[str, Any]
    days: Sequence[date]  # of each step
    through: str = ""
    trouble: str = ""

    @property
    def headline(self) -> str:
        """Say what is expected of the next period, in one sentence."""
        if not self.days:
            return ""
        if not self.result["intervals"]:
            return f"Only the present level is known: {self._number(self.result['likely'][0])}."
        low, high = self.result["intervals"][0]["steps"][0]
        likely = self._number(self.result["likely"][0])
        between = f"between {num(_short(low, self._places))} and {self._number(high)}"
        return f"Likely {likely} in the period from {day_text(self.days[0])}; with a chance of 80 % {between}."

    @property
    def facts(self) -> list[tuple[str, str]]:
        """Return method, assumptions and how well it did, as label and words."""
        if not self.days:
            return []
        made = f"{self.result['count']} settled values, up to {self.through}."
        if not self.result["intervals"]:
            return [("Method", f"None: a forecast needs {LEAST_VALUES} values."), ("Made from", made)]
        told = [("Method", f"{self.result['method']}."), ("Assumes", ASSUMES), ("Made from", made)]
        return [*told, ("Tried on the past", self._tried)] if self._tried else told

    @property
    def _tried(self) -> str:
        narrow, wide = self.result["intervals"]
        if not narrow["tried"]:
            return "Not yet: there is no past that it could have foretold."
        held = f"the 80 % band held {_percent(narrow['coverage'])} and the 95 % band {_percent(wide['coverage'])}"
        off, naive = self._number(self.result["error"]), self._number(self.result["naive_error"])
        return (
            f"Of {narrow['tried']} values foretold from what was known before them, {held}. The likeliest value was on "
            f"average {off} off; that nothing changes would have been {naive} off."
        )

    @property
    def _places(self) -> int:
        """Return as many decimals as the width of the band gives sense to."""
        low, high = self.result["intervals"][0]["steps"][0] if self.result["intervals"] else (0.0, 0.0)
        width = high - low
        return 1 if width >= 3 or not width else 2 if width >= 0.3 else 4

    def _number(self, value: float) -> str:
        text = num(_short(value, self._places))
        return f"{text}\u202f{self.unit}" if self.unit else text

    def band(self, rows: Sequence[Value], zone: Any) -> Band | None:
        """Return the band for the chart, begun at the newest value that it was made from."""
        if not self.days:
            return None
        before = [row for row in rows if row.value is not None and _day(row.period_start, zone) < self.days[0]]
        start = [(_day(before[-1].period_start, zone), float(before[-1].value or 0))] if before else []
        narrow, wide = (
            [*((day, value, value) for day, value in start), *((d, low, high) for d, (low, high) in self._steps(at))]
            for at in (0, 1)
        )
        label = "Forecast" if self.result["intervals"] else "Level"
        return Band(narrow, label, outer=wide, middle=[*start, *zip(self.days, self.result["likely"], strict=True)])

    def _steps(self, at: int) -> list[tuple[date, tuple[float, float]]]:
        given = self.result["intervals"]
        return list(zip(self.days, given[at]["steps"], strict=True)) if given else []

    @property
    def table(self) -> list[tuple[str, ...]]:
        """Return a row for each step, the farthest first, in the columns of the chart's table."""
        rows: list[tuple[str, ...]] = []
        for step, day in enumerate(self.days):
            told = [num(_short(self.result["likely"][step], self._places)), ""]
            for interval in self.result["intervals"]:
                low, high = (num(_short(edge, self._places)) for edge in interval["steps"][step])
                told[1] += f"{_percent(interval['share'])}: {low} to {high} "
            rows.append((day_text(day), told[0], told[1].strip(), "forecast"))
        return rows[::-1]


def _percent(share: float) -> str:
    return f"{share * 100:.0f}\u202f%"


def _short(value: float, places: int) -> float:
    return round(value, places) or 0.0


def _day(moment: datetime, zone: Any) -> date:
    return moment.astimezone(zone).date()


def foretold(metric: Metric, segment: str = "") -> Foretold:
    """Return what there is of a forecast of the whole metric, or of a segment that the person may see: one query."""
    rows = forecasting.kept(metric, segment)
    found = next((row for row in rows if row.result), None)
    unit = metric.definition.unit if metric.definition else ""
    trouble = _trouble(rows)
    if found is None or not found.result:
        return Foretold(unit, {}, (), trouble=trouble)
    zone = zone_named(metric.time_zone)
    days = [_day(datetime.fromisoformat(start), zone) for start in found.result["periods"]]
    through = day_text(_day(found.through, zone)) if found.through else ""
    return Foretold(unit, found.result, days, through, trouble)


def _trouble(rows: Sequence[Forecast]) -> str:
    if not rows:
        return ""
    if rows[0].state == Forecast.State.FAILED:
        return (
            "The forecast of the newest values could not be made; administrators find the reason in the worker's log."
        )
    if rows[0].state == Forecast.State.WANTED:
        return (
            "Newer values have come; the forecast from them is being made."
            if len(rows) > 1
            else "The forecast is being made."
        )
    return "" if rows[0].result else "There is no settled value to forecast from yet."
