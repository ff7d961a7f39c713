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


@given(leaves, st.data())
def test_a_tree_can_be_shown_to_have_grown_from_an_earlier_one(hashes, data):
    first = data.draw(st.integers(1, len(hashes)))
    path = merkle.consistency_proof(hashes, first)
    assert len(path) <= 2 * len(hashes).bit_length()
    facts = {
        "first": first,
        "first_root": merkle.root(hashes[:first]),
        "second": len(hashes),
        "second_root": merkle.root(hashes),
        "path": path,
    }
    assert merkle.grew(**facts)
    assert not merkle.grew(**facts | {"first_root": merkle.leaf(b"another")})
    assert not merkle.grew(**facts | {"second_root": merkle.leaf(b"another")})
    assert not merkle.grew(**facts | {"path": [*path, merkle.EMPTY]})
    if path:
        assert not merkle.grew(**facts | {"path": path[:-1]})


@given(leaves, st.data())
def test_a_rewritten_past_cannot_be_shown_to_have_grown(hashes, data):
    first = data.draw(st.integers(1, len(hashes)))
    changed = data.draw(st.integers(0, first - 1))
    rewritten = [*hashes[:changed], merkle.leaf(b"written anew"), *hashes[changed + 1 :]]
    path = merkle.consistency_proof(rewritten, first)
    before, after = merkle.root(hashes[:first]), merkle.root(rewritten)
    assert not merkle.grew(first=first, first_root=before, second=len(hashes), second_root=after, path=path)


def test_the_published_consistency_proofs_of_eight_leaves():
    """Certificate Transparency's reference vectors: (first, second, path)."""
    texts = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    hashes = [merkle.leaf(bytes.fromhex(text)) for text in texts]
    assert merkle.consistency_proof(hashes[:1], 1) == []
    assert [step.hex() for step in merkle.consistency_proof(hashes, 1)] == [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]
    assert [step.hex() for step in merkle.consistency_proof(hashes[:5], 2)] == [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ]


@pytest.mark.parametrize("first", [0, 3])
def test_no_tree_grows_from_nothing_or_shrinks(first):
    with pytest.raises(IndexError):
        merkle.consistency_proof([merkle.EMPTY] * 2, first)
    assert not merkle.grew(first=first, first_root=merkle.EMPTY, second=2, second_root=merkle.EMPTY, path=[])
