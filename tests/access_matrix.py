"""The declared access matrix: who gets which answer from which address, in which state of the object.

Each app declares its rows in `tests/access/<app>.py` as `PAGES` (list of `Page`) and `ENDPOINTS` (list of `Endpoint`);
`tests/test_access.py` tries each row as everybody, and fails for every address of the resolver that no row declares.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from approvals.models import User
from approvals.roles import ADMINISTRATORS, APPROVERS, AUDITORS, OWNERS, STEWARDS
from tests import access
from tests.factories.approvals import person

LOGIN = "login"
"""Sent to sign in; what anonymous and deactivated people get everywhere unless a row says otherwise."""
OK, FOUND, FORBIDDEN, HIDDEN, WRONG_METHOD, REFUSED, UNUSABLE = 200, 302, 403, 404, 405, 409, 422

ROLES: dict[str, tuple[str, ...]] = {
    "anonymous": (),
    "inactive": (OWNERS, APPROVERS, ADMINISTRATORS),
    "nobody": (),
    "owner": (OWNERS,),
    "contributor": (OWNERS,),
    "approver": (APPROVERS,),
    "steward": (STEWARDS,),
    "auditor": (AUDITORS,),
    "administrator": (ADMINISTRATORS,),
}
"""Who tries: a name and the groups of that person. `nobody` is signed in and has no role; `inactive` was deactivated
while signed in; `owner` and `contributor` are what the row's builder makes of them."""

People = Mapping[str, User]


@dataclass(frozen=True)
class Page:
    """One address, in one state, and its answer to each role.

    `name` is the URL's name; `path` builds the object in the state meant and returns the address (a plain string where
    there is no object). `others` answers every role that is not in `answers`.
    """

    name: str
    path: str | Callable[[People], str]
    others: int | str = OK
    answers: Mapping[str, int | str] = field(default_factory=dict)
    method: str = "GET"
    data: Mapping[str, Any] | Callable[[People], Mapping[str, Any]] = field(default_factory=dict)
    state: str = ""
    public: bool = False

    def __str__(self) -> str:
        return " ".join(filter(None, [self.method, self.name, self.state]))

    def expected(self, role: str) -> int | str:
        """The answer for a role."""
        if role in self.answers:
            return self.answers[role]
        return LOGIN if role in {"anonymous", "inactive"} and not self.public else self.others


@dataclass(frozen=True)
class Endpoint:
    """One API operation: 401 without a token (a session does not count), 403 without the scope, else `status`.

    `path` is the template as OpenAPI has it; `address` builds the object and returns the real address.
    """

    method: str
    path: str
    scope: str
    address: str | Callable[[People], str] = ""
    body: Any = None
    status: int = 200

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


EXEMPT = {
    "accounts/": "allauth's own pages, which allauth tests",
    "static/": "public files",
    "^static/": "public files",
}
"""Prefixes of routes that need no row, and why."""


def make_people() -> dict[str, User]:
    """Make one person for each role."""
    return {name: person(*groups, username=f"as-{name}") for name, groups in ROLES.items() if name != "anonymous"}


def declared(kind: str) -> list[Any]:
    """Collect `PAGES` or `ENDPOINTS` of every file in tests/access."""
    modules = [import_module(f"{access.__name__}.{module.name}") for module in iter_modules(access.__path__)]
    return [row for module in modules for row in getattr(module, kind, [])]
