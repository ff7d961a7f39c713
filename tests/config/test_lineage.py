"""The lineage as a drawing: columns by what rests on what, all names said, nothing hangs."""

import pytest

from config.kit.charts.lineage import Lineage, lineage_graph

NAMES = {"a": "Resolved", "b": "Opened", "c": "Rate", "d": "Gap <script>"}
INPUTS = {"c": ["a", "b"], "d": ["c", "unknown"]}


def test_each_stands_right_of_what_it_rests_on():
    assert Lineage(NAMES, INPUTS, "c").columns == [["a", "b"], ["c"], ["d"]]


def test_a_circle_does_not_hang_the_page():
    assert sum(map(len, Lineage({"a": "A", "b": "B"}, {"a": ["b"], "b": ["a"]}, "a").columns)) == 2


@pytest.mark.parametrize("narrow", [False, True])
def test_it_is_drawn_and_said_in_words(narrow):
    drawn = lineage_graph(Lineage(NAMES, INPUTS, "c"), title="Lineage of Rate", narrow=narrow)
    assert "Rate is calculated from Resolved, Opened. Gap &lt;script&gt; is calculated from Rate." in drawn
    assert drawn.count('class="state-box') == 4
    assert "<script" not in drawn
