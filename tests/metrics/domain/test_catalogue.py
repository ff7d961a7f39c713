"""Catalogues: what a file may say, a sentence for each mistake, and the same bytes for the same set."""

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.domain.catalogue import Catalogue, Entry, PairEntry
from metrics.domain.catalogue_reading import MOST_BYTES, BadCatalogue, Rules, parse
from metrics.domain.meaning import key_errors


def text(value):
    if not isinstance(value, str):
        raise ValueError("This must be text.")
    return value


def number(value):
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ValueError("Enter a number, for example 12.5.")
    return str(value)


RULES = Rules({"name": text, "unit": text, "target": number}, ["other", "speed_quality"], key_errors)
METRIC = {"key": "mttr", "name": "Time to recovery", "unit": "minutes", "target": "15"}
WHOLE = {
    "format": "premise-metric-catalogue",
    "format_version": 1,
    "name": "ops",
    "version": "1.0",
    "title": "Operations",
    "language": "en",
    "families": [{"name": "Reliability", "about": "That it runs."}],
    "metrics": [METRIC, {"key": "speed", "name": "Speed"}],
    "pairs": [{"left": "speed", "right": "mttr", "kind": "other", "left_pole": "Fast", "right_pole": "Safe"}],
}


def read(**changes):
    return parse(json.dumps(WHOLE | changes).encode(), RULES)


def mistakes(data: bytes) -> str:
    with pytest.raises(BadCatalogue) as refusal:
        parse(data, RULES)
    return " | ".join(refusal.value.sentences)


def test_a_whole_file_is_read():
    found = read()
    assert (found.name, found.version, found.families) == ("ops", "1.0", {"Reliability": "That it runs."})
    assert found.metrics[0] == Entry("mttr", {"name": "Time to recovery", "unit": "minutes", "target": "15"})
    assert found.pairs == [PairEntry("speed", "mttr", "other", "Fast", "Safe")]


@pytest.mark.parametrize(
    "changes, sentence",
    [
        ({"format": "other"}, "format: A catalogue says “premise-metric-catalogue” here."),
        ({"format_version": 2}, "Version 2 of the format is not known here, only 1."),
        ({"colour": "red", "shade": 1}, "The format has no field “colour”, “shade”."),
        ({"name": "Ops Set"}, "name: Write lower-case letters, digits and “-”."),
        ({"version": ""}, "version: Write digits, letters and dots, as 1.0."),
        ({"language": "English!"}, "language: Write a language's code, as en."),
        ({"title": "  "}, "title: This must say something."),
        ({"title": "x" * 161}, "title: Use at most 160 characters; there are 161."),
        ({"title": 5}, "title: This must be text."),
        ({"title": "a\x00b"}, "title: The text contains a control character or half a character."),
        ({"metrics": []}, "metrics: There is no metric in it."),
        ({"metrics": {}}, "metrics: This must be a list."),
        ({"metrics": [1, METRIC]}, "metrics: Number 1 must be an object."),
        ({"metrics": [METRIC] * 501}, "metrics: A catalogue has at most 500; there are 501."),
        ({"metrics": [METRIC, METRIC]}, "Metric 2 (mttr): The key stands there twice."),
        ({"metrics": [{"name": "No key"}]}, "Metric 1: key: Give the key."),
        ({"metrics": [{"key": "Bad Key", "name": "x"}]}, "Metric 1 (Bad Key): key: Use 2 to 64 lower-case letters"),
        ({"metrics": [{"key": "ab"}]}, "Metric 1 (ab): name: Give the metric a name."),
        ({"metrics": [METRIC | {"traget": 5}]}, "Metric 1 (mttr): The format has no field “traget”."),
        ({"metrics": [METRIC | {"target": []}]}, "Metric 1 (mttr): target: Enter a number, for example 12.5."),
        ({"metrics": [METRIC | {"classification": "secret"}]}, "classification: Write internal or confidential."),
        ({"metrics": [METRIC | {"reference": "x"}]}, "reference: This must be an object."),
        ({"metrics": [METRIC | {"reference": {"page": "3"}}]}, "reference: The format has no field “page”."),
        ({"families": [{"name": "A"}, {"name": "A"}]}, "Family 2: “A” stands there twice."),
        ({"pairs": [{"left": "mttr", "right": "mttr", "kind": "other"}]}, "Pair 1: Name two different metrics"),
        ({"pairs": [{"left": "mttr", "right": "speed", "kind": "odd"}]}, "Pair 1: The kind is one of other, speed_q"),
        ({"pairs": [{"left": "mttr", "right": "speed", "kind": "other", "window": 5}]}, "between 6 and 60 periods"),
        ({"pairs": [{"left": "mttr", "right": "speed", "kind": "other", "sustained": True}]}, "between 1 and 12"),
    ],
)
def test_each_mistake_has_its_sentence(changes, sentence):
    assert sentence in mistakes(json.dumps(WHOLE | changes).encode())


@pytest.mark.parametrize(
    "data, sentence",
    [
        (b"", "The file is empty."),
        (b" \n", "The file is empty."),
        (b"[]", "A catalogue is one JSON object."),
        (b'{"format": ', "The file is not JSON, or is cut off: at line 1"),
        (b"\xff\x00\xff", "The file is not text in UTF-8."),
        (b'{"format": "a", "format": "b"}', "The field “format” stands twice in one object."),
        (b'{"format": NaN}', "NaN is not a number that can be stored."),
        (b'{"format": ' + b"9" * 30 + b"}", "is too long to be a number."),
        (b"[" * 100_000, "The file is nested too deep to be a catalogue."),
        (b" " * (MOST_BYTES + 1), "The file is larger than 1,000,000 bytes."),
    ],
)
def test_what_is_no_catalogue_at_all_is_refused_with_a_sentence(data, sentence):
    assert sentence in mistakes(data)


def test_every_mistake_is_told_at_once_up_to_a_number():
    told = mistakes(json.dumps(WHOLE | {"metrics": [{"key": f"k{n}"} for n in range(40)]}).encode()).split(" | ")
    assert len(told) == 31
    assert told[-1] == "There are 10 more mistakes."


def test_a_file_in_utf_16_reads_as_well():
    assert parse(json.dumps(WHOLE).encode("utf-16"), RULES) == read()


def test_layout_and_order_do_not_change_the_digest():
    turned = dict(reversed(list(WHOLE.items()))) | {"metrics": list(reversed(WHOLE["metrics"]))}
    assert parse(json.dumps(turned, indent=4).encode(), RULES).digest == read().digest
    assert read(version="1.1").digest != read().digest


WORDS = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=20).map(str.strip).filter(bool)
KEYS = st.from_regex(r"[a-z][a-z0-9_]{1,8}", fullmatch=True).filter(lambda key: not key_errors(key))


@settings(max_examples=40)
@given(
    st.dictionaries(KEYS, st.tuples(WORDS, WORDS, st.integers(-999, 999)), min_size=1, max_size=6),
    WORDS,
    st.dictionaries(WORDS, st.one_of(st.just(""), WORDS), max_size=3),
)
def test_what_is_written_is_read_back_to_the_same_bytes(metrics, title, families):
    entries = [Entry(key, {"name": a, "unit": b, "target": str(c)}) for key, (a, b, c) in metrics.items()]
    whole = Catalogue("set", "1.0", title, families=families, metrics=entries)
    assert parse(whole.text().encode(), RULES).text() == whole.text()
