"""What is said to PostgreSQL without a cursor: statements that stay prepared, any number of them in one message.

psycopg's cursors take longer than a short question takes the server, and its pipelines send each statement for itself.
Here its two lower layers are used as they are: libpq (`psycopg.pq`) sends and receives, `psycopg.adapt` turns values
into parameters and rows into values. Four short questions take 100 µs this way, and 170 in one of psycopg's pipelines;
of the processor, 40 and 130.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, NamedTuple

import psycopg
from psycopg import errors, pq
from psycopg.adapt import PyFormat, Transformer
from psycopg.waiting import Ready, Wait

MOST_PREPARED = 500  # statements of one connection; what comes after them is planned each time
OUTDATED = (errors.InvalidSqlStatementName, errors.FeatureNotSupported)  # prepared, but forgotten, or of older columns
_NUMBERS = count(1)  # never twice, so that what a connection still knows from before is in nobody's way
_PLACE = re.compile("%([s%])")


@dataclass(slots=True)
class Statement:
    """SQL with `%s` for each of its values; once it has been said, `rows` is what came back."""

    sql: str
    values: Sequence[Any] = ()
    rows: list[tuple[Any, ...]] | None = None


class _Bound(NamedTuple):
    """A statement with its values as libpq takes them."""

    sql: str
    values: Sequence[Any]
    types: tuple[int, ...]
    formats: Sequence[pq.Format] | None


@dataclass(slots=True)
class _Sent:
    """What one message has: for each command in it whether its result is a statement's own, and what it prepares."""

    own: list[bool] = field(default_factory=list)
    names: dict[tuple[str, tuple[int, ...]], bytes] = field(default_factory=dict)


class Speech:
    """One connection of psycopg, spoken to in statements."""

    def __init__(self, connection: "psycopg.Connection[Any]") -> None:
        self.connection = connection
        self._libpq = connection.pgconn
        self._adapt = Transformer(connection)
        self._names: dict[tuple[str, tuple[int, ...]], bytes] = {}  # of what is prepared, by SQL and types

    def say(self, statements: Sequence[Statement]) -> None:
        """Send the statements in one message and wait for their rows.

        The first that fails is raised, and those after it are not executed. As with a cursor of psycopg, a transaction
        begins with them unless the connection commits by itself.
        """
        said = [*self._beginning(), *statements]
        for each, result in zip(said, self._answers([self._bound(each) for each in said]), strict=True):
            if not result.ntuples:
                each.rows = []
                continue
            self._adapt.set_pgresult(result)
            each.rows = self._adapt.load_rows(0, result.ntuples, tuple)

    def _beginning(self) -> list[Statement]:
        if self.connection.autocommit or self._libpq.transaction_status != pq.TransactionStatus.IDLE:
            return []
        level = self.connection.isolation_level
        return [Statement(f"BEGIN ISOLATION LEVEL {level.name.replace('_', ' ')}" if level else "BEGIN")]

    def _bound(self, statement: Statement) -> _Bound:
        """Turn values into parameters: what cannot be one is an error before anything is sent."""
        values = self._adapt.dump_sequence(statement.values, [PyFormat.AUTO] * len(statement.values))
        return _Bound(statement.sql, values, self._adapt.types or (), self._adapt.formats)

    def _answers(self, statements: Sequence[_Bound]) -> "list[pq.abc.PGresult]":
        """Send, wait, and return the result of each statement."""
        libpq, sent = self._libpq, _Sent()
        try:
            libpq.enter_pipeline_mode()
            for each in statements:
                self._send(each, sent)
            libpq.pipeline_sync()
            results = self.connection.wait(self._exchange(len(sent.own) + 1))
            libpq.exit_pipeline_mode()
        except BaseException:
            # Nobody knows what is still on its way.
            libpq.finish()
            raise
        prepared = iter(sent.names.items())
        for result, own in zip(results, sent.own, strict=False):
            if result.status == pq.ExecStatus.FATAL_ERROR:
                error = errors.error_from_result(result, encoding=self.connection.info.encoding)
                if isinstance(error, OUTDATED):
                    self._names.clear()
                raise error
            if not own:
                self._names.update([next(prepared)])  # and stays prepared, whatever becomes of the transaction
        return [result for result, own in zip(results, sent.own, strict=False) if own]

    def _send(self, bound: _Bound, sent: _Sent) -> None:
        sql, values, types, formats = bound
        name = self._name(sql, types, sent)
        if name is None:
            self._libpq.send_query_params(_numbered(sql), values, types, formats)
        else:
            self._libpq.send_query_prepared(name, values, formats)
        sent.own.append(True)

    def _name(self, sql: str, types: tuple[int, ...], sent: _Sent) -> bytes | None:
        """Return the name that a statement is prepared under, having it prepared if need be; None: it is not to be."""
        if self.connection.prepare_threshold is None:
            return None
        name = self._names.get((sql, types)) or sent.names.get((sql, types))
        if name is None and len(self._names) < MOST_PREPARED:
            name = sent.names[sql, types] = f"premise_{next(_NUMBERS)}".encode()
            self._libpq.send_prepare(name, _numbered(sql), types)
            sent.own.append(False)
        return name

    def _exchange(self, wanted: int) -> Any:
        """Wait, in the way of psycopg's generators, until all is sent and so many results have come."""
        libpq = self._libpq
        while libpq.flush():
            if (yield Wait.RW) & Ready.R:
                libpq.consume_input()
        results: list[pq.abc.PGresult] = []
        while len(results) < wanted:
            while libpq.is_busy():
                yield Wait.R
                libpq.consume_input()
            # None stands between the results of two statements.
            if result := libpq.get_result():
                results.append(result)
        return results


def _numbered(sql: str) -> bytes:
    """Return SQL with $1, $2 … for its places, as the server takes it."""
    places = count(1)
    return _PLACE.sub(lambda found: "%" if found[1] == "%" else f"${next(places)}", sql).encode()
