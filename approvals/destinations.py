"""Whether what a notice leads to is still a person's to see; each app registers the addresses of its own things."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Field, Model, QuerySet, Value
from django.db.models.functions import Cast
from django.http import QueryDict
from django.urls import Resolver404, resolve

from approvals.models import User
from approvals.readers import RowsFor
from config.kit.among import Among
from config.kit.prepared import Slot

Rows = Callable[[User], QuerySet[Any]]
Thing = tuple[str, str]
"""A route and what its argument says."""
NOWHERE: Thing = ("", "")


@dataclass(frozen=True, kw_only=True)
class Destination:
    """Every page about one kind of thing.

    `argument` is the part of the address that says which of them: in its path, its query (`?metric=…`) or the place on
    the page (`#freeze-…`); it stands for `column`. `rows` yields those that a person may see. Of several the next is
    asked only about what the one before does not show, so the cheapest comes first.
    """

    argument: str
    rows: tuple[Rows, ...]
    column: str
    field: "Field[Any, Any]"


_known: dict[str, Destination] = {}


def register(route: str, argument: str, *rows: Rows, of: type[Model], column: str = "id") -> None:
    """Make known which row of a model the pages whose route begins with `route` are about; the longest route counts."""
    field: Any = of._meta.get_field(column)
    _known[route] = Destination(argument=argument, rows=rows, column=column, field=field)


def seen(user: User, addresses: Iterable[str]) -> set[str]:
    """Return the addresses that lead to what the person may see, or to nothing in particular; mostly one query."""
    if not user.is_active:
        return set()
    things = {address: _thing(address) for address in set(addresses)}
    wanted = {thing for thing in things.values() if thing is not None}
    shown: set[Thing] = set()
    for turn in range(max((len(each.rows) for each in _known.values()), default=0)):
        shown |= _shown(user, wanted - shown, turn)
    return {address for address, thing in things.items() if thing is None or thing in shown}


def _thing(address: str) -> Thing | None:
    """Return what an address is about; None for nothing in particular, `NOWHERE` for a page that is gone."""
    page, _, place = address.partition("#")
    path, _, query = page.partition("?")
    if not path:
        return None
    try:
        match = resolve(path)
    except Resolver404:
        return NOWHERE
    route = max((known for known in _known if match.route.startswith(known)), key=len, default="")
    if not route:
        return None
    argument = _known[route].argument
    noun, _, of_place = place.partition("-")
    value = match.kwargs.get(argument) or QueryDict(query).get(argument) or (of_place if noun == argument else "")
    return (route, str(value)) if value else None


def _shown(user: User, things: set[Thing], turn: int) -> set[Thing]:
    """Return those of the things that the rows of this turn show: one query for all kinds together."""
    routes = tuple(sorted({route for route, _value in things if route and turn < len(_known[route].rows)}))
    values = {each: [value for route, value in things if route == each] for each in routes}
    wanted = {route: list(map(_known[route].field.to_python, values[route])) for route in routes}
    return set(map(tuple, SHOWN.rows(user, turn, routes, **wanted))) if routes else set()


def _of_routes(user: User, turn: int, routes: Sequence[str]) -> QuerySet[Any]:
    """Return route and argument of what the person may see, of the values that are given under the route's name."""
    first, *others = [_of_route(user, turn, route) for route in routes]
    return first.union(*others, all=True)


def _of_route(user: User, turn: int, route: str) -> QuerySet[Any]:
    place = _known[route]
    rows = place.rows[turn](user).filter(Among(place.column, Slot(route, place.field, many=True))).order_by()
    return rows.values_list(Value(route, output_field=CharField()), Cast(place.column, CharField()))


SHOWN = RowsFor(_of_routes)
