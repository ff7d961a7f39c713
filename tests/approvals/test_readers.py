"""Queries that are built once for each set of roles hold nothing that changes while a process runs."""

import re
import sys
from importlib import import_module
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import connection

from approvals import access, destinations
from approvals.readers import ModelsFor, Reader, RowsFor, _For
from approvals.roles import ADMINISTRATORS, AUDITORS, OWNERS, STEWARDS
from config.kit.prepared import PreparedModels, PreparedRows, Slot
from tests.factories.approvals import person

pytestmark = pytest.mark.django_db
OWN = ("approvals", "metrics", "decisions")
DATED = re.compile(r"2\d{3}-\d\d-\d\d")  # a constant may be the first day of all
EVERY = tuple(route for route in destinations._known if route)
SHAPES: dict[Any, list[tuple[Any, ...]]] = {destinations.SHOWN: [(0, EVERY)], access.SEEN: [(True,), (False,)]}


def parameters(query: Any) -> list[Any]:
    try:
        return list(query.query.get_compiler(connection=connection).as_sql()[1])
    except EmptyResultSet:
        return []


def dated(held: list[Any]) -> list[Any]:
    return [value for value in held if not isinstance(value, Slot) and DATED.match(str(value))]


@pytest.mark.parametrize("roles", [(), (OWNERS, STEWARDS), (ADMINISTRATORS,), (AUDITORS,)])
def test_no_clock_is_read_when_they_are_built(roles):
    import_module(settings.ROOT_URLCONF)
    own = [each for each in _For.known if each._build.__module__.startswith(OWN)]
    assert len(own) > 10
    for each in own:
        for shape in SHAPES.get(each, [()]):
            assert not dated(parameters(each.built(frozenset(roles), *shape)))


def test_nor_is_it_in_those_for_everybody():
    import_module(settings.ROOT_URLCONF)
    loaded = [vars(module) for name, module in list(sys.modules.items()) if name.startswith(OWN)]
    prepared = [value for names in loaded for value in names.values() if type(value) in {PreparedRows, PreparedModels}]
    assert len(prepared) > 10
    for each in prepared:
        select = each.built if isinstance(each, PreparedRows) else each.built[0]
        assert not dated(list(select.statement.parameters))


def test_who_is_not_active_is_shown_nothing():
    everybody = ModelsFor(lambda reader: type(gone).objects.all())
    names = RowsFor(lambda reader: type(gone).objects.values_list("pk"))
    gone = person(is_active=False)
    assert (everybody.all(gone), names.rows(gone)) == ([], [])
    assert everybody.all(person())


def test_what_the_roles_alone_rule_out_is_empty():
    nothing = RowsFor(lambda reader: type(who).objects.none().values_list("pk"))
    who = person()
    assert nothing.rows(who) == nothing.rows(who) == []
    assert isinstance(Reader(frozenset()).pk, Slot)
