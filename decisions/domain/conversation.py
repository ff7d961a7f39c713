"""The conversation about a decision, as its ledger has it: what was said where, what was answered, what was settled."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

SAID = ("request.commented", "comment.added")
SETTLED = {"comment.resolved": True, "comment.reopened": False}
ERASED = "a person whose name is erased"


def conversation(entries: Iterable[Mapping[str, Any]], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the threads in the order they began; `names` calls the ledger's actors.

    Entries have `seq`, `at`, `actor`, `verb` and `payload` (text). A reply to what the entries do not hold is a thread.
    """
    threads: dict[int, dict[str, Any]] = {}
    home: dict[int, int] = {}
    for entry in entries:
        who = names.get(entry["actor"], ERASED)
        if entry["verb"] in SAID:
            payload = json.loads(entry["payload"])
            said = {"at": entry["at"], "name": who, "text": payload["text"], "ledger": entry["seq"]}
            first = home.get(payload.get("reply_to", 0), 0)
            home[payload["comment"]] = first or payload["comment"]
            if first in threads:
                threads[first]["replies"].append(said)
                threads[first]["resolved"] = None
            else:
                place = {"section": payload.get("section", ""), "anchor": payload.get("anchor", "")}
                threads[payload["comment"]] = {**said, **place, "replies": [], "resolved": None}
        elif entry["verb"] in SETTLED:
            thread = threads.get(json.loads(entry["payload"])["comment"])
            if thread is not None:
                done = {"at": entry["at"], "name": who}
                thread["resolved"] = done if SETTLED[entry["verb"]] else None
    return list(threads.values())
