"""Rows and cells of JSON documents, and the paths that are refused because they could take for ever."""

from typing import Any

import pytest

from metrics.domain.answers import NoAnswer, Row
from metrics.services import json_paths

DOCUMENT = {
    "data": [
        {"when": "2026-11-02", "n": {"value": 5}, "region": "north", "cases": 12},
        {"when": "2026-11-09", "n": {"value": None}, "region": "south"},
    ],
    "pairs": [["2026-11-02", 5], ["2026-11-09", 6]],
    "now": {"open": 17},
}


def _rows(document: Any = DOCUMENT, **paths: Any) -> list[Row]:
    known: dict[str, Any] = {"rows": "", "period": "", "value": "", "segment": "", "sample": "", "most": 10}
    return json_paths.rows(document, **(known | paths))


@pytest.mark.parametrize("path", ["$.data[*]", "$.data"])
def test_rows_are_found_by_path_and_cells_by_name_or_path(path: str):
    found = _rows(rows=path, period="when", value="$.n.value", segment="region", sample="cases")
    assert found == [
        Row(period="2026-11-02", value=5, segment="north", sample_size=12),
        Row(period="2026-11-09", value=None, segment="south", sample_size=None),
    ]


def test_rows_may_be_lists_and_filtered():
    assert [row.value for row in _rows(rows="$.pairs[*]", period="$[0]", value="$[1]")] == [5, 6]
    assert [row.period for row in _rows(rows="$.data[?@.region == 'north']", period="when", value="$.n.value")] == [
        "2026-11-02"
    ]


def test_a_single_value_has_no_period_of_its_own_or_one_beside_it():
    assert _rows(value="$.now.open") == [Row(period=None, value=17)]
    assert _rows({"v": 1, "at": "2026-11-02"}, value="v", period="at") == [Row(period="2026-11-02", value=1)]


@pytest.mark.parametrize(
    "paths, words",
    [
        ({"rows": "$.nothing[*]", "period": "when", "value": "n"}, "nothing at the path of the rows"),
        ({"rows": "$.data[*]", "period": "when", "value": "m"}, "no value at the path"),
        ({"value": "$.data[*].n"}, "no value at the path"),
        ({"rows": "$..*", "value": "value", "period": "when", "most": 3}, "more than 3 rows"),
    ],
)
def test_paths_that_lead_nowhere_are_said(paths: dict[str, Any], words: str):
    with pytest.raises(NoAnswer, match=words):
        _rows(**paths)


def test_a_period_that_is_not_there_is_not_taken_for_a_value_of_now():
    [row] = _rows([{"v": 1}], rows="$[*]", period="when", value="v")
    assert row.period == ""


@pytest.mark.parametrize(
    "path",
    [
        *("data", "$.", "$[", "$.a | $.b", "$.a^", "$[?match(@.a, '(a+)+$')]", "$[?search(@.a, 'a')]"),
        *(
            "$..a..b",
            "$..[?@.a == 1]",
            "$[?@.a == $.b]",
            "$[*][*][*][*][*]",
            "$[0,1,2,3,4,5,6,7,8,9]",
            "$" + ".a" * 200,
        ),
    ],
)
def test_a_path_that_cannot_be_read_or_could_take_for_ever_is_refused(path: str):
    with pytest.raises(ValueError):
        json_paths.compiled(path)
