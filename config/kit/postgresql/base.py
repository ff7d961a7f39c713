"""Django's PostgreSQL with three additions: statements that stay prepared, are said soon, or are last words.

Django has PostgreSQL parse and plan every statement anew, which takes longer than to answer a short one: a metric with
its definition, found by its key, takes 0.5 ms, and 0.15 ms when it is prepared. `config.kit.prepared` asks in this way;
all other queries are Django's own.

What is said soon travels with whatever is said next: an INSERT need not be waited for by whoever will read, in the next
statement, what it wrote.

Last words travel in the same message as COMMIT. A lock that every writer needs should be held for as short a time as
can be. Taken by a statement of its own, it is held while the answer goes back to Python and COMMIT comes from there; in
one message with COMMIT, the server holds it for the statement and the commit alone. Measured with eight writers on two
cores: 1,900 transactions a second before, 3,500 and more after.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import OperationalError
from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus

from config.kit.postgresql.speech import Speech, Statement

UNTOUCHED = {TransactionStatus.IDLE, TransactionStatus.INTRANS}


@dataclass(frozen=True)
class LastWords:
    """A statement to end a transaction with, and who hears its rows once the transaction has committed."""

    sql: str
    values: Sequence[Any]
    heard: Callable[[list[tuple[Any, ...]]], None] | None = None

    def tell(self, said: Statement) -> None:
        """Let whoever wants to hear the rows hear them."""
        if self.heard:
            self.heard(said.rows or [])


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that may be given last words; a savepoint that is rolled back takes back those said since."""

    errors_occurred: bool
    health_check_enabled: bool
    health_check_done: bool

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._spoken: Speech | None = None
        self._gathered: list[Statement] | None = None
        self._soon: list[Statement] = []
        self._last_words: list[LastWords] = []
        self._said_before: dict[str, int] = {}  # savepoint → how many had been said when it was set

    def init_connection_state(self) -> None:
        """Have prepared statements planned once, whatever their values: all find rows by keys and indexes."""
        super().init_connection_state()
        if self.connection.prepare_threshold is not None:
            with self.connection.cursor() as cursor:
                cursor.execute("SET plan_cache_mode = force_generic_plan")

    def ask(self, sql: str, values: Sequence[Any]) -> Statement:
        """Execute a statement that stays prepared: at once, or with the others of a `pipelined` block."""
        statement = Statement(sql, values)
        if self._gathered is None:
            self._say([statement])
        else:
            self._gathered.append(statement)
        return statement

    def ask_soon(self, sql: str, values: Sequence[Any]) -> Statement:
        """Have a statement executed in one message with the next one, before it, whatever that is: a savepoint, COMMIT.

        An error of it is raised there.
        """
        statement = Statement(sql, values)
        if self.in_atomic_block:
            self._soon.append(statement)
        else:
            self._say([statement])
        return statement

    def say_now(self) -> None:
        """Execute what was to be said with the next statement."""
        if self._soon:
            self._say([])

    @contextmanager
    def pipelined(self) -> Iterator[None]:
        """Send what is asked in the block in one message at its end, and raise the error of any of it there."""
        gathered: list[Statement] = []
        self._gathered = gathered
        try:
            yield
        finally:
            self._gathered = None
        if gathered:
            self._say(gathered)

    def _cursor(self, name: str | None = None) -> Any:
        self.say_now()
        return super()._cursor(name)  # type: ignore[misc]

    def _say(self, statements: Sequence[Statement]) -> None:
        # The first question of a request is its own health check, where it can be asked again.
        doubtful = self.connection is not None and self.health_check_enabled and not self.health_check_done
        if doubtful and (self.in_atomic_block or not all(each.sql.startswith("SELECT") for each in statements)):
            self.close_if_health_check_failed()
            doubtful = False
        try:
            self._send(statements)
        except OperationalError:
            if not doubtful or self.is_usable():
                raise
            self.close()
            self._send(statements)
        self.health_check_done = True

    def _send(self, statements: Sequence[Statement]) -> None:
        self.ensure_connection()
        self.validate_thread_sharing()
        self.validate_no_broken_transaction()
        if self._spoken is None or self._spoken.connection is not self.connection:
            self._spoken = Speech(self.connection)
        soon, self._soon = self._soon, []
        statements = [*soon, *statements]
        begun = time.monotonic()
        try:
            with self.wrap_database_errors:
                self._spoken.say(statements)
        except BaseException:
            self.errors_occurred = True
            if self.connection.pgconn.transaction_status in UNTOUCHED:  # a value could be none, and nothing was sent
                self._soon = soon
            raise
        if self.queries_logged:
            took = f"{time.monotonic() - begun:.3f}"
            for each in statements:
                self.queries_log.append({"sql": self.ops.compose_sql(each.sql, each.values), "time": took})

    def say_last(self, words: LastWords) -> None:
        """Keep the words for COMMIT; say them at once where no COMMIT will come: in a test that is rolled back.

        They see everything that the transaction wrote. What they raise makes the commit fail and rolls back.
        """
        if not self.in_atomic_block or self.atomic_blocks[0]._from_testcase:  # type: ignore[attr-defined]
            words.tell(self.ask(words.sql, words.values))
        else:
            self._last_words.append(words)

    def _commit(self) -> None:
        soon, words = self._soon, self._forget()
        if not words and not soon:
            super()._commit()  # type: ignore[misc]
            return
        # What is checked at the end of the transaction is checked before the words take their locks.
        said = [Statement(each.sql, each.values) for each in words]
        self._send([*soon, Statement("SET CONSTRAINTS ALL IMMEDIATE"), *said, Statement("COMMIT")])
        for each, statement in zip(words, said, strict=True):
            each.tell(statement)

    def _rollback(self) -> None:
        self._forget()
        super()._rollback()  # type: ignore[misc]

    def _savepoint(self, sid: str) -> None:
        self._said_before[sid] = len(self._last_words)
        super()._savepoint(sid)  # type: ignore[misc]

    def _savepoint_rollback(self, sid: str) -> None:
        self._soon.clear()  # asked since the savepoint, which was set by a statement
        del self._last_words[self._said_before.get(sid, 0) :]
        super()._savepoint_rollback(sid)  # type: ignore[misc]

    def close(self) -> None:
        """Close the connection, and forget what it was to say."""
        self._forget()
        super().close()

    def _forget(self) -> list[LastWords]:
        """Return what was to be said, and keep neither it nor the savepoints of a transaction that is over."""
        words, self._last_words = self._last_words, []
        self._soon = []
        self._said_before.clear()
        return words
