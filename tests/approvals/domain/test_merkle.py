"""The tree against RFC 9162's definition, written out the slow way."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.domain import merkle

leaves = st.lists(st.binary(min_size=1, max_size=4).map(merkle.leaf), min_size=1, max_size=70)


def defined(hashes: list[bytes]) -> bytes:
    """MTH of RFC 9162, 2.1.1, by recursion at the largest power of two below n."""
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return merkle.node(defined(hashes[:split]), defined(hashes[split:]))


def test_the_empty_tree_is_the_hash_of_nothing():
    assert merkle.root([]) == hashlib.sha256(b"").digest()


def test_the_published_root_of_eight_leaves():
    """Certificate Transparency's reference vectors."""
    texts = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    hashes = [merkle.leaf(bytes.fromhex(text)) for text in texts]
    assert merkle.root(hashes).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    assert merkle.root(hashes[:5]).hex() == "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"


@given(leaves)
def test_the_root_is_the_defined_one(hashes):
    assert merkle.root(hashes) == defined(hashes)


@given(leaves, st.data())
def test_every_leaf_can_be_proved_and_nothing_else(hashes, data):
    index = data.draw(st.integers(0, len(hashes) - 1))
    path = merkle.inclusion_proof(hashes, index)
    facts = {"root": merkle.root(hashes), "size": len(hashes), "path": path}
    assert merkle.includes(**facts, index=index, hashed=hashes[index])
    assert not merkle.includes(**facts, index=index, hashed=merkle.leaf(b"another"))
    assert not merkle.includes(**facts, index=len(hashes), hashed=hashes[index])
    assert not merkle.includes(**facts | {"path": [*path, merkle.EMPTY]}, index=index, hashed=hashes[index])
    if path:
        assert not merkle.includes(**facts | {"path": path[:-1]}, index=index, hashed=hashes[index])


@given(leaves, st.integers(0, 70))
def test_a_kept_frontier_goes_on_where_it_stopped(hashes, at):
    first = merkle.Frontier()
    for each in hashes[:at]:
        first.add(each)
    second = merkle.Frontier(first.size, first.roots)
    for each in hashes[at:]:
        second.add(each)
    assert second.root() == merkle.root(hashes)


def test_a_frontier_of_the_wrong_length_is_refused():
    with pytest.raises(ValueError, match="3 leaves has 2"):
        merkle.Frontier(3, [merkle.EMPTY])


@pytest.mark.parametrize("index", [-1, 1])
def test_there_is_no_proof_outside_the_tree(index):
    with pytest.raises(IndexError):
        merkle.inclusion_proof([merkle.EMPTY], index)
