"""What the pages show of a metric's values: chart, sparkline, figures, and how the latest value stands."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone
from django.utils.safestring import SafeString

from config.kit.charts import Figure, Level, line_figure, sparkline
from config.kit.days import day_text
from config.templatetags.premise import num
from metrics.domain.conditions import BadCondition, parse
from metrics.domain.distance import bounds, short_of, to_break, tolerated
from metrics.domain.periods import zone_named
from metrics.models import Condition, Metric, MetricDefinition
from metrics.queries import interim
from metrics.queries.foretold import Foretold
from metrics.queries.stored import Value, Watch

MOST_LEVELS = 4
TABLE_ROWS = 60
MEAN_OVER = 12  # settled periods


@dataclass(frozen=True)
class Tile:
    """One figure of the page, as components/_tile.html takes it."""

    label: str
    value: str
    note: str = ""
    tone: str = ""


def with_unit(value: Decimal | None, unit: str, places: int | None = None) -> str:
    """Write a value with its unit; an em dash for none."""
    text = num(value, places)
    return text if value is None or not unit else f"{text}\u202f{unit}"


def settled(rows: Sequence[Value], metric: Metric) -> list[Value]:
    """Return the values that count: of periods that have ended and settled."""
    until = timezone.now() - metric.settle_after
    return [row for row in rows if row.value is not None and row.period_end <= until]


def chart(
    metric: Metric,
    definition: MetricDefinition,
    rows: Sequence[Value],
    watches: Sequence[Watch],
    ahead: Foretold,
    *,
    segment: str = "",
) -> Figure:
    """Draw the values with target, tolerance, the levels that break something, the periods in breach, the forecast."""
    zone = zone_named(metric.time_zone)
    points = [(row.period_start.astimezone(zone).date(), _float(row.value)) for row in rows]
    figure = line_figure(
        points,
        title=f"{metric.name}{f', {segment}' if segment else ''} over time",
        description=" ".join(filter(None, [_description(metric, definition, rows), ahead.headline])),
        unit=definition.unit,
        levels=[*_levels(definition), *_break_levels(watches)],
        marks=interim.marks(metric, definition, rows),
        shaded=_breaches(metric, watches),
        band=ahead.band(rows, zone),
    )
    unit = f"Value ({definition.unit})" if definition.unit else "Value"
    header = ("Period from", unit, "Sample", "Revision")
    shown = [_table_row(metric, row) for row in rows[: -TABLE_ROWS - 1 : -1]]
    return replace(figure, header=header, rows=[*ahead.table, *shown])


def _table_row(metric: Metric, row: Value) -> tuple[str, ...]:
    value = "withdrawn" if row.value is None else num(row.value)
    return day_text(metric.local_day(row.period_start)), value, num(row.sample_size), str(row.revision)


def spark(rows: Sequence[Value], name: str) -> SafeString:
    """Draw the newest values at the size of a word."""
    return sparkline([_float(row.value) for row in rows], title=f"{name}, latest values")


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _description(metric: Metric, definition: MetricDefinition, rows: Sequence[Value]) -> str:
    known = [row for row in rows if row.value is not None]
    numbers = [row.value for row in known if row.value is not None]
    if not known:
        return "There are no values yet."
    first, last = metric.local_day(known[0].period_start), metric.local_day(known[-1].period_start)
    low, high = min(numbers), max(numbers)
    latest = with_unit(known[-1].value, definition.unit)
    return f"{len(known)} values from {first} to {last}, between {num(low)} and {num(high)}; the latest is {latest}."


def _levels(definition: MetricDefinition) -> list[Level]:
    named = (
        (definition.target, "Target", "target"),
        (definition.tolerance_low, "Tolerance", "limit"),
        (definition.tolerance_high, "Tolerance", "limit"),
    )
    return [Level(float(value), f"{label} {num(value)}", tone) for value, label, tone in named if value is not None]


def _break_levels(watches: Iterable[Watch]) -> list[Level]:
    """Return each bound once, with the first watcher that it breaks."""
    found: dict[Decimal, str] = {}
    for watch in watches:
        for bound in _bounds(watch.condition):
            found.setdefault(bound, watch.condition.watcher)
    return [
        Level(float(bound), f"Breaks {watcher} {num(bound)}", "break")
        for bound, watcher in sorted(found.items())[:MOST_LEVELS]
    ]


def _bounds(condition: Condition) -> list[Decimal]:
    try:
        return bounds(parse(condition.spec))
    except BadCondition:
        return []


def _breaches(metric: Metric, watches: Iterable[Watch]) -> list[tuple[date, date]]:
    today = timezone.now()
    return [
        (metric.local_day(episode.start), metric.local_day(episode.end or today))
        for watch in watches
        for episode in watch.episodes
    ]


def tiles(metric: Metric, definition: MetricDefinition, rows: Sequence[Value], watches: Sequence[Watch]) -> list[Tile]:
    """Return latest value, mean, distance to the nearest break, and target."""
    counted = settled(rows, metric)
    latest = counted[-1] if counted else None
    return [
        _latest(metric, definition, rows, latest, watches),
        _mean(definition, counted),
        _distance(definition, latest, watches),
        _target(definition, latest),
    ]


def _latest(
    metric: Metric,
    definition: MetricDefinition,
    rows: Sequence[Value],
    latest: Value | None,
    watches: Sequence[Watch],
) -> Tile:
    if latest is None:
        note = "recorded, not settled yet" if rows else "no values yet"
        return Tile("Latest", "—", note)
    note = f"period from {day_text(metric.local_day(latest.period_start))}"
    if any(watch.broken_since for watch in watches):
        return Tile("Latest", with_unit(latest.value, definition.unit), f"{note} · broken", "bad")
    tone, word = standing(definition, latest.value)
    return Tile("Latest", with_unit(latest.value, definition.unit), f"{note} · {word}" if word else note, tone)


def standing(definition: MetricDefinition, value: Decimal | None) -> tuple[str, str]:
    """Return tone and word for a value, by the metric's own direction; red is kept for what is broken."""
    if value is None:
        return "", ""
    inside = tolerated(value, definition.tolerance_low, definition.tolerance_high)
    if definition.direction == MetricDefinition.Direction.WITHIN:
        return ("ok", "within the band") if inside else ("warn", "outside the band")
    if definition.target is not None and short_of(value, definition.target, definition.direction) <= 0:
        return "ok", "target met"
    if definition.tolerance_low is None and definition.tolerance_high is None:
        return "", "" if definition.target is None else "short of the target"
    return ("", "within tolerance") if inside else ("warn", "outside tolerance")


def _mean(definition: MetricDefinition, counted: Sequence[Value]) -> Tile:
    last = [row.value for row in counted[-MEAN_OVER:] if row.value is not None]
    if not last:
        return Tile("Mean", "—")
    mean = sum(last, Decimal(0)) / len(last)
    places = max(0, *(-int(value.normalize().as_tuple().exponent) for value in last)) + 1
    return Tile("Mean", with_unit(mean, definition.unit, min(places, 3)), f"of the last {len(last)} values")


def _distance(definition: MetricDefinition, latest: Value | None, watches: Sequence[Watch]) -> Tile:
    nearest = nearest_break(latest.value if latest else None, watches)
    if nearest is None:
        return Tile("Distance to break", "—", "no condition with a bound" if latest else "")
    room, condition = nearest
    if room < 0:
        return Tile("Beyond the bound by", with_unit(-room, definition.unit), f"of {condition.watcher}", "bad")
    return Tile("Distance to break", with_unit(room, definition.unit), f"of {condition.watcher}")


def nearest_break(value: Decimal | None, watches: Iterable[Watch]) -> tuple[Decimal, Condition] | None:
    """Return the least room that is left to any bound, and whose bound it is."""
    found = []
    for watch in watches if value is not None else ():
        try:
            room = to_break(parse(watch.condition.spec), value)  # type: ignore[arg-type]
        except BadCondition:
            continue
        if room is not None:
            found.append((room, watch.condition))
    return min(found, key=lambda pair: pair[0], default=None)


def _target(definition: MetricDefinition, latest: Value | None) -> Tile:
    target, label, by = _due_target(definition)
    if target is None:
        return Tile("Target", "—")
    note = by
    if latest is not None and latest.value is not None:
        lacking = short_of(latest.value, target, definition.direction)
        note = " · ".join(filter(None, [by, "met" if lacking <= 0 else f"{with_unit(lacking, definition.unit)} to go"]))
    return Tile(label, with_unit(target, definition.unit), note)


def _due_target(definition: MetricDefinition) -> tuple[Decimal | None, str, str]:
    """Return the next interim target that is still ahead, else the target itself."""
    approved = definition.approved_at
    for days, value in ((30, definition.target_30), (90, definition.target_90), (365, definition.target_365)):
        if approved and value is not None and timezone.now() <= approved + timedelta(days=days):
            return value, "Next target", f"by {day_text(timezone.localtime(approved + timedelta(days=days)).date())}"
    return definition.target, "Target", ""
