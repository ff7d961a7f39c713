"""Queries that go by who asks, built once for each set of roles.

What a person may see is said in Python, from their roles, and Django would write the SQL of it anew for each page, and
PostgreSQL plan it anew: for most pages that takes longer than everything else. What the roles decide is decided when
the query is built; who the person is, and which day it is, when it is asked:

    SEEN = RowsFor(lambda reader: Decision.objects.visible_to(reader).values_list("reference"))
    SEEN.rows(user)

Nothing else that changes may be read in the building, the clock least of all: it is a `Slot`.
"""

from collections.abc import Callable, Hashable
from typing import Any, ClassVar, Generic, TypeVar, cast

from django.core.exceptions import EmptyResultSet
from django.db.models import QuerySet

from approvals.models import User
from approvals.roles import roles_of
from config.kit.prepared import DAY, ID, PreparedModels, PreparedRows, Slot

P = TypeVar("P")


class Reader(Slot):
    """Stands for an active person while a query is built: their roles are known, the rest is given when it is asked."""

    is_authenticated = is_active = True

    def __init__(self, roles: frozenset[str]) -> None:
        super().__init__("person", ID)
        self._roles = roles

    @property
    def pk(self) -> Slot:
        """Return the place of the person's number."""
        return self

    @property
    def today(self) -> Slot:
        """Return the place of the day that delegations are counted in."""
        return Slot("day", DAY)


class _For(Generic[P]):
    """A query for each set of roles, and for each `shape`: what else of its making differs."""

    known: "ClassVar[list[_For[Any]]]" = []

    def __init__(self, build: "Callable[..., QuerySet[Any, Any]]") -> None:
        self._build = build
        self._made: dict[tuple[Hashable, ...], P] = {}
        self.known.append(self)

    def built(self, roles: frozenset[str], *shape: Hashable) -> "QuerySet[Any, Any]":
        """Return the query as somebody with these roles asks it."""
        return self._build(cast(User, Reader(roles)), *shape)

    def _for(self, user: User, shape: tuple[Hashable, ...], kind: "Callable[[Callable[[], Any]], P]") -> P:
        roles = roles_of(user)
        if (roles, *shape) not in self._made:
            self._made[roles, *shape] = kind(lambda: self.built(roles, *shape))
        return self._made[roles, *shape]


def _whose(user: User) -> dict[str, Any]:
    return {"person": user.pk, "day": user.today}


class RowsFor(_For[PreparedRows]):
    """A query that ends in `values_list`; who is not active is shown nothing."""

    def rows(self, user: User, *shape: Hashable, **values: Any) -> list[Any]:
        """Return the rows that the person may see."""
        if not user.is_active:
            return []
        try:
            return self._for(user, shape, PreparedRows).rows(**_whose(user), **values)
        except EmptyResultSet:  # the roles alone rule everything out
            return []


class ModelsFor(_For[PreparedModels[Any]]):
    """A query that yields model instances; who is not active is shown none."""

    def all(self, user: User, *shape: Hashable, **values: Any) -> list[Any]:
        """Return the instances that the person may see."""
        if not user.is_active:
            return []
        try:
            return self._for(user, shape, PreparedModels).all(**_whose(user), **values)
        except EmptyResultSet:  # the roles alone rule everything out
            return []
