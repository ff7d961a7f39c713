"""Every address answers every role as the access matrix declares, and no address is left undeclared."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from approvals.services.people import SCOPES, create_token
from config.api import api
from tests.access_matrix import EXEMPT, LOGIN, ROLES, Endpoint, Page, declared, make_people

PAGES: list[Page] = declared("PAGES")
ENDPOINTS: list[Endpoint] = declared("ENDPOINTS")


def _named(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, str | None]]:
    """Yield route and name of every pattern that is not the API's or exempt."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if any(route.startswith(exempt) for exempt in EXEMPT):
            continue
        if isinstance(pattern, URLResolver):
            if pattern.namespace != "api":
                yield from _named(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route, pattern.name


def test_every_page_is_declared():
    rows = {row.name for row in PAGES}
    undeclared = [f"{route} ({name})" for route, name in _named(get_resolver().url_patterns) if name not in rows]
    assert not undeclared, f"Declare these in tests/access/: {undeclared}"


def test_every_declared_page_exists():
    names = {name for _, name in _named(get_resolver().url_patterns)}
    assert not [str(row) for row in PAGES if row.name not in names]


def test_every_endpoint_is_declared():
    schema = api.get_openapi_schema()["paths"]
    operations = {f"{method.upper()} {path}" for path, methods in schema.items() for method in methods}
    assert operations == {str(row) for row in ENDPOINTS}


@pytest.mark.once
@pytest.mark.django_db
@pytest.mark.parametrize("row", PAGES, ids=str)
def test_a_page_answers_each_role_as_declared(row: Page, kept: Any):
    people = kept(make_people)
    path = row.path if isinstance(row.path, str) else row.path(people)
    data = row.data(people) if callable(row.data) else row.data
    wrong = {}
    for role in ROLES:
        client = Client()
        if role != "anonymous":
            client.force_login(people[role], backend="django.contrib.auth.backends.ModelBackend")
        if role == "inactive":
            people[role].is_active = False
            people[role].save()
        with transaction.atomic():
            response = client.generic(row.method, path) if row.method != "POST" else client.post(path, data)
            transaction.set_rollback(True)
        answer: int | str = response.status_code
        if answer == 302 and "/accounts/login" in response.headers["Location"]:
            answer = LOGIN
        if answer == 401 and b"You have been signed out" in response.content:
            answer = LOGIN  # what was typed comes with it, to be sent again
        if answer != row.expected(role):
            wrong[role] = f"{answer} instead of {row.expected(role)}"
    assert not wrong, f"{row} ({path}): {wrong}"


@pytest.mark.once
@pytest.mark.django_db
@pytest.mark.parametrize("row", ENDPOINTS, ids=str)
def test_an_endpoint_asks_for_a_token_with_its_scope(row: Endpoint, kept: Any):
    people = kept(make_people)
    path = row.address(people) if callable(row.address) else row.address or row.path
    _, right = create_token(name="right", scopes=[row.scope])
    _, wrong = create_token(name="wrong", scopes=[scope for scope in SCOPES if scope != row.scope])
    session = Client()
    session.force_login(people["administrator"], backend="django.contrib.auth.backends.ModelBackend")

    def status(client: Client, token: str = "") -> int:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        body = "" if row.body is None else json.dumps(row.body)
        with transaction.atomic():
            response = client.generic(row.method, path, body, content_type="application/json", headers=headers)
            transaction.set_rollback(True)
        return response.status_code

    answers = {
        "none": status(Client()),
        "session": status(session),
        "nonsense": status(Client(), "nonsense"),
        "wrong scope": status(Client(), wrong),
        "right scope": status(Client(), right),
    }
    expected = {"none": 401, "session": 401, "nonsense": 401, "wrong scope": 403, "right scope": row.status}
    assert answers == expected
