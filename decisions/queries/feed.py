"""A person's due dates as a calendar that other programs subscribe to (RFC 5545)."""

from datetime import date, datetime, timedelta
from hashlib import sha256

from django.conf import settings
from icalendar import Calendar, Event

from approvals.models import User
from decisions.queries.calendar import Entry, between

BACK, AHEAD = timedelta(days=31), timedelta(days=366)


def feed(user: User, *, now: datetime) -> bytes:
    """Return the calendar: a month back and a year ahead, each due thing as an event of a whole day."""
    calendar = Calendar()
    calendar.add("prodid", "-//Premise//Due dates//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", f"Premise: {user}")
    calendar.add("refresh-interval", timedelta(hours=1), parameters={"value": "DURATION"})
    today = now.date()
    for entry in between(user, today - BACK, today + AHEAD):
        calendar.add_component(_event(entry, now))
    return bytes(calendar.to_ical())


def _event(entry: Entry, now: datetime) -> Event:
    event = Event()
    event.add("uid", f"{_mark(entry)}@premise")
    event.add("dtstamp", now.replace(microsecond=0))
    event.add("dtstart", entry.day)
    event.add("dtend", entry.day + timedelta(days=1))
    event.add("summary", f"{entry.kind}: {entry.title}")
    event.add("url", f"{settings.PUBLIC_URL}{entry.url}")
    event.add("transp", "TRANSPARENT")
    return event


def _mark(entry: Entry) -> str:
    """Return the same mark for the same thing on the same day, so that programs update what they know."""
    day: date = entry.day
    return sha256(f"{entry.kind} {entry.url} {day} {entry.title}".encode()).hexdigest()[:32]
