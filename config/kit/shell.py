"""What surrounds every page: navigation with counts, the person's theme, shortcuts and time zone."""

import zoneinfo
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from config.kit.web import wants_fragment, wants_json

_counts: dict[str, Callable[[Any], int]] = {}
_allowed: dict[str, Callable[[Any], bool]] = {}


@dataclass(frozen=True)
class Entry:
    """One place in the navigation; `count` is what waits there for this person, `current` where they are."""

    name: str
    label: str
    url: str
    count: int = 0
    current: bool = False


PLACES = (
    ("inbox", "Inbox", "inbox"),
    ("decisions", "Decisions", "decision_list"),
    ("approvals", "Approvals", "approval_list"),
    ("metrics", "Metrics", "metric_list"),
    ("desk", "Steward’s desk", "steward_desk"),
    ("reviews", "Reviews", "review_list"),
    ("calendar", "Calendar", "calendar"),
    ("audit", "Audit", "audit"),
    ("people", "People", "people_list"),
)


def register(name: str, count: Callable[[Any], int]) -> None:
    """Let an app say how many things wait for a person at the place `name` (an entry of PLACES)."""
    _counts[name] = count


def allow(name: str, may: Callable[[Any], bool]) -> None:
    """Let an app say who sees the place `name`, or the button `new_decision`."""
    _allowed[name] = may


class Shell:
    """The surroundings of one page for one person; each part is worked out when a template first asks."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self.user: Any = getattr(request, "user", None)

    @cached_property
    def signed_in(self) -> bool:
        """Say whether there is a person to show navigation to."""
        return bool(self.user and self.user.is_authenticated)

    @property
    def theme(self) -> str:
        """Return light, dark, or nothing for the device's own."""
        return str(self.user.theme) if self.signed_in else ""

    @property
    def shortcuts(self) -> bool:
        """Say whether keyboard shortcuts are on."""
        return self.signed_in and bool(self.user.shortcuts)

    @cached_property
    def start_url(self) -> str:
        """Return where a new decision begins, or nothing for those who may not write one."""
        return _url("decision_new") if self.signed_in and self._may("new_decision") else ""

    @property
    def settings_url(self) -> str:
        """Return the person's settings page."""
        return _url("person_settings")

    @cached_property
    def entries(self) -> list[Entry]:
        """Return the places this person may go to."""
        found = list(filter(None, map(self._entry, PLACES))) if self.signed_in else []
        # A place inside another's addresses is where the person is, not the other.
        innermost = max((len(entry.url) for entry in found if entry.current), default=0)
        return [replace(entry, current=entry.current and len(entry.url) == innermost) for entry in found]

    @property
    def demo(self) -> bool:
        """Say whether demonstration data is installed, so that sign-in may name its accounts."""
        return (settings.VAR / "demo").exists()

    def _may(self, name: str) -> bool:
        return name not in _allowed or _allowed[name](self.user)

    def _entry(self, place: tuple[str, str, str]) -> Entry | None:
        name, label, url_name = place
        if not self._may(name):
            return None
        if not (url := _url(url_name)):
            return None
        path = self._request.path
        here = path == url if name == "inbox" else path.startswith(url)
        count = _counts[name](self.user) if name in _counts else 0
        return Entry(name, label, url, count, here)


def _url(name: str) -> str:
    """Return the address of a page, or nothing where this installation has no such page."""
    with suppress(NoReverseMatch):
        return reverse(name)
    return ""


def shell(request: HttpRequest) -> dict[str, Any]:
    """Put the shell before every template; a fragment has none."""
    return {} if wants_fragment(request) else {"shell": Shell(request)}


class PersonalTimeMiddleware:
    """Show times in the person's own zone; they are stored in UTC."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with the person's zone active; programs are nobody in particular."""
        if wants_json(request):
            return self.get_response(request)
        with timezone.override(zone_of(getattr(request.user, "time_zone", ""))):
            return self.get_response(request)


def zone_of(name: str) -> zoneinfo.ZoneInfo:
    """Return a person's time zone, or the house's where theirs is not known any more."""
    try:
        return zoneinfo.ZoneInfo(name or settings.TIME_ZONE)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo(settings.TIME_ZONE)
