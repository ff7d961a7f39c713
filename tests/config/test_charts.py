"""Charts: always well-formed, always finite, always named, and their labels never touch."""

import random
import re
import time
from datetime import date, timedelta
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from config.kit.charts import (
    Band,
    Level,
    Mark,
    Strip,
    bar_chart,
    dot_plot,
    line_chart,
    line_figure,
    sparkline,
    state_graph,
    strip_figure,
    weight_strips,
)
from config.kit.charts.ink import FONT, text_width
from config.kit.charts.labels import Box, spread
from config.kit.charts.thin import thin

SVG = "{http://www.w3.org/2000/svg}"
START = date(2025, 11, 24)
STATES = ("Draft", "In review", "In force", "Questioned", "Stopped", "Superseded", "Closed", "Rejected", "Abandoned")
MOVES = (
    ("Draft", "submit", "In review"),
    ("Draft", "abandon", "Abandoned"),
    ("In review", "approve", "In force"),
    ("In review", "return", "Draft"),
    ("In review", "reject", "Rejected"),
    ("In review", "withdraw", "Draft"),
    ("In force", "question", "Questioned"),
    ("In force", "amend", "In force"),
    ("In force", "supersede", "Superseded"),
    ("In force", "close", "Closed"),
    ("Questioned", "reaffirm", "In force"),
    ("Questioned", "amend", "In force"),
    ("Questioned", "invoke fallback", "In force"),
    ("Questioned", "stop", "Stopped"),
    ("Questioned", "supersede", "Superseded"),
)


def weekly(*values: float | None) -> list[tuple[date, float | None]]:
    return [(START + timedelta(weeks=index), value) for index, value in enumerate(values)]


def drawn(svg: str) -> ET.Element:
    """Parse a chart and hold it to what holds for every chart."""
    root = ET.fromstring(svg)
    assert root.get("role") == "img"
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert set((root.get("aria-labelledby") or "").split()) <= set(ids)
    _, _, width, height = map(float, root.get("viewBox", "").split())
    assert "style=" not in svg
    for element in root.iter():
        assert not re.search("nan|inf", element.get("d") or "")
        for name in ("x", "x1", "x2", "cx"):
            assert -1 <= float(element.get(name, "0")) <= width + 1
        for name in ("y", "y1", "y2", "cy"):
            assert -1 <= float(element.get(name, "0")) <= height + 1
    return root


def boxes(root: ET.Element) -> list[tuple[str, Box]]:
    """Return what each text covers, by the same estimate of widths that errs on the wide side."""
    found = []
    for element in root.iter(f"{SVG}text"):
        text = "".join(element.itertext()) if element.find(f"{SVG}title") is None else element[0].tail or ""
        width, x, y = text_width(text), float(element.get("x", "0")), float(element.get("y", "0"))
        left = {"middle": x - width / 2, "end": x - width}.get(element.get("text-anchor", ""), x)
        found.append((text, Box(left, y - FONT * 0.8, left + width, y + FONT * 0.2)))
    return found


def assert_no_labels_touch(root: ET.Element) -> None:
    texts = boxes(root)
    for index, (one, box) in enumerate(texts):
        for other, its in texts[index + 1 :]:
            assert not box.touches(its), f"{one!r} touches {other!r}"


CROWD = [
    Level(70, "Break above 70", "break"),
    Level(69.9, "UCL", "limit"),
    Level(69.8, "Clear below 69.8", "limit"),
    Level(60.5, "Mean", "mean"),
    Level(60.4, "Target 60.4", "target"),
    Level(60.4, "Reference", "reference"),
]


@pytest.mark.parametrize("narrow", [False, True])
def test_labels_never_touch_however_close_their_levels_lie(narrow: bool) -> None:
    values = [60 + 5 * ((index * 7919) % 13) / 13 for index in range(52)]
    points = weekly(*values)
    marks = [Mark(points[index][0], values[index], f"Mark {index}", "bad") for index in (48, 49, 50, 51)]
    band = Band([(points[-1][0] + timedelta(weeks=index), 59.0, 61.0 + index) for index in range(8)], "Forecast")
    svg = line_chart(points, title="t", description="d", levels=CROWD, marks=marks, band=band, unit="%", narrow=narrow)
    assert_no_labels_touch(drawn(svg))


def test_every_level_is_named_when_there_is_room() -> None:
    svg = line_chart(weekly(61, 62, 63), title="t", description="d", levels=CROWD)
    texts = [text for text, _ in boxes(drawn(svg))]
    assert [level.label for level in CROWD if level.label not in texts] == []


def test_the_break_level_keeps_its_name_when_others_must_give_way() -> None:
    levels = [Level(50 + index / 10, f"Reference {index}") for index in range(40)] + [Level(52, "Break", "break")]
    root = drawn(line_chart(weekly(50, 54), title="t", description="d", levels=levels))
    assert "Break" in [text for text, _ in boxes(root)]
    assert_no_labels_touch(root)


numbers = st.one_of(
    st.none(),
    st.floats(allow_nan=True, allow_infinity=True),
    st.floats(min_value=-1e6, max_value=1e6),
    st.sampled_from([0.0, -0.0, 5e-324, 1e-12, 1e15, -1e300, 1.7e308]),
)


@settings(max_examples=150, deadline=None)
@given(
    values=st.lists(numbers, max_size=40),
    levels=st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=4),
    spacing=st.sampled_from([0, 1, 7, 31, 92, 400]),
    narrow=st.booleans(),
)
@example(values=[0.0, -0.5], levels=[], spacing=1, narrow=False)  # the mark once stood on the unit
def test_any_series_gives_a_sound_chart(values: list[Any], levels: list[float], spacing: int, narrow: bool) -> None:
    points = [(START + timedelta(days=index * spacing), value) for index, value in enumerate(values)]
    known = [Level(value, f"Level {index}", "limit") for index, value in enumerate(levels)]
    marks = [Mark(day, value, "Mark") for day, value in points[:3] if value is not None]
    svg = line_chart(points, title="t", description="d", levels=known, marks=marks, unit="tickets", narrow=narrow)
    assert_no_labels_touch(drawn(svg))


@settings(max_examples=80, deadline=None)
@given(values=st.lists(numbers, max_size=60))
def test_any_series_gives_a_sound_sparkline(values: list[Any]) -> None:
    drawn(sparkline(values, title="t"))


@settings(max_examples=80, deadline=None)
@given(rows=st.lists(st.tuples(st.text(max_size=30), st.floats(allow_nan=True, allow_infinity=True)), max_size=8))
def test_any_rows_give_sound_bars_and_ranges(rows: list[tuple[str, float]]) -> None:
    for narrow in (False, True):
        drawn(bar_chart(rows, title="t", description="d", narrow=narrow))
        drawn(
            dot_plot([(name, value, value, value) for name, value in rows], title="t", description="d", narrow=narrow)
        )


@pytest.mark.parametrize("text", ["<script>\"&'", "\x00\x0b", "\ud800", "]]>", "รายการ 前提"])
def test_titles_are_escaped_and_fit_for_xml(text: str) -> None:
    levels = [Level(5, text, "break")]
    root = drawn(line_chart(weekly(1, 2), title=text, description=text, unit=text, levels=levels))
    assert root.find(f"{SVG}script") is None
    title = root.find(f"{SVG}title")
    assert title is not None
    assert title.text == re.sub("[\x00-\x08\x0b\ud800]", "\ufffd", text)


def test_a_missing_value_is_a_gap_and_a_lone_value_a_dot() -> None:
    root = drawn(line_chart(weekly(1, 2, None, 4, None, 6, 7), title="t", description="d"))
    path = next(element for element in root.iter(f"{SVG}path") if element.get("class") == "line")
    assert (path.get("d") or "").count("M") == 3
    assert "0L" not in (path.get("d") or "").split("M")[2]


def test_no_values_say_so_and_draw_no_line() -> None:
    root = drawn(line_chart([], title="t", description="d"))
    assert "No values yet" in "".join(root.itertext())
    assert [element for element in root.iter(f"{SVG}path") if element.get("class") == "line"] == []
    assert "M" not in "".join(element.get("d") or "" for element in drawn(sparkline([None], title="t")).iter())


@pytest.mark.parametrize(
    ("days", "spacing", "expected"),
    [
        (5, 1, "25 Nov"),
        (10, 7, "1 Dec"),
        (40, 7, "Mar"),
        (36, 30, "2027"),
        (400, 30, "2030"),
    ],
)
def test_the_axis_names_days_weeks_months_and_years(days: int, spacing: int, expected: str) -> None:
    points = [(START + timedelta(days=index * spacing), float(index)) for index in range(days)]
    assert expected in [text for text, _ in boxes(drawn(line_chart(points, title="t", description="d")))]


def test_ten_thousand_points_shrink_and_keep_their_extremes() -> None:
    source = random.Random(1)
    values: list[float | None] = [source.gauss(100, 10) for _ in range(10_000)]
    values[7_777] = 400.0
    values[2_222] = -300.0
    points = list(zip(map(float, range(10_000)), values, strict=True))
    kept = thin(points, 300)
    assert len(kept) <= 4 * 300
    assert {(7_777.0, 400.0), (2_222.0, -300.0), points[-1], points[0]} <= set(kept)
    assert [x for x, _ in kept] == sorted(x for x, _ in kept)
    days = [(START + timedelta(days=index), value) for index, value in enumerate(values)]
    assert len(line_chart(days, title="t", description="d")) < 20_000


def test_a_long_gap_survives_thinning() -> None:
    points = [(float(index), None if 4_000 < index < 6_000 else 1.0) for index in range(10_000)]
    assert any(value is None for _, value in thin(points, 100))


def test_the_same_data_gives_the_same_bytes_and_other_data_other_ids() -> None:
    one, same = (line_chart(weekly(1, 2), title="t", description="d") for _ in range(2))
    other = line_chart(weekly(1, 3), title="t", description="d")
    assert one == same
    assert drawn(one).get("aria-labelledby") != drawn(other).get("aria-labelledby")


def test_shading_outside_the_days_shown_is_left_out() -> None:
    points = weekly(1, 2, 3)
    day = points[0][0]
    outside = [(day - timedelta(days=40), day - timedelta(days=20))]
    inside = [(day, day + timedelta(days=7))]
    assert "shade" not in line_chart(points, title="t", description="d", shaded=outside)
    assert line_chart(points, title="t", description="d", shaded=inside).count('class="shade"') == 1


def test_a_figure_carries_both_widths_and_its_newest_values_first() -> None:
    figure = line_figure(weekly(1, None, 3.5), title="t", description="d", unit="%")
    assert drawn(figure.wide).get("viewBox") != drawn(figure.narrow).get("viewBox")
    assert [row[1] for row in figure.rows] == ["3.5", "no value", "1"]


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("current", STATES)
def test_the_lifecycle_names_every_next_move_and_no_labels_touch(current: str, narrow: bool) -> None:
    root = drawn(state_graph(STATES, MOVES, current=current, title="Lifecycle", narrow=narrow))
    assert_no_labels_touch(root)
    words = " ".join(text for text, _ in boxes(root))
    description = root.find(f"{SVG}desc")
    assert description is not None
    for source, verb, target in MOVES:
        if source == current:
            assert verb in words
            assert f"{verb}" in (description.text or "")
            assert target in words
    if current in STATES[4:]:
        assert "final" in (description.text or "")


def test_dead_ends_are_drawn_with_a_second_edge() -> None:
    root = drawn(state_graph(STATES, MOVES, current="Draft", title="t"))
    assert len([element for element in root.iter() if element.get("class") == "end"]) == 5


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(min_value=-50, max_value=300), max_size=14))
def test_spread_keeps_order_and_distance_inside_the_room(wanted: list[float]) -> None:
    places = spread(sorted(wanted), 0, 200, 14)
    assert all(b - a >= 14 - 1e-6 for a, b in pairwise(places))
    assert all(-1e-6 <= place <= 200 + 1e-6 for place in places)


def test_labels_with_room_stay_where_they_belong() -> None:
    assert spread([10, 60, 150], 0, 200, 14) == [10, 60, 150]


def test_a_chart_costs_no_more_than_a_few_bare_lines_of_formatting() -> None:
    """A year of weeks, measured against formatting its own number of coordinates in the same run."""
    points = weekly(*[60 + 5 * ((index * 7919) % 13) / 13 for index in range(52)])

    def cost(work: Any) -> float:
        best = 1.0
        for _ in range(20):
            begin = time.perf_counter()
            work()
            best = min(best, time.perf_counter() - begin)
        return best

    chart = cost(lambda: line_chart(points, title="t", description="d", levels=CROWD))
    bare = cost(lambda: [f"{index / 7:.1f}" for index in range(500)])
    assert chart < bare * 40


shares = st.floats(min_value=0, max_value=1)


@settings(max_examples=150, deadline=None)
@given(
    names=st.lists(st.text(max_size=40), max_size=4),
    now=shares,
    before=st.none() | shares,
    after=st.none() | shares,
    narrow=st.booleans(),
)
def test_strips_are_sound_and_their_labels_never_touch(
    names: list[str], now: float, before: float | None, after: float | None, narrow: bool
) -> None:
    turns = [(before * now, "Keep the weekend shift")] if before is not None else []
    turns += [(now + after * (1 - now), "Saturday mornings by turns, agreed")] if after is not None else []
    strips = [Strip(name, now, turns) for name in names]
    svg = weight_strips(strips, title="t", description="d", leader="No weekend shift", narrow=narrow)
    assert_no_labels_touch(drawn(svg))


def test_a_strip_is_filled_as_far_as_the_leader_stays_ahead() -> None:
    strips = [Strip("Backlog", 0.6, [(0.84, "Keep")]), Strip("Bearable", 0.4)]
    figure = strip_figure(strips, title="t", description="d", leader="None")
    root = drawn(figure.wide)
    turned = next(element for element in root.iter() if element.get("class") == "muted")
    track = next(element for element in root.iter() if element.get("class") == "bar")
    assert float(turned.get("width", "")) == pytest.approx(0.16 * float(track.get("width", "")), abs=0.1)
    assert [row[2] for row in figure.rows] == ["84%: Keep", "never"]
