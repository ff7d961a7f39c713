"""A walk through every page of the demonstration, as those who work there: accessible, whole, and quiet."""

from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page, Request

from approvals.models import ApprovalRequest, Policy, User
from decisions.models import Decision, Reevaluation, Review
from metrics.models import Dispute, Experiment, Pull, QualityIncident, TradeOffEpisode

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LARGEST = 60 * 1024
TEMPLATES = ("/templates/", "/templates/new/", "/templates/standard/", "/templates/standard/diff/")
# The second look at a page, in the dark and on a phone, asks only what may differ there.
CONTRAST = {"runOnly": ["color-contrast"], "resultTypes": ["violations"]}


def decision_in(state: str) -> str:
    return Decision.objects.filter(state=state).latest("reference").reference


def walks() -> dict[str, list[str]]:
    """Return who walks where; the addresses are those of the demonstration."""
    draft, questioned, in_force = map(decision_in, ("draft", "questioned", "in_force"))
    waiting = ApprovalRequest.objects.get(state="open", kind="decision").pk
    task = Reevaluation.objects.filter(decision__reference=questioned).latest("pk").pk
    policy = Policy.objects.latest("pk").key
    held = Review.objects.filter(held_at__isnull=False).latest("pk").pk
    tried = Experiment.objects.get(state="running").pk
    ahead = Review.objects.filter(held_at=None, decision__reference=in_force).latest("pk").pk
    caught = QualityIncident.objects.open().latest("pk").pk
    at_odds = TradeOffEpisode.objects.latest("pk").pair_id
    dispute = Dispute.objects.open().latest("pk")
    doubted = f"{dispute.metric.key}/disputes/{dispute.pk}/"
    pulled = f"{Pull.objects.get().pk}/"
    edited = (
        "background",
        "metrics",
        "constraints",
        "bottlenecks",
        "options",
        "impacts",
        "costs",
        "risks",
        "criteria",
        "recommendation",
        "schedule",
    )
    return {
        "owner": [
            *("/", "/decisions/", "/decisions/?state=draft", "/decisions/new/", "/calendar/", "/search/?q=support"),
            *(f"/decisions/{reference}/" for reference in (draft, questioned, in_force)),
            *(f"/decisions/{draft}/edit/{section}/" for section in edited),
            *(f"/decisions/{in_force}/options/", f"/decisions/{draft}/options/", f"/decisions/{in_force}/assumptions/"),
            *(f"/decisions/{in_force}/{page}/" for page in ("people", "commitments", "amend", "close")),
            *(f"/decisions/{draft}/{move}/" for move in ("submit", "abandon")),
            *(f"/reevaluations/{task}/", "/settings/", "/search/?q=nothing+at+all"),
            *("/reviews/", "/lessons/", *(f"/reviews/{number}/" for number in (held, ahead))),
        ],
        "approver1": ["/", "/approvals/", f"/approvals/{waiting}/", "/approvals/delegations/"],
        "steward": [
            *("/metrics/", "/metrics/new/", "/metrics/import/"),
            *("/metrics/pulls/", *(f"/metrics/new_tickets/pulls/{part}" for part in ("", "new/?kind=json", pulled))),
            *("/metrics/freezes/", "/metrics/cost_per_case/lifecycle/", "/metrics/escalation_rate/lifecycle/"),
            *("/metrics/first_contact_resolution/segments/", "/metrics/support_resolution_rate/?segment=Americas"),
            *(
                f"/metrics/backlog_growth/{part}"
                for part in ("", "definition/", "record/", "values/", "history/", "people/")
            ),
            *("/metrics/incidents/", f"/metrics/incidents/{caught}/"),
            *(
                "/metrics/pairs/",
                f"/metrics/pairs/{at_odds}/",
                "/metrics/catalogue/",
                "/metrics/catalogue/operational/",
            ),
            *(f"/metrics/cost_per_case/quality/{part}" for part in ("", "checks/", "figures/")),
            *("/metrics/desk/", "/metrics/reports/", "/metrics/disputes/", "/metrics/?view=families&timing=lagging"),
            *("/metrics/csat/relevance/", "/metrics/first_response_time/disputes/", f"/metrics/{doubted}"),
            *("/metrics/calculator/?ask=interval&first=78&first_cases=412", "/metrics/experiments/"),
            *(f"/metrics/experiments/{tried}/{part}" for part in ("", "figures/", "judge/")),
        ],
        "auditor": ["/audit/", f"/decisions/{in_force}/"],
        "admin": ["/policies/", "/policies/new/", f"/policies/{policy}/", f"/approvals/{waiting}/people/", *TEMPLATES],
    }


def signed_in(page: Page, live_server: Any, username: str) -> None:
    client = Client()
    client.force_login(User.objects.get(username=username))
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])


def faults(page: Page, address: str, heard: list[str], axe: Any) -> list[str]:
    """Open a page and say what is wrong with it, wide and light, then narrow and dark."""
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.set_viewport_size({"width": 1280, "height": 900})
    answer = page.goto(address)
    assert answer is not None
    found = [] if answer.status == 200 else [f"status {answer.status}"]
    if len(answer.body()) > LARGEST:
        found.append(f"{len(answer.body())} bytes of HTML")
    if page.locator("h1").count() != 1:
        found.append("not exactly one h1")
    found += looks(page, axe)
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.set_viewport_size({"width": 390, "height": 900})
    found += looks(page, axe, options=CONTRAST)
    found += heard
    heard.clear()
    return found


def looks(page: Page, axe: Any, **options: Any) -> list[str]:
    """Say what is wrong with the page as it now looks."""
    wide = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    found = [f"scrolls sideways by {wide}"] if wide > 0 else []
    try:
        axe(page, **options)
    except AssertionError as violations:
        found.append(str(violations))
    return found


def listened_to(page: Page, home: str) -> list[str]:
    """Collect requests to elsewhere and what the browser complains about."""
    heard: list[str] = []

    def asked(request: Request) -> None:
        if not request.url.startswith((home, "data:")):
            heard.append(f"asked {request.url}")

    def said(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            heard.append(f"{message.type}: {message.text}")

    page.on("request", asked)
    page.on("console", said)
    return heard


@pytest.mark.looks
def test_every_page_of_the_demonstration_is_sound(browser: Browser, live_server: Any, axe: Any) -> None:
    call_command("demo", stdout=StringIO(), stderr=StringIO())
    found: dict[str, list[str]] = {}
    for username, addresses in walks().items():
        context = browser.new_context()
        page = context.new_page()
        heard = listened_to(page, live_server.url)
        signed_in(page, live_server, username)
        for address in addresses:
            if wrong := faults(page, live_server.url + address, heard, axe):
                found[f"{username} {address}"] = wrong
        context.close()
    assert not found
