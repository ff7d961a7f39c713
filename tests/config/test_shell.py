"""The shell: who sees which place, what it costs, and whose time zone counts."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from approvals.models import User
from config.kit import shell
from config.kit.shell import PersonalTimeMiddleware, Shell
from tests.factories.approvals import administrator, approver, auditor, owner, steward

pytestmark = pytest.mark.django_db


def asked_by(user: Any, path: str = "/") -> HttpRequest:
    request = RequestFactory().get(path)
    request.user = user
    return request


@pytest.mark.parametrize(
    ("make", "audit", "starts"),
    [
        (owner, False, True),
        (approver, False, False),
        (steward, False, False),
        (auditor, True, False),
        (administrator, True, False),
    ],
)
def test_each_role_sees_its_places(make: Any, audit: bool, starts: bool) -> None:
    shown = Shell(asked_by(make()))
    names = [entry.name for entry in shown.entries]
    desk = ["desk"] if make is steward else []
    assert names[: 6 + len(desk)] == ["inbox", "decisions", "approvals", "metrics", *desk, "reviews", "calendar"]
    assert ("audit" in names) is audit
    assert bool(shown.start_url) is starts


def test_strangers_see_no_places() -> None:
    shown = Shell(asked_by(AnonymousUser()))
    assert (shown.signed_in, shown.entries, shown.start_url, shown.theme) == (False, [], "", "")


@pytest.mark.parametrize(
    ("path", "current"), [("/", "inbox"), ("/decisions/D-2026-0001/", "decisions"), ("/metrics/", "metrics")]
)
def test_one_place_is_where_the_person_is(path: str, current: str) -> None:
    entries = Shell(asked_by(owner(), path)).entries
    assert [entry.name for entry in entries if entry.current] == [current]


def test_counts_are_asked_once_and_cost_two_queries(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    user = User.objects.get(pk=owner().pk)
    shown = Shell(asked_by(user))
    with django_assert_max_num_queries(3):  # the roles are one more, read once for the whole page
        assert shown.entries is shown.entries


def test_a_fragment_has_no_shell_and_costs_nothing(client: Client) -> None:
    client.force_login(owner())
    answer = client.get("/settings/", headers={"HX-Request": "true"})
    assert "<html" not in answer.text
    assert 'class="side"' not in answer.text


def test_what_an_app_registers_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shell, "_counts", {})
    shell.register("metrics", lambda user: 7)
    entry = next(entry for entry in Shell(asked_by(owner())).entries if entry.name == "metrics")
    assert entry.count == 7


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Asia/Tokyo", "21:00 JST"),
        ("UTC", "12:00 UTC"),
        ("Atlantis/Centre", "12:00 UTC"),
        ("../../etc/passwd", "12:00 UTC"),
    ],
)
def test_times_are_shown_in_the_persons_zone(zone: str, expected: str) -> None:
    noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    template = Template("{% load premise %}{{ noon|moment }}")

    def answer(request: HttpRequest) -> HttpResponse:
        return HttpResponse(template.render(Context({"noon": noon})))

    person = owner(time_zone=zone)
    assert expected in PersonalTimeMiddleware(answer)(asked_by(person)).content.decode()
    assert str(timezone.get_current_timezone()) == "UTC"
