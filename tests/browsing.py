"""A real Chromium that fails the test on every console message, page error and failed request."""

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, ConsoleMessage, Page

# Playwright's loop runs in this thread, which Django takes for an async context.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

QUIET = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]


def chromium() -> str:
    """Return the machine's own Chromium."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    raise RuntimeError("There is no Chromium on PATH: run make test-setup.")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Start Debian's Chromium; Playwright's own is never downloaded."""
    return browser_type_launch_args | {"executable_path": chromium(), "args": QUIET}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """Look through a window of 1280 × 900, in English, in UTC, with no motion."""
    return browser_context_args | {
        "viewport": {"width": 1280, "height": 900},
        "locale": "en-GB",
        "timezone_id": "UTC",
        "reduced_motion": "reduce",
    }


class Complaints(list[str]):
    """What the browser complained about. A test that provokes one on purpose takes it out again."""

    def watch(self, page: Page) -> None:
        """Listen to a page."""
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.append(f"error: {error}"))

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")

    def expect(self, part: str) -> None:
        """Take out the complaints that contain `part`; there must be one."""
        matching = [complaint for complaint in self if part in complaint]
        assert matching, f"The browser did not complain about {part!r}: {self}"
        self[:] = [complaint for complaint in self if part not in complaint]


@pytest.fixture
def complaints(context: BrowserContext) -> Iterator[Complaints]:
    """Collect complaints of every page of the test; at its end there must be none left."""
    found = Complaints()
    context.on("page", found.watch)
    yield found
    assert not found, "The browser complained:\n" + "\n".join(found)


@pytest.fixture
def page(complaints: Complaints, context: BrowserContext) -> Page:
    """A page under watch."""
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.set_default_navigation_timeout(20_000)
    return page


@pytest.fixture(scope="session")
def axe() -> Any:
    """Check a page's accessibility: `axe(page)` fails naming each violation and where it is."""

    def check(page: Page, **options: Any) -> None:
        # A page looked at twice has axe already: half a megabyte to read.
        loaded = page.evaluate("() => 'axe' in window")
        results = (Axe("0") if loaded else Axe()).run(page, **options)
        violations = [
            f"{each['id']} ({each['impact']}): {[node['target'] for node in each['nodes']]}"
            for each in results.response["violations"]
        ]
        assert not violations, f"{page.url}: " + "\n".join(violations)

    return check


@pytest.fixture
def sign_in(page: Page, live_server: Any) -> Any:
    """Sign in through the form: `sign_in(username, password)`; `at` names the server otherwise."""

    def enter(username: str, password: str, *, at: str = "") -> None:
        page.goto(f"{at or live_server.url}/accounts/login/")
        page.get_by_label("Username").fill(username)
        page.get_by_label("Password", exact=True).fill(password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda url: "/accounts/login/" not in url)

    return enter
