"""The conversation and the authors of a decision, as chapters of its record."""

from collections.abc import Iterator, Mapping
from typing import Any

from decisions.domain.anchors import anchors
from decisions.domain.dossier import Dossier
from decisions.domain.reading import dossier_from
from decisions.domain.reviewing import TITLES
from decisions.record import words
from decisions.record.blocks import Block, Card, Table, cells

Record = Mapping[str, Any]


def conversation(record: Record) -> Iterator[Block]:
    """Yield each thread: where it stands, what was said and answered, and how it ended."""
    dossier = dossier_from(record["dossier"])
    metrics = {key: metric["name"] for key, metric in record["metrics"].items()}
    for thread in record.get("conversation", ()):
        pairs = [("About", _place(dossier, metrics, thread)), ("Said", words.exact_moment(thread["at"]))]
        settled = thread["resolved"]
        pairs.append(("Settled", f"{words.moment(settled['at'])}, by {settled['name']}" if settled else "Open"))
        answers = [f"{each['name']}, {words.moment(each['at'])}: {each['text']}" for each in thread["replies"]]
        yield Card(thread["name"], thread["text"], pairs, answers)


def authors(record: Record) -> Iterator[Block]:
    """Yield who wrote which section."""
    rows = [
        cells(
            [
                TITLES.get(each["section"], each["section"]),
                each["name"],
                str(each["saves"]),
                words.moment(each["first"]),
                words.moment(each["last"]),
            ],
            numbers=(2,),
        )
        for each in record.get("authors", ())
    ]
    if rows:
        yield Table("Who wrote what", cells(["Section", "Who", "Saves", "First", "Last"], numbers=(2,)), rows)


def _place(dossier: Dossier, metrics: Mapping[str, str], thread: Mapping[str, Any]) -> str:
    section, anchor = thread["section"], thread["anchor"]
    if section not in TITLES:
        return "The whole decision"
    if not anchor:
        return TITLES[section]
    return f"{TITLES[section]}: {anchors(dossier, section, metrics).get(anchor, 'something since removed')}"
