"""The shell and its components in a real browser: seen by everybody, led by the keyboard, safe without scripts."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from approvals.models import User
from tests.browser import guide
from tests.factories.approvals import PASSWORD, owner

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TEMPLATES = Path(__file__).parent / "templates"


@pytest.fixture(autouse=True)
def _guide(settings: Any) -> None:  # pytest-django's own fixture, put back afterwards
    """Add the guide's addresses and its template."""
    settings.ROOT_URLCONF = "tests.browser.guide"
    settings.TEMPLATES = [settings.TEMPLATES[0] | {"DIRS": [*settings.TEMPLATES[0]["DIRS"], TEMPLATES]}]
    guide.saves.clear()


@pytest.fixture
def person(page: Page, client: Client, live_server: Any) -> User:
    """An owner who has signed in."""
    user = owner(username="ora", first_name="Ora", last_name="Owner")
    client.force_login(user)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
    return user


@pytest.fixture
def shown(page: Page, person: User, live_server: Any) -> Page:
    """The guide, opened by an owner."""
    page.goto(f"{live_server.url}/guide/")
    return page


def no_sideways_scroll(page: Page) -> bool:
    return bool(page.evaluate("() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_every_component_is_accessible_and_fits(shown: Page, axe: Any, scheme: Any, width: int) -> None:
    shown.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    shown.set_viewport_size({"width": width, "height": 900})
    for query in ("", "?bad=1"):
        shown.goto(shown.url.partition("?")[0] + query)
        axe(shown)
        assert no_sideways_scroll(shown)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_sign_in_is_accessible_and_says_what_went_wrong(
    page: Page, live_server: Any, axe: Any, scheme: Any, width: int
) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{live_server.url}/accounts/login/")
    axe(page)
    page.get_by_label("Username").fill("nobody")
    page.get_by_label("Password", exact=True).fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page).to_have_title("Error: Sign in · Premise")
    expect(page.get_by_label("Username")).to_have_value("nobody")
    axe(page)
    assert no_sideways_scroll(page)


@pytest.mark.parametrize(
    "address", ["password/change/", "2fa/", "2fa/totp/activate/", "2fa/webauthn/add/", "logout/", "reauthenticate/"]
)
def test_account_pages_stand_in_the_shell(page: Page, person: User, live_server: Any, axe: Any, address: str) -> None:
    page.goto(f"{live_server.url}/accounts/{address}")
    expect(page.locator("h1")).to_have_count(1)
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    axe(page)


def test_the_first_tab_skips_to_the_content(shown: Page) -> None:
    shown.keyboard.press("Tab")
    skip = shown.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    shown.keyboard.press("Enter")
    expect(shown.locator("main")).to_be_focused()


def test_shortcuts_search_help_and_go(shown: Page) -> None:
    shown.keyboard.press("/")
    expect(shown.get_by_role("searchbox", name="Search decisions, metrics, people")).to_be_focused()
    shown.locator("h1").click()
    shown.keyboard.press("?")
    expect(shown.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    shown.keyboard.press("Escape")
    shown.keyboard.press("Control+k")
    box = shown.get_by_role("combobox", name="Go to a page, or search")
    expect(box).to_be_focused()
    box.fill("metr")
    expect(shown.locator("#palette").get_by_role("option", selected=True)).to_have_text("Metrics")
    shown.keyboard.press("Enter")
    shown.wait_for_url("**/metrics/")


def test_shortcuts_can_be_switched_off(page: Page, person: User, live_server: Any) -> None:
    person.shortcuts = False
    person.save()
    page.goto(f"{live_server.url}/guide/")
    page.keyboard.press("Control+k")
    page.keyboard.press("?")
    page.keyboard.press("/")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("searchbox", name="Search decisions")).not_to_be_focused()


def test_the_chosen_theme_wins_over_the_device(page: Page, person: User, live_server: Any) -> None:
    person.theme = User.Theme.DARK
    person.save()
    page.emulate_media(color_scheme="light")
    page.goto(f"{live_server.url}/guide/")
    assert page.evaluate("() => getComputedStyle(document.documentElement).backgroundColor") == "rgb(16, 22, 27)"


def test_typing_saves_by_itself_and_says_so(shown: Page) -> None:
    state = shown.locator("[data-save-state]")
    shown.get_by_label("Note").fill("A first thought")
    expect(state).to_have_text("Not saved yet")
    expect(state).to_have_text("Saved as 4")
    expect(shown.locator("input[name=version]")).to_have_value("4")
    shown.get_by_label("Note").fill("A second thought")
    expect(state).to_have_text("Saved as 5")
    assert [(sent["note"], sent["version"], sent["autosave"]) for sent in guide.saves] == [
        ("A first thought", "3", "1"),
        ("A second thought", "4", "1"),
    ]


def test_a_conflict_is_shown_and_stops_saving(shown: Page, complaints: Any) -> None:
    shown.get_by_label("Note").fill("conflict")
    expect(shown.get_by_text("Saved by somebody else at 14:05.")).to_be_focused()
    expect(shown.locator("[data-save-state]")).to_have_text("Not saved: see above")
    shown.get_by_label("Note").fill("more")
    shown.wait_for_timeout(1600)
    assert len(guide.saves) == 1
    complaints.expect("409")


def test_a_mistake_is_shown_and_saved_once_mended(shown: Page, complaints: Any) -> None:
    shown.get_by_label("Note").fill("wrong")
    expect(shown.get_by_text("Mend the note.")).to_be_visible()
    shown.get_by_label("Note").fill("right")
    expect(shown.locator("[data-save-state]")).to_have_text("Saved as 4")
    expect(shown.get_by_text("Mend the note.")).to_have_count(0)
    complaints.expect("422")


def test_leaving_with_unsaved_words_asks_first(shown: Page) -> None:
    asked = []
    shown.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    shown.get_by_label("Note").press_sequentially("word")
    shown.close(run_before_unload=True)
    shown.wait_for_timeout(300)
    assert asked == ["beforeunload"]


def test_totals_follow_the_scores(shown: Page) -> None:
    totals = shown.locator("[data-total]")
    shown.get_by_label("Cost: A").fill("100")
    expect(totals.first).to_contain_text("96.0")
    expect(totals.first).to_contain_text("Leads")
    expect(totals.last).to_have_text("68.0")
    shown.get_by_label("Cost: A").fill("10 / 20,5 / 30")
    expect(totals.first).to_have_text("48.3")
    shown.get_by_label("Cost: A").fill("")
    expect(totals.first).to_have_text("—")
    shown.get_by_label("Weight of Cost").fill("160")
    expect(shown.locator("[data-weight-sum]")).to_have_text("200")


def test_a_phone_shows_one_option_at_a_time(shown: Page) -> None:
    shown.set_viewport_size({"width": 390, "height": 900})
    expect(shown.get_by_label("Cost: A")).to_be_visible()
    expect(shown.get_by_label("Cost: B")).to_be_hidden()
    shown.get_by_label("Option").select_option("b")
    expect(shown.get_by_label("Cost: B")).to_be_visible()


def test_rows_are_added_and_dimmed(shown: Page) -> None:
    rows = shown.locator("[data-row]")
    expect(rows).to_have_count(2)
    shown.get_by_role("button", name="Add criterion").click()
    expect(rows).to_have_count(3)
    expect(rows.last.get_by_label("Name")).to_be_focused()
    expect(rows.last.get_by_label("Name")).to_have_attribute("name", "form-2-name")
    expect(shown.locator("[name=form-TOTAL_FORMS]")).to_have_value("3")
    rows.first.get_by_label("Remove this criterion").check()
    expect(rows.first).to_have_class("formset-row removed")


def test_a_grave_step_asks_first(shown: Page) -> None:
    stop = shown.get_by_role("button", name="Stop").first
    stop.click()
    dialog = shown.get_by_role("dialog")
    expect(dialog).to_contain_text("Stop this decision? It is final.")
    dialog.get_by_role("button", name="Cancel").click()
    expect(stop).to_be_focused()
    assert shown.url.endswith("/guide/")
    stop.click()
    dialog.get_by_role("button", name="Stop").click()
    shown.wait_for_url("**/guide/done/")


def test_an_error_summary_leads_to_its_field(shown: Page) -> None:
    shown.goto(f"{shown.url}?bad=1")
    expect(shown).to_have_title("Error: Guide · Premise")
    alert = shown.get_by_role("alert")
    expect(alert).to_be_focused()
    alert.get_by_role("link", name="Break when above").click()
    field = shown.get_by_label("Break when above")
    expect(field).to_be_focused()
    expect(field).to_have_value("NaN")
    expect(field).to_have_accessible_description("For example 66.0 Error: Enter a number, for example 12.5.")
    alert.get_by_role("link", name="Your verdict").click()
    expect(shown.get_by_label("Approve and sign")).to_be_focused()


def test_a_refusal_appears_in_place_and_takes_the_focus(shown: Page, complaints: Any) -> None:
    shown.get_by_role("button", name="Submit for review").click()
    alert = shown.locator("#answer").get_by_role("alert")
    expect(alert).to_be_focused()
    expect(alert.get_by_role("link", name="Compare at least 3 options; there are 2.")).to_be_visible()
    complaints.expect("409")


def test_everything_needed_works_without_scripts(shown: Page, browser: Browser, live_server: Any) -> None:
    context = browser.new_context(java_script_enabled=False, storage_state=shown.context.storage_state())
    page = context.new_page()
    page.goto(f"{live_server.url}/guide/")
    expect(page.get_by_role("navigation", name="Main").get_by_role("link", name="Metrics")).to_be_visible()
    expect(page.get_by_role("img", name="Resolution rate").first).to_be_visible()
    expect(page.get_by_role("button", name="Add criterion")).to_be_hidden()
    expect(page.locator("[data-row]")).to_have_count(2)
    page.get_by_role("button", name="Ora Owner").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Stop").first.click()
    page.wait_for_url("**/guide/done/")
    context.close()


def test_nothing_comes_from_elsewhere(page: Page, person: User, live_server: Any) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{live_server.url}/guide/", wait_until="networkidle")
    assert len(asked) > 5
    assert [url for url in asked if not url.startswith((live_server.url, "data:"))] == []


def test_signing_in_says_nothing_that_the_page_does_not(sign_in: Any, page: Page, live_server: Any) -> None:
    owner(username="ora")
    sign_in("ora", PASSWORD)
    expect(page.get_by_role("status")).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_signing_out_takes_two_clicks(shown: Page, live_server: Any) -> None:
    shown.get_by_role("button", name="Ora Owner").click()
    shown.get_by_role("button", name="Sign out").click()
    shown.goto(f"{live_server.url}/accounts/login/")
    expect(shown.get_by_role("heading", name="Sign in")).to_be_visible()
