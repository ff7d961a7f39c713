"""The private calendar: for whoever has the address, until it is replaced."""

import pytest
from django.test import Client
from django.urls import reverse
from icalendar import Calendar

from approvals.models import User
from approvals.services import feeds
from tests.factories import decisions
from tests.factories.approvals import approvers, owner, signed_in

pytestmark = pytest.mark.django_db


def address(user: User) -> str:
    return reverse("calendar_feed", args=[feeds.renew(user)])


def test_a_feed_is_a_calendar_of_what_its_holder_sees(registry):
    who = owner()
    first, _ = approvers(2)
    decision, _ = decisions.submitted(who)
    answer = Client().get(address(first))
    assert answer["Content-Type"].startswith("text/calendar")
    calendar = Calendar.from_ical(answer.content)
    assert (calendar["version"], calendar["prodid"]) == ("2.0", "-//Premise//Due dates//EN")
    events = calendar.walk("VEVENT")
    assert [str(event["summary"]) for event in events] == [f"Sign: {decision.reference} {decision.title}"]
    assert all(event["uid"] and event["dtstamp"] and event["dtend"].dt > event["dtstart"].dt for event in events)
    assert Calendar.from_ical(Client().get(address(who)).content).walk("VEVENT") == []


def test_an_address_ends_when_it_is_replaced_closed_or_its_holder_leaves():
    who = owner()
    old = address(who)
    new = address(who)
    assert [Client().get(each).status_code for each in (old, new)] == [404, 200]
    assert Client().get(new.replace(".ics", "x.ics")).status_code == 404
    User.objects.filter(pk=who.pk).update(is_active=False)
    assert Client().get(new).status_code == 404
    User.objects.filter(pk=who.pk).update(is_active=True)
    signed_in(who).post(reverse("calendar_settings"), {"close": "1"})
    assert Client().get(new).status_code == 404


def test_settings_show_the_address_once_it_is_open():
    client = signed_in(owner())
    assert "Open a private address" in client.get("/settings/").text
    client.post(reverse("calendar_settings"))
    assert ".ics" in client.get("/settings/").text
