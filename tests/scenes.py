"""What many tests begin with is made once: later tests get the rows it wrote, copied into their own transaction.

`kept(make)` calls `make` in the first test of a process and notes by which rows the database differs afterwards. In a
later test that has come the same way (the same makings before it, on the same day) it writes those rows, and returns
what `make` returned, read anew. A decision in force takes a third of a second to make, and a hundredth to write.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, TypeVar

import pytest
from django.contrib.auth.models import Group
from django.db import connection, models
from django.utils import timezone

from approvals.models import LedgerEntry, User
from metrics.models import Metric

T = TypeVar("T")
Row = tuple[Any, ...]
Rows = dict[str, dict[Any, Row]]  # table → primary key → row as the database writes it


@dataclass(frozen=True)
class Scene:
    """What a making left in the database, the keys of what it took away, and what it returned."""

    written: Rows
    before: Rows
    made: Any


_scenes: dict[Hashable, Scene] = {}


@pytest.fixture
def kept(db: None) -> Callable[[Callable[[], T]], T]:
    """Make something, or write what was written when it was made before; where others have written, just make it."""
    # Emptied tables get the groups anew, under other numbers, to which no earlier row belongs.
    steps: list[Hashable] = [timezone.now().date(), *Group.objects.order_by("pk").values_list("pk")[:1]]
    known = [(0, 0, 0)]

    def begin_with(make: Callable[[], T]) -> T:
        if not connection.in_atomic_block or known[-1] != _size():
            return make()
        steps.append(_name(make))
        if scene := _scenes.get(tuple(steps)):
            _write(scene)
            made = _anew(scene.made)
        else:
            made = _noted(tuple(steps), make)
        known.append(_size())
        return made

    return begin_with


def _size() -> tuple[int, int, int]:
    """Return how much there is that scenes are built on."""
    return User.objects.count(), Metric.objects.count(), LedgerEntry.objects.count()


def _noted(key: Hashable, make: Callable[[], T]) -> T:
    before = _rows()
    made = make()
    after = _rows()
    _scenes[key] = Scene(_less(after, before), _less(before, after), made)
    return made


def _name(make: Callable[[], Any]) -> tuple[Hashable, ...]:
    if isinstance(make, partial):
        return (*_name(make.func), *make.args, *make.keywords.items())
    return make.__module__, make.__qualname__


def _anew(made: Any) -> Any:
    if isinstance(made, tuple):
        return tuple(_anew(each) for each in made)
    if isinstance(made, dict):
        return {name: _anew(each) for name, each in made.items()}
    return type(made)._base_manager.get(pk=made.pk) if isinstance(made, models.Model) else made


def _less(these: Rows, those: Rows) -> Rows:
    found = {table: dict(rows.items() - those[table].items()) for table, rows in these.items()}
    return {table: rows for table, rows in found.items() if rows}


@cache
def _columns() -> dict[str, tuple[str, ...]]:
    """Return the columns of each table, its primary key first."""
    found = {}
    with connection.cursor() as cursor:
        for table in set(connection.introspection.table_names(cursor)) - {"django_migrations"}:
            columns = [column.name for column in connection.introspection.get_table_description(cursor, table)]
            key = connection.introspection.get_primary_key_column(cursor, table)
            found[table] = (key, *(name for name in columns if name != key))
    return found


def _rows() -> Rows:
    # As stored: neither driver is to make Python's dates and decimals of it.
    form = '+"{}"' if connection.vendor == "sqlite" else '"{}"::text'
    found: Rows = {}
    with connection.cursor() as cursor:
        for table, columns in _columns().items():
            cursor.execute(f'SELECT {", ".join(map(form.format, columns))} FROM "{table}"')
            found[table] = {row[0]: tuple(row) for row in cursor.fetchall()}
    return found


def _write(scene: Scene) -> None:
    with connection.cursor() as cursor:
        for table in {*scene.before, *scene.written}:
            before, written = scene.before.get(table, {}), scene.written.get(table, {})
            key, *others = (f'"{column}"' for column in _columns()[table])
            if over := before.keys() - written.keys():
                cursor.execute(f'DELETE FROM "{table}" WHERE {key} IN ({_places(over)})', list(over))
            for row in (written[same] for same in before.keys() & written.keys()):
                changes = ", ".join(f"{column} = %s" for column in others)
                cursor.execute(f'UPDATE "{table}" SET {changes} WHERE {key} = %s', [*row[1:], row[0]])
            if new := [row for number, row in written.items() if number not in before]:
                values = ", ".join(f"({_places(row)})" for row in new)
                names = ", ".join((key, *others))
                cursor.execute(f'INSERT INTO "{table}" ({names}) VALUES {values}', [v for row in new for v in row])


def _places(values: Any) -> str:
    return ", ".join(["%s"] * len(values))
