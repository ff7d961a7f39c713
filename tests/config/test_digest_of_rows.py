"""The quick digest of rows is the digest: of text, whole numbers and nothing there is no second canonical text."""

from hypothesis import given
from hypothesis import strategies as st

from config.kit.canonical import digest, digest_of_rows

cells = st.none() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(st.characters(exclude_categories=["Cs"]))


@given(st.lists(st.lists(cells, max_size=6), max_size=6))
def test_both_say_the_same(rows):
    assert digest_of_rows(rows) == digest(rows)
