"""A person's own settings: kept, used at once, and refused when they make no sense."""

import pytest
from django.test import Client
from django.urls import reverse

from approvals.models import User
from tests.factories.approvals import owner

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(client: Client) -> User:
    user = owner(username="ora")
    client.force_login(user)
    return user


def test_settings_are_kept_and_used_at_once(client: Client, person: User) -> None:
    sent = {"time_zone": "Asia/Bangkok", "theme": "dark"}
    answer = client.post(reverse("person_settings"), sent, follow=True)
    person.refresh_from_db()
    assert (person.time_zone, person.theme, person.shortcuts) == ("Asia/Bangkok", "dark", False)
    assert "Your settings are saved." in answer.text
    assert 'data-theme="dark"' in answer.text
    assert "data-shortcuts" not in answer.text


@pytest.mark.parametrize("sent", [{"time_zone": "Mars/Olympus"}, {"time_zone": "UTC", "theme": "neon"}, {}])
def test_what_does_not_exist_cannot_be_chosen(client: Client, person: User, sent: dict[str, str]) -> None:
    answer = client.post(reverse("person_settings"), sent)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    person.refresh_from_db()
    assert person.time_zone == "UTC"


def test_a_zone_that_no_longer_exists_does_not_stop_anybody(client: Client, person: User) -> None:
    User.objects.filter(pk=person.pk).update(time_zone="Atlantis/Centre")
    assert client.get(reverse("person_settings")).status_code == 200


def test_strangers_sign_in_first(client: Client) -> None:
    assert client.get(reverse("person_settings")).status_code == 302
