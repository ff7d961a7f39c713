"""Approvals in a real browser: signing with the keyboard's forms only, and every screen accessible in both themes."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from approvals import subjects
from approvals.models import ApprovalRequest
from approvals.services import checkpoints
from tests.factories.approvals import (
    PASSWORD,
    Thing,
    administrator,
    approvers,
    auditor,
    delegation,
    owner,
    policy,
    request_for,
    sign,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def asked() -> Any:
    """A request over changed content, half signed, with an earlier one behind it; the second approver is next."""
    thing = Thing()
    thing.register()
    policy({"name": "Review", "groups": ["Approvers"], "hours": 48}, {"name": "Sign-off", "groups": ["Approvers"]})
    first, second = approvers(2)
    opener = owner(username="opener")
    thing.before = {"objective": "Answer within a week. 解決率を改善する", "cost": "1200"}
    returned = request_for(thing, by=opener)
    sign(returned, first, "return", "Too slow.")
    request = request_for(
        thing, by=opener, content={"objective": "Answer within a day. 解決率を維持する", "cost": "1200"}
    )
    sign(request, first)
    delegation(second, first)
    checkpoints.write()
    yield {"request": request, "next": second}
    subjects._kinds.pop("thing", None)


def test_an_approver_signs_and_the_subject_is_approved(page: Page, live_server: Any, sign_in: Any, asked: Any) -> None:
    sign_in(asked["next"].username, PASSWORD)
    page.get_by_role("link", name=re.compile("Approvals")).first.click()
    expect(page.get_by_role("heading", name="Waiting for you")).to_be_visible()
    page.get_by_role("link", name="Thing T-1").first.click()
    expect(page.locator("ins").first).to_be_visible()
    page.get_by_role("radio", name="Approve. I have").check()
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.get_by_role("heading", name="You are counted")).to_be_visible()
    assert ApprovalRequest.objects.get(pk=asked["request"].pk).state == "approved"


def test_a_refusal_keeps_what_was_typed_and_takes_the_focus(
    page: Page, live_server: Any, sign_in: Any, asked: Any, complaints: Any
) -> None:
    sign_in(asked["next"].username, PASSWORD)
    page.goto(f"{live_server.url}/approvals/{asked['request'].pk}/")
    page.get_by_role("radio", name="Reject. I have").check()
    page.get_by_label("Comment", exact=True).fill("The cost is a guess.")
    page.get_by_label("Your password").fill("wrong")
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("This is not your password.")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page).to_have_title(re.compile("^Error: "))
    expect(page.get_by_label("Comment", exact=True)).to_have_value("The cost is a guess.")
    expect(page.get_by_label("Your password")).to_have_value("")
    complaints.expect("422")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_screen_is_accessible(
    page: Page, live_server: Any, sign_in: Any, asked: Any, axe: Any, theme: str
) -> None:
    who = asked["next"]
    who.theme = theme
    who.save()
    sign_in(who.username, PASSWORD)
    for path in (
        "/approvals/",
        f"/approvals/{asked['request'].pk}/",
        "/approvals/delegations/",
        "/policies/?kind=thing",
    ):
        page.goto(live_server.url + path)
        axe(page)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_screen_of_those_who_watch_is_accessible(
    page: Page, live_server: Any, sign_in: Any, asked: Any, axe: Any, theme: str
) -> None:
    boss = administrator(theme=theme)
    sign_in(boss.username, PASSWORD)
    for path in (
        f"/approvals/{asked['request'].pk}/people/",
        "/policies/new/",
        "/policies/decision-default/",
        "/audit/",
    ):
        page.goto(live_server.url + path)
        axe(page)


def test_an_auditor_checks_the_ledger(page: Page, live_server: Any, sign_in: Any, asked: Any, axe: Any) -> None:
    sign_in(auditor().username, PASSWORD)
    page.goto(f"{live_server.url}/audit/")
    page.get_by_role("button", name="Check integrity").click()
    expect(page.get_by_role("heading", name="All holds")).to_be_visible()
    axe(page)
    page.get_by_label("What happened").fill("signature")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("tbody tr")).to_have_count(2)
