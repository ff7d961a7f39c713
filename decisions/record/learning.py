"""What was learned: reviews with what came beside what was expected, and how the decision ended."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from config.kit.numbers import grouped
from decisions.domain.judging import quadrant
from decisions.record import words
from decisions.record.blocks import Block, Card, Facts, Note, Prose, Table, cells
from decisions.record.words import NONE

Record = Mapping[str, Any]
_VERDICTS = {"keep": "Keep it", "amend": "Amend it", "question": "Call it into question", "close": "Close it"}
_PLACES = {"within": "as foreseen", "below": "below what was foreseen", "above": "above what was foreseen"}
_HELD = {True: "held", False: "broke", None: "cannot be told"}


def reviews(record: Record) -> Iterator[Block]:
    """Yield every held review; a record from before there were any has none."""
    names = {person["username"]: person["name"] for person in record["people"] if person["username"]}
    for held in record.get("reviews", ()):
        yield from _review(held, names)


def _review(held: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[Block]:
    found = held["content"]
    pairs = [
        ("Verdict", _VERDICTS.get(found["verdict"], found["verdict"])),
        ("Held", f"{words.moment(held['held_at'])}, by {held['held_by'] or 'a person whose name is erased'}"),
        ("About", f"version {found['version']}, {_day(found['since'])} to {_day(found['until'])}"),
        ("Next review", _day(found["next_review_on"])),
        ("Digest of the review", f"{held['digest'][:16]}…"),
    ]
    taught = [f"Lesson: {lesson['text']}" for lesson in found["lessons"]]
    heading = f"Review due {_day(found['due_on'])}"
    yield Card(heading, found["findings"], [pair for pair in pairs if pair[1] != NONE], taught)
    yield _metrics(found)
    yield _assumptions(found, names)
    if found["rescored"]:
        yield from _rescored(found["rescored"])


def _metrics(found: Mapping[str, Any]) -> Table:
    rows = [
        [
            f"{item['name']}, in {item['unit']}" if item.get("unit") else item["name"],
            _number(item["baseline"]),
            _spread(item),
            _number(item["actual"]),
            _number(item["change"]),
            _number(item["variance"]),
            _PLACES.get(item["place"], "not comparable"),
        ]
        for item in found["metrics"]
    ]
    header = ["Metric", "Baseline", "Expected change", "Actual", "Change", "Variance", "Came out"]
    numbers = (1, 2, 3, 4, 5)
    return Table(
        "Success metrics: what came beside what was expected",
        cells(header, numbers=numbers),
        [cells(row, numbers=numbers) for row in rows],
    )


def _spread(item: Mapping[str, Any]) -> str:
    if item["likely"] is None:
        return NONE
    if item["low"] is None or item["high"] is None:
        return _number(item["likely"])
    return f"{_number(item['likely'])} ({_number(item['low'])} to {_number(item['high'])})"


def _assumptions(found: Mapping[str, Any], names: Mapping[str, str]) -> Table:
    rows = [
        [
            item["statement"],
            words.person(item["owner"], dict(names)),
            f"{item['probability']} %" if item["probability"] is not None else NONE,
            _HELD[item["held"]],
            _number(item["brier"]),
            item["note"] or NONE,
        ]
        for item in found["assumptions"]
    ]
    header = ["Assumption", "Owner", "Stated", "Came out", "Brier score", "Note"]
    return Table(
        "Assumptions: what was stated beside what came",
        cells(header, numbers=(2, 4)),
        [cells(row, numbers=(2, 4)) for row in rows],
    )


def _rescored(scored: Mapping[str, Any]) -> Iterator[Block]:
    yield Note("info", "Would another option have won?", list(_sentences(scored)))
    rows: list[Sequence[str]] = [
        [
            piece["name"],
            f"{piece['expected']} ({piece['low']} to {piece['high']})",
            piece["actual"],
            piece["points"],
            "within what was stated" if piece["place"] == "within" else f"{piece['place']} what was stated",
        ]
        for piece in scored["pieces"]
    ]
    header = ["Criterion", "Expected", "Actual", "Points moved", "Came out"]
    yield Table(
        "What each criterion moved", cells(header, numbers=(1, 2, 3)), [cells(row, numbers=(1, 2, 3)) for row in rows]
    )


def _sentences(scored: Mapping[str, Any]) -> Iterator[str]:
    if scored["other_won"]:
        yield f"Yes: “{scored['winner_name']}” would have led with {scored['winner_value']} points."
    else:
        yield f"No: “{scored['name']}” leads with what it really did, too."
    yield f"It was expected to reach {scored['expected']} points and reached {scored['actual']}."


def ending(closing: Mapping[str, Any], closed: str) -> Iterator[Block]:
    """Yield how a decision ended, the outcome apart from the process; `closed` says when and by whom."""
    named = quadrant(outcome=closing["outcome"], process=closing["process"])
    yield Note("info", named.name, [named.meaning])
    yield Facts(
        [
            ("Closed", closed),
            ("Outcome", words.label(closing["outcome"])),
            ("How it was taken", words.label(closing["process"])),
        ]
    )
    yield Prose("Why the outcome is judged so", closing["reason"])
    yield Prose("Why the way it was taken is judged so", closing.get("process_reason", ""))
    yield Prose("Lessons", closing["lessons"])


def _day(value: str | None) -> str:
    return words.day(date.fromisoformat(value) if value else None)


def _number(value: str | None) -> str:
    return NONE if value is None else grouped(value)
