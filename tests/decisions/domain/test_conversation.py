"""The conversation as the ledger has it."""

import json

from decisions.domain.conversation import ERASED, conversation

NAMES = {"a": "Anna", "o": "Olive"}


def entry(seq, verb, actor, **payload):
    return {"seq": seq, "at": f"2026-03-0{seq}T09:00:00Z", "actor": actor, "verb": verb, "payload": json.dumps(payload)}


def test_threads_with_their_place_answers_and_end():
    found = conversation(
        [
            entry(1, "request.commented", "a", comment=7, section="options", anchor="option-o1", text="Why this?"),
            entry(2, "signature.given", "a", comment="Fine."),
            entry(3, "request.commented", "o", comment=8, section="options", text="Because.", reply_to=7),
            entry(4, "comment.added", "gone", comment=9, section="", text="Aside."),
            entry(5, "comment.resolved", "o", comment=7),
        ],
        NAMES,
    )
    first, second = found
    assert (first["name"], first["section"], first["anchor"], first["text"]) == (
        "Anna",
        "options",
        "option-o1",
        "Why this?",
    )
    assert [(each["name"], each["text"]) for each in first["replies"]] == [("Olive", "Because.")]
    assert first["resolved"]["name"] == "Olive"
    assert (second["name"], second["resolved"]) == (ERASED, None)


def test_an_answer_or_a_reopening_opens_a_thread_again():
    said, done = (
        entry(1, "comment.added", "a", comment=7, section="", text="Why?"),
        entry(2, "comment.resolved", "a", comment=7),
    )
    answer = entry(3, "comment.added", "o", comment=8, section="", text="Not so fast.", reply_to=7)
    again = entry(3, "comment.reopened", "o", comment=7)
    assert [conversation([said, done, *more], NAMES)[0]["resolved"] is None for more in ([], [answer], [again])] == [
        False,
        True,
        True,
    ]


def test_an_answer_whose_thread_is_not_there_begins_one():
    found = conversation([entry(1, "comment.added", "a", comment=9, section="", text="Yes.", reply_to=7)], NAMES)
    assert [each["text"] for each in found] == ["Yes."]
