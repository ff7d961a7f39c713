"""From a review to the next decision in a real browser: a lesson becomes guidance that approvers have signed."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from approvals.models import ApprovalRequest
from approvals.services import checkpoints
from decisions.models import DecisionTemplate
from decisions.services import reviews
from tests.factories import decisions as make
from tests.factories import metrics
from tests.factories.approvals import PASSWORD, administrator, approver, owner

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def people() -> dict[str, Any]:
    """Those who take part, and a decision in force with a review to hold."""
    for key in (make.RESOLUTION, make.BACKLOG):
        metrics.weekly(metrics.metric(key=key), [4, 5, 4])
    who = owner(username="decider")
    decision = make.in_force(who)
    checkpoints.write()
    return {
        "owner": who,
        "admin": administrator(username="keeper"),
        "signer": approver(username="signer"),
        "review": reviews.open_review(decision, by=who),
    }


def test_a_lesson_of_a_review_shapes_the_template_that_the_next_decision_follows(
    page: Page, live_server: Any, sign_in: Any, axe: Any, people: dict[str, Any]
) -> None:
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text) if message.type in {"error", "warning"} else None)

    sign_in("decider", PASSWORD)
    page.goto(f"{live_server.url}/reviews/{people['review'].pk}/")
    axe(page)
    page.get_by_label("It held").check()
    page.get_by_label("Speed").fill("20")
    page.get_by_label("Findings").fill("It was slower than we thought.")
    page.get_by_label("Lesson 1", exact=True).fill("We scored before we tried.")
    page.get_by_label("Lesson 1 is about").select_option("options")
    page.get_by_label("Keep it").check()
    page.get_by_role("button", name="Hold the review").click()
    page.locator("#confirm [data-yes]").click()
    expect(page.get_by_text("Yes: Option C")).to_be_visible()
    axe(page)
    page.context.clear_cookies()

    sign_in("keeper", PASSWORD)
    page.goto(f"{live_server.url}/lessons/")
    page.get_by_text("Accept or decline").click()
    page.get_by_label("As guidance").fill("Try each option before you score it.")
    page.get_by_role("button", name="Accept into the template").click()
    page.get_by_label("Why it should change").fill("A review taught it.")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="5. Option details").click()
    page.get_by_label("At least … options").fill("4")
    axe(page)
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("link", name=re.compile("version 2")).first.click()
    page.get_by_role("button", name="Submit for approval").click()
    expect(page.locator("ins", has_text="Try each option before you score it")).to_be_visible()
    page.context.clear_cookies()

    sign_in("signer", PASSWORD)
    page.goto(f"{live_server.url}/approvals/{ApprovalRequest.objects.get(kind='template').pk}/")
    page.get_by_role("radio", name="Approve. I have").check()
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.get_by_role("heading", name="You are counted")).to_be_visible()
    assert DecisionTemplate.objects.current().get().number == 2
    page.context.clear_cookies()

    sign_in("decider", PASSWORD)
    page.goto(f"{live_server.url}/decisions/new/")
    page.get_by_label("What is to be decided?").fill("Whether to move")
    page.get_by_role("button", name="Begin the draft").click()
    page.goto(page.url.replace("/background/", "/options/"))
    expect(page.get_by_text("Try each option before you score it.")).to_be_visible()
    expect(page.get_by_text("Learned from D-")).to_be_visible()
    expect(page.get_by_role("link", name="Name at least 4 options")).to_be_visible()
    assert not heard
