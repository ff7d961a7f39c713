"""Queries that go by who asks, built once for each set of roles.

What a person may see is said in Python, from their roles, and Django would write the SQL of it anew for each page, and
PostgreSQL plan it anew: for most pages that takes longer than everything else. What the roles decide is decided when
the query is built; who the person is, and which day it is, when it is asked:

    SEEN = RowsFor(lambda reader: Decision.objects.visible_to(reader).values_list("reference"))
    SEEN.rows(user)

Nothing else that changes may be read in the building, the clock least of all: it is a `Slot`.
"""

from collections.abc import Callable, Hashable
from typing import Any, ClassVar, cast

from django.core.exceptions import EmptyResultSet
from django.db.models import QuerySet

from approvals.models import User
from approvals.roles import roles_of
from config.kit.prepared import DAY, ID, PreparedModels, PreparedRows, Slot


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


class _For:
    """A query for each set of roles, and for each `shape`: what else of its making differs."""

    known: "ClassVar[list[_For]]" = []
    kind: "ClassVar[type[PreparedRows] | type[PreparedModels[Any]]]"

    def __init__(self, build: "Callable[..., QuerySet[Any, Any]]") -> None:
        self._build = build
        self._made: dict[tuple[Hashable, ...], PreparedRows | PreparedModels[Any]] = {}
        self.known.append(self)

    def built(self, roles: frozenset[str], *shape: Hashable) -> "QuerySet[Any, Any]":
        """Return the query as somebody with these roles asks it."""
        return self._build(cast(User, Reader(roles)), *shape)

    def _answer(self, user: User, shape: tuple[Hashable, ...], values: dict[str, Any]) -> list[Any]:
        """Return what the person may see; who is not active is shown nothing."""
        if not user.is_active:
            return []
        roles = roles_of(user)
        if (roles, *shape) not in self._made:
            self._made[roles, *shape] = self.kind(lambda: self.built(roles, *shape))
        try:
            return self._made[roles, *shape].ask(person=user.pk, day=user.today, **values).answer
        except EmptyResultSet:  # the roles alone rule everything out
            return []


class RowsFor(_For):
    """A query that ends in `values_list`."""

    kind = PreparedRows

    def rows(self, user: User, *shape: Hashable, **values: Any) -> list[Any]:
        """Return the rows that the person may see."""
        return self._answer(user, shape, values)


class ModelsFor(_For):
    """A query that yields model instances."""

    kind = PreparedModels

    def all(self, user: User, *shape: Hashable, **values: Any) -> list[Any]:
        """Return the instances that the person may see."""
        return self._answer(user, shape, values)
