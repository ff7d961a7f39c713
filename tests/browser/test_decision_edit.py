"""The section editor in a real browser: it saves by itself, loses nothing, and is worked by keyboard."""

import re

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from approvals.models import User
from decisions.models import CONTRIBUTE, Decision
from decisions.services import drafting, people
from tests.factories import decisions as make
from tests.factories import metrics
from tests.factories.approvals import owner

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def who(db) -> User:
    return owner(first_name="Ona", last_name="Lund")


@pytest.fixture
def draft(who: User) -> Decision:
    for key in (make.RESOLUTION, make.BACKLOG):
        metrics.weekly(metrics.metric(key=key), [4 + week % 5 for week in range(30)])
    return make.draft(who)


@pytest.fixture
def at(page: Page, live_server, who: User):
    """Open an address as the owner."""
    client = Client()
    client.force_login(who, backend="django.contrib.auth.backends.ModelBackend")
    session = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    page.context.add_cookies([session])

    def go(path: str) -> Page:
        page.goto(live_server.url + path)
        return page

    return go


def stored(draft: Decision, section: str):
    return getattr(drafting.dossier_of(Decision.objects.get(pk=draft.pk)), section)


def test_what_is_typed_saves_itself_and_says_so(at, draft):
    page = at(f"/decisions/{draft.reference}/edit/constraints/")
    page.get_by_label("Text").fill("No budget before June.")
    expect(page.locator("[data-save-state]")).to_have_text(re.compile(r"^Saved \d\d:\d\d$"))
    assert stored(draft, "constraints").text == "No budget before June."
    page.get_by_label("Text").press_sequentially(" None.")
    page.get_by_label("Text").blur()
    expect(page.locator("[data-save-state]")).to_have_text(re.compile(r"^Saved"))
    page.reload()
    expect(page.get_by_label("Text")).to_have_value("No budget before June. None.")


def test_a_row_added_in_the_page_is_stored_once_however_often_it_saves(at, draft):
    page = at(f"/decisions/{draft.reference}/edit/schedule/")
    page.get_by_role("button", name="Add a commitment").click()
    row = page.locator("[data-formset=commitments] [data-row]").last
    row.get_by_label("Commitment").fill("Tell the teams")
    expect(page.locator("[data-save-state]")).to_have_text(re.compile(r"^Saved \d"))
    first = stored(draft, "schedule").commitments[-1]
    row.get_by_label("Commitment").fill("Tell all teams")
    row.get_by_label("Commitment").blur()
    expect(page.locator("[name=version]")).to_have_value("3")
    commitments = stored(draft, "schedule").commitments
    assert [(item.id, item.text) for item in commitments[1:]] == [(first.id, "Tell all teams")]


def test_a_value_that_cannot_be_kept_is_said_and_nothing_is_lost(at, draft, complaints):
    page = at(f"/decisions/{draft.reference}/edit/background/")
    page.get_by_label("Horizon in months").fill("soon")
    expect(page.locator("[data-save-conflict]")).to_contain_text("Not saved yet")
    expect(page.get_by_label("Horizon in months")).to_have_value("soon")
    page.get_by_label("Horizon in months").fill("9")
    expect(page.locator("[data-save-state]")).to_have_text(re.compile(r"^Saved \d"))
    expect(page.locator("[data-save-conflict]")).to_be_empty()
    complaints.expect("422")


def test_two_browsers_on_one_section_lose_nothing_of_either(at, draft, who, complaints, axe, live_server, browser):
    colleague = owner(first_name="Kim", last_name="Berg")
    people.invite(draft, colleague, grant=CONTRIBUTE, by=who)
    address = f"/decisions/{draft.reference}/edit/schedule/"
    mine = at(address)
    client = Client()
    client.force_login(colleague, backend="django.contrib.auth.backends.ModelBackend")
    other = browser.new_context()
    session = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    other.add_cookies([session])
    theirs = other.new_page()
    theirs.goto(live_server.url + address)
    theirs.get_by_label("How it is carried out").fill("Team by team.")
    theirs.get_by_label("Review every … days").fill("45")
    expect(theirs.locator("[data-save-state]")).to_have_text(re.compile("^Saved"))
    other.close()
    mine.get_by_label("How it is carried out").fill("All at once.")
    alert = mine.get_by_role("alert")
    expect(alert).to_contain_text("Saved by Kim Berg at")
    expect(alert).to_contain_text("1 place needs your choice; the rest fits together.")
    axe(mine)
    alert.get_by_label("Yours: All at once.").check()
    mine.get_by_role("button", name="Save merged").click()
    expect(mine.get_by_label("How it is carried out")).to_have_value("All at once.")
    expect(mine.get_by_label("Review every … days")).to_have_value("45")
    assert (stored(draft, "schedule").text, stored(draft, "schedule").review_every_days) == ("All at once.", 45)
    complaints.expect("409")


def test_the_task_list_follows_what_is_saved(at, draft):
    page = at(f"/decisions/{draft.reference}/edit/constraints/")
    task = page.get_by_role("navigation", name="Sections").get_by_role("link", name="Constraints")
    expect(task).to_contain_text("Completed")
    page.get_by_label("Text").fill("")
    expect(task).to_contain_text("In progress")
    expect(page.locator("#missing")).to_contain_text("Describe the constraints")


def test_a_session_that_ended_while_writing_loses_no_word(at, draft, who, complaints):
    page = at(f"/decisions/{draft.reference}/edit/constraints/")
    page.context.clear_cookies(name="sessionid")
    page.get_by_label("Text").fill("Written after the session ended.")
    expect(page.get_by_role("alert")).to_contain_text("You have been signed out")
    expect(page.locator("[data-save-state]")).to_have_text("Not saved: you have been signed out")
    client = Client()
    client.force_login(who, backend="django.contrib.auth.backends.ModelBackend")
    address = page.url.split("/decisions")[0]
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": address}])
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(page.locator("[data-save-state]")).to_have_text(re.compile("^Saved"))
    assert stored(draft, "constraints").text == "Written after the session ended."
    complaints.expect("401")


def test_enter_saves_and_never_adds_or_removes_a_row(at, draft):
    page = at(f"/decisions/{draft.reference}/edit/schedule/")
    box = page.locator("[data-formset=commitments]").get_by_label("Commitment", exact=True).first
    box.fill("Train both teams")
    box.press("Enter")
    page.wait_for_load_state()
    expect(page.locator("[data-formset=commitments] [data-row]")).to_have_count(1)
    assert [item.text for item in stored(draft, "schedule").commitments] == ["Train both teams"]


def test_a_section_is_written_by_keyboard_alone(at, draft):
    page = at(f"/decisions/{draft.reference}/edit/constraints/")
    page.get_by_label("Text").focus()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("Typed without a mouse.")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.textContent") == "Save and continue":
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("4. Current bottlenecks")
    assert stored(draft, "constraints").text == "Typed without a mouse."


def test_the_matrix_totals_while_one_types_and_the_server_agrees(at, draft):
    page = at(f"/decisions/{draft.reference}/options/")
    page.locator("#id_m-q1-a").fill("100")
    page.locator("#id_m-q2-a").fill("90 / 100 / 100")
    expect(page.locator("[data-total=a]")).to_contain_text("100.0")
    expect(page.locator("[data-total=a]")).to_contain_text("Leads")
    page.get_by_role("button", name="Save and rank").click()
    expect(page.locator("#ranking tbody tr").first).to_contain_text("100.0")


def test_a_condition_is_replayed_while_it_is_written(at, draft):
    page = at(f"/decisions/{draft.reference}/edit/criteria/?item=a1")
    replay = page.locator(".replay").first
    expect(replay).to_contain_text("It would not have fired")
    page.get_by_label("Bound", exact=True).fill("5")
    expect(replay).to_contain_text("It would have fired")
    expect(replay.locator("svg").first).to_be_visible()
    page.get_by_label("What breaks it").first.select_option("below")
    page.get_by_label("Bound", exact=True).fill("3")
    expect(replay).to_contain_text("is below 3 %")
    expect(page.get_by_label("Bound", exact=True)).to_have_value("3")


TYPE_THREE = """(moment) => document.addEventListener(moment, () => setTimeout(() => {
    const field = document.querySelector("[name='conditions-0-bound']");
    field.value = "3";
    field.dispatchEvent(new Event("input", { bubbles: true }));
}, 0), { once: true })"""


@pytest.mark.parametrize("moment", ["htmx:beforeSend", "htmx:afterSwap"])
def test_what_is_typed_while_a_condition_is_drawn_anew_stays(page, at, draft, moment):
    with page.expect_response("**/replay/**"):  # else drawing anew gives that request up, and the console says so
        at(f"/decisions/{draft.reference}/edit/criteria/?item=a1")
    page.evaluate(TYPE_THREE, moment)
    page.get_by_label("What breaks it").first.select_option("below")
    expect(page.locator(".replay").first).to_contain_text("is below 3 %")
    expect(page.get_by_label("Bound", exact=True)).to_have_value("3")
    expect(page.locator("[data-save-state]")).to_have_text(re.compile(r"^Saved"))
    expect(page.locator(".htmx-request")).to_have_count(0)
    assert stored(draft, "criteria").assumptions[0].conditions[0].bound == 3


@pytest.mark.looks
@pytest.mark.parametrize("width", [1280, 390])
def test_every_editing_page_is_accessible_and_fits(at, draft, axe, width):
    base = f"/decisions/{draft.reference}"
    paths = ["/", "/edit/frame/", "/edit/background/", "/edit/metrics/", "/edit/options/", "/edit/options/?item=a"]
    paths += ["/edit/impacts/", "/edit/costs/", "/edit/risks/", "/edit/risks/?item=s1", "/edit/criteria/"]
    paths += [
        "/edit/criteria/?item=a1",
        "/edit/recommendation/",
        "/edit/schedule/",
        "/options/",
        "/assumptions/",
        "/people/",
    ]
    for path in paths:
        page = at(base + path)
        page.set_viewport_size({"width": width, "height": 900})
        axe(page)
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), path
