"""Queries that are written with the ORM, built once, and asked often with other values.

Django builds the SQL of a query anew each time that it is asked, and PostgreSQL plans it anew: for a row found by its
key that takes ten times as long as finding it. What is prepared here is built on first use, and each connection to
PostgreSQL has it parsed and planned once (PREPARE). The values stand in `Slot`s:

    LATEST = PreparedRows(lambda: Observation.objects.filter(metric_id=Slot("metric", ID)).values_list("value"))
    LATEST.rows(metric=7)
"""

import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import BigIntegerField, DateField, DateTimeField, Expression, Field, Model, QuerySet, TextField
from django.db.models.constants import OnConflict
from django.db.models.expressions import RawSQL
from django.db.models.query import get_related_populators
from django.db.models.sql import InsertQuery, UpdateQuery

from config.kit.postgresql.base import LastWords
from config.kit.postgresql.speech import Statement

M = TypeVar("M", bound=Model)
A = TypeVar("A")
Built = TypeVar("Built")
ID: "Field[Any, Any]" = BigIntegerField()
TEXT: "Field[Any, Any]" = TextField()
TIME: "Field[Any, Any]" = DateTimeField()
DAY: "Field[Any, Any]" = DateField()


AS_THEY_ARE = {str, bool, datetime, type(None)}


class Slot(Expression):
    """The place in a query of a value that is given when it is asked; with `many`, of a list (see `among.Among`)."""

    def __init__(self, name: str, field: "Field[Any, Any]", *, many: bool = False) -> None:
        super().__init__(output_field=field)
        self.name, self.many = name, many

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> Any:
        """Stand for one parameter."""
        return "%s", [self]

    def stored(self, value: Any, database: Any) -> Any:
        """Return the value as the database takes it."""
        if isinstance(value, Slot):  # a prepared query within one that is itself prepared
            return value
        native = database.vendor == "postgresql"
        if self.many:
            return list(value) if native else json.dumps(list(value))
        # The driver takes these as they are; Django's fields would look at each again.
        return value if native and type(value) in AS_THEY_ARE else self.output_field.get_db_prep_value(value, database)


class Asked(Generic[A]):
    """A question on its way: the answer is fetched when it is wanted."""

    __slots__ = ("_answer", "_fetch")

    def __init__(self, fetch: Callable[[], A]) -> None:
        self._fetch: Callable[[], A] | None = fetch

    @property
    def answer(self) -> A:
        """Return the answer, waiting for it if need be."""
        if self._fetch is not None:
            self._answer, self._fetch = self._fetch(), None
        return self._answer


def together() -> AbstractContextManager[None]:
    """Send what is asked in the block in one go, where the database can: their answers are wanted after it.

    Nothing but prepared questions may stand in the block. An error of any of them is raised at its end.
    """
    pipelined: Any = getattr(connection, "pipelined", nullcontext)
    context: AbstractContextManager[None] = pipelined()
    return context


@dataclass(frozen=True)
class _Text:
    """SQL with its parameters, some of them slots: a statement once these are filled."""

    sql: str
    parameters: tuple[Any, ...]

    def send(self, values: dict[str, Any], *, soon: bool = False) -> Statement:
        """Return what has the rows, or will have; KeyError for a slot without a value."""
        # The connection itself: each look at `connection` finds it anew.
        database: Any = connections[DEFAULT_DB_ALIAS]
        given = self.given(values, database)
        if database.vendor == "postgresql":
            asked: Statement = (database.ask_soon if soon else database.ask)(self.sql, given)
            return asked
        with database.cursor() as cursor:
            cursor.execute(self.sql, given)
            return Statement(self.sql, given, cursor.fetchall() if cursor.description else [])

    def given(self, values: dict[str, Any], database: Any) -> list[Any]:
        """Return the parameters with the slots filled."""
        return [
            each.stored(values[each.name], database) if isinstance(each, Slot) else each for each in self.parameters
        ]


def _rows(said: Statement) -> list[tuple[Any, ...]]:
    """Return what a statement brought, which by now must have been said."""
    if said.rows is None:
        database: Any = connection
        database.say_now()
    if said.rows is None:
        raise RuntimeError("This was never said: its block is not over, or it went with its transaction.")
    return said.rows


class _Prepared(Generic[Built]):
    """What is built on first use: once for each kind of database, since tests use two in turn."""

    def __init__(self, build: Callable[[], Built]) -> None:
        self._build = build
        self._built: dict[str, Built] = {}

    @property
    def built(self) -> Built:
        """Return what is asked, building it if need be."""
        vendor = connection.vendor
        if vendor not in self._built:
            self._built[vendor] = self._build()
        return self._built[vendor]


@dataclass(frozen=True)
class _Select:
    """A built SELECT with what turns its rows into Python values."""

    statement: _Text
    compiler: Any
    converters: dict[int, Any]

    @classmethod
    def of(cls, queryset: "QuerySet[Any, Any]") -> "_Select":
        compiler = queryset.query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        fields = [column[0] for column in compiler.select[: compiler.col_count]]
        return cls(_Text(sql, tuple(parameters)), compiler, compiler.get_converters(fields))

    def rows(self, said: Statement) -> list[Any]:
        rows = _rows(said)
        return list(self.compiler.apply_converters(rows, self.converters)) if self.converters else rows


class PreparedRows(_Prepared[_Select]):
    """A query that ends in `values_list`."""

    def __init__(self, build: "Callable[[], QuerySet[Any, Any]]") -> None:
        super().__init__(lambda: _Select.of(build()))

    def ask(self, **values: Any) -> Asked[list[Any]]:
        """Ask for the rows, which are sequences."""
        select = self.built
        said = select.statement.send(values)
        return Asked(lambda: select.rows(said))

    def rows(self, **values: Any) -> list[Any]:
        """Return the rows."""
        return self.ask(**values).answer

    def column(self, **values: Any) -> list[Any]:
        """Return the first column."""
        return [row[0] for row in self.rows(**values)]


class PreparedSubquery(_Prepared[_Text]):
    """A query for one column that stands within others: `filter(pk__in=THOSE.of(person=7))`.

    Django builds the outer query anew each time, and this one, which may be the longer, only once.
    """

    def __init__(self, build: "Callable[[], QuerySet[Any, Any]]") -> None:
        super().__init__(lambda: _Select.of(build()).statement)

    def of(self, **values: Any) -> RawSQL:
        """Return it with its values, for `in`."""
        statement = self.built
        # Its text is of the ORM's making, and its values stand beside it.
        return RawSQL(statement.sql, statement.given(values, connection))  # noqa: S611


class PreparedModels(_Prepared[tuple[_Select, Callable[[Any], M]]]):
    """A query that yields model instances, with what `select_related` and `annotate` name."""

    def __init__(self, build: "Callable[[], QuerySet[M]]") -> None:
        super().__init__(lambda: _instances(build()))

    def ask(self, **values: Any) -> Asked[list[M]]:
        """Ask for the instances."""
        select, make = self.built
        said = select.statement.send(values)
        return Asked(lambda: [make(row) for row in select.rows(said)])

    def all(self, **values: Any) -> list[M]:
        """Return the instances."""
        return self.ask(**values).answer

    def first(self, **values: Any) -> M | None:
        """Return the first instance, if there is one."""
        return next(iter(self.all(**values)), None)


def _instances(queryset: "QuerySet[M]") -> tuple[_Select, Callable[[Any], M]]:
    """Build a query and, as Django's ModelIterable does in each of its runs, what makes an instance of a row."""
    select, alias = _Select.of(queryset), connection.alias
    info, columns, annotated = select.compiler.klass_info, select.compiler.select, select.compiler.annotation_col_map
    model, first, last = info["model"], info["select_fields"][0], info["select_fields"][-1] + 1
    names = [column[0].target.attname for column in columns[first:last]]
    related = get_related_populators(info, columns, alias)  # type: ignore[call-arg] # the stubs are of Django 6

    def make(row: Any) -> M:
        made: M = model.from_db(alias, names, row[first:last])
        for each in related:
            each.populate(row, made)
        for name, place in annotated.items():
            setattr(made, name, row[place])
        return made

    return select, make


class PreparedUpdate(_Prepared[_Text]):
    """`queryset.update(**changes)`, with slots in either."""

    def __init__(self, build: "Callable[[], tuple[QuerySet[Any], dict[str, Slot]]]") -> None:
        super().__init__(lambda: _update(*build()))

    def run(self, **values: Any) -> None:
        """Change the rows, in one message with what is asked next where the database can."""
        self.built.send(values, soon=True)


def _update(queryset: "QuerySet[Any]", changes: dict[str, Slot]) -> _Text:
    query: Any = queryset.query.chain(UpdateQuery)
    query.add_update_values(changes)
    sql, parameters = query.get_compiler(connection=connection).as_sql()
    return _Text(sql, tuple(parameters))


class PreparedInsert(_Prepared[_Text]):
    """An INSERT of one row: the columns in `slots` are given, the others have the model's defaults.

    Of a row that is there already (`unique`: the fields that tell) the fields in `change` are taken over from the new
    one; with `ignore` it is left alone, and the new one dropped.
    """

    def __init__(
        self,
        model: type[Model],
        slots: Iterable[str],
        *,
        ignore: bool = False,
        unique: Sequence[str] = (),
        change: Sequence[str] = (),
    ) -> None:
        names = list(slots)
        conflict = OnConflict.IGNORE if ignore else OnConflict.UPDATE if change else None
        super().__init__(lambda: _insert(model, names, conflict, unique, change))

    def ask(self, **values: Any) -> Asked[int]:
        """Insert the row, in one message with what is asked next where the database can, and ask for its id."""
        said = self.built.send(values, soon=True)
        return Asked(lambda: _rows(said)[0][0])

    def run_last(self, **values: Any) -> None:
        """Insert the row as the transaction commits, in the same message, where the database can; else at once."""
        say_last = getattr(connection, "say_last", None)
        if say_last:
            say_last(LastWords(self.built.sql, self.built.given(values, connection)))
        else:
            self.built.send(values)


def _insert(
    model: type[Model], slots: list[str], conflict: OnConflict | None, unique: Sequence[str], change: Sequence[str]
) -> _Text:
    meta = model._meta
    given = {name: Slot(name, _plain(meta.get_field(name))) for name in slots}
    fields = [field for field in meta.concrete_fields if not field.primary_key]
    query: Any = InsertQuery(
        model,
        on_conflict=conflict,
        update_fields=[meta.get_field(name) for name in change],
        unique_fields=[meta.get_field(name) for name in unique],
    )
    query.insert_values(fields, [model(**given)])
    compiler = query.get_compiler(connection=connection)
    compiler.returning_fields = [meta.pk]
    [(sql, parameters)] = compiler.as_sql()
    return _Text(sql, tuple(parameters))


def _plain(field: Any) -> "Field[Any, Any]":
    """Return what a column holds: of a foreign key, the key."""
    plain: Field[Any, Any] = field.target_field if field.is_relation else field
    return plain
