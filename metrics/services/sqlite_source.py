"""Ask an SQLite file: opened to be read, in an allowed folder, cut off when its time is over."""

import os
import sqlite3
import time
from collections.abc import Collection, Iterable
from contextlib import closing
from typing import Any

from metrics.domain.answers import NoAnswer, Row
from metrics.domain.destinations import Destination, Forbidden
from metrics.services.reaching import Reach
from metrics.services.sql_questions import TOO_LONG, WRITES, Question

STEPS_BETWEEN_LOOKS = 100
# Nothing looks at the clock within one step, and instr() or replace() of two long texts takes their product.
LONGEST_TEXT = 50_000
READS = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}


def rows(wanted: Destination, question: Question, reach: Reach) -> list[Row]:
    """Return the rows that the statement answers with; Forbidden or NoAnswer, with a sentence, otherwise."""
    path = located(wanted, reach.allowed.folders)
    with closing(_opened(path, question)) as connection:
        try:
            names = question.spelt(connection.execute(question.heading).description)
            chosen = ", ".join('"' + name.replace('"', '""') + '"' for name in names)
            statement = f"SELECT {chosen} {question.table} LIMIT {question.most}"
            return question.rows(_measured(connection.execute(statement), question.limits.size))
        except (sqlite3.Error, sqlite3.Warning, OverflowError) as error:
            raise NoAnswer(_told(error)) from error


def located(wanted: Destination, folders: Collection[str]) -> str:
    """Return where a file really lies; Forbidden unless that is within an allowed folder, links followed."""
    for folder in folders:
        base = os.path.realpath(folder)
        path = os.path.realpath(os.path.join(base, wanted.file))
        if os.path.commonpath([base, path]) == base and os.path.isfile(path):
            return path
    raise Forbidden("There is no such file in a folder that pulls may read; an administrator sets PULL_FOLDERS.")


def _opened(path: str, question: Question) -> sqlite3.Connection:
    """Open a file so that nothing can be written, attached or loaded, and nothing goes on past the time limit."""
    address = "file:" + path.replace("%", "%25").replace("?", "%3f").replace("#", "%23") + "?mode=ro"
    connection = sqlite3.connect(address, uri=True, timeout=question.limits.seconds)
    connection.execute("PRAGMA query_only=ON")
    connection.execute("PRAGMA trusted_schema=OFF")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, min(LONGEST_TEXT, question.limits.size))
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.set_authorizer(_only_reads)
    end = time.monotonic() + question.limits.seconds
    connection.set_progress_handler(lambda: time.monotonic() > end, STEPS_BETWEEN_LOOKS)
    return connection


def _only_reads(action: int, _: str | None, function: str | None, *__: Any) -> int:
    loads = action == sqlite3.SQLITE_FUNCTION and function == "load_extension"
    return sqlite3.SQLITE_OK if action in READS and not loads else sqlite3.SQLITE_DENY


def _measured(found: Iterable[tuple[Any, ...]], most: int) -> list[tuple[Any, ...]]:
    """Take rows until their text is more than the limit."""
    taken, size = [], 0
    for row in found:
        size += sum(len(cell) for cell in row if isinstance(cell, str | bytes))
        if size > most:
            raise NoAnswer(f"The answer is larger than {most:,} bytes; ask for fewer rows.")
        taken.append(row)
    return taken


def _told(error: Exception) -> str:
    """Say what SQLite says, as far as that repeats nothing but the statement."""
    words, name = str(error), getattr(error, "sqlite_errorname", "")
    if name == "SQLITE_INTERRUPT":
        return TOO_LONG
    if name == "SQLITE_TOOBIG":
        return f"The statement reads or makes a text of more than {LONGEST_TEXT:,} characters; a pull reads short ones."
    if name == "SQLITE_AUTH" or "prohibited" in words or "not authorized" in words:
        return WRITES
    if "one statement" in words:
        return "Write one SELECT statement."
    if name == "SQLITE_ERROR" and words.startswith(("no such", "near ", "ambiguous column", "unrecognized token")):
        return f"The database does not understand the statement: {words[:120]}."
    return "The file cannot be read as an SQLite database." if name == "SQLITE_NOTADB" else "The statement failed."
