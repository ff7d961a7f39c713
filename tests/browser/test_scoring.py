"""The sensitivity strip follows the hand and says what the server says; weights and ballots are usable by everyone."""

import dataclasses

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from approvals.models import User
from decisions.services import ballots
from tests.factories import decisions as make
from tests.factories import dossiers, metrics
from tests.factories.approvals import owner
from tests.factories.dossiers import triple

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def who(db) -> User:
    return owner(first_name="Ona", last_name="Lund")


@pytest.fixture
def at(page: Page, live_server, who: User):
    """Open an address as the owner."""
    client = Client()
    client.force_login(who, backend="django.contrib.auth.backends.ModelBackend")
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )

    def go(path: str) -> Page:
        page.goto(live_server.url + path)
        return page

    return go


@pytest.fixture
def contested(who: User):
    """A draft whose leader changes with the weight of the first criterion."""
    for key in (make.RESOLUTION, make.BACKLOG):
        metrics.weekly(metrics.metric(key=key), [4 + week % 5 for week in range(30)])
    given = dossiers.dossier(who.username).criteria
    figures = {("q1", "a"): 91, ("q1", "b"): 37, ("q1", "c"): 52, ("q2", "a"): 23, ("q2", "b"): 83, ("q2", "c"): 61}
    scores = tuple(
        dataclasses.replace(score, estimate=triple(*[figures[score.criterion, score.option]] * 3))
        for score in given.scores
    )
    return make.draft(who, criteria=dataclasses.replace(given, scores=scores))


def said(page: Page) -> list[list[str]]:
    """Return rank, option and value of each row, as shown."""
    rows = page.locator("[data-standings] tbody tr")
    return [[part.strip() for part in row.inner_text().replace("Leads", "").split("\t")[:3]] for row in rows.all()]


def test_a_dragged_weight_moves_the_ranking_and_the_server_agrees(at, contested, axe):
    path = f"/decisions/{contested.reference}/options/"
    page = at(path)
    slider = page.get_by_label("Weight", exact=True)
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    leaders, shown = set(), {}
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] / 2)
    page.mouse.down()
    for place in (0.02, 0.21, 0.48, 0.77, 0.98):
        page.mouse.move(box["x"] + box["width"] * place, box["y"] + box["height"] / 2)
        shown[slider.input_value()] = said(page)
        leaders.add(shown[slider.input_value()][0][1])
    page.mouse.up()
    assert len(shown) == 5
    assert leaders == {"Option A", "Option B"}
    slider.press("Home")
    shown["0"] = said(page)
    page.get_by_label("Criterion", exact=True).select_option("Ease")
    expect(page.locator("#sensitivity output")).to_have_text("40 %, now 40.0 %")
    axe(page)
    for share, rows in shown.items():
        assert said(at(f"{path}?weigh=q1&share={share}")) == rows, share


@pytest.mark.parametrize("width", [1280, 390])
def test_weights_and_ballots_are_accessible_and_fit(at, contested, who, axe, width):
    base = f"/decisions/{contested.reference}"
    page = at(f"{base}/ballots/")
    page.set_viewport_size({"width": width, "height": 900})
    axe(page)
    ballots.ask(contested, evaluators=[who, owner()], by=who)
    for path in ("/weights/", "/ballots/", "/options/"):
        page = at(base + path)
        axe(page)
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), path


def test_ballots_are_given_and_adopted_with_names_and_spread(at, contested, who, axe):
    second = owner(first_name="Kim", last_name="Berg")
    made = ballots.ask(contested, evaluators=[who, second], by=who)
    page = at(f"/decisions/{contested.reference}/ballots/")
    for field in page.locator("form table input").all():
        field.fill("90")
    page.get_by_role("button", name="Give the ballot").click()
    expect(page.get_by_text("Your ballot is in.")).to_be_visible()
    expect(page.get_by_text("What the ballots say together")).not_to_be_visible()
    page.get_by_text("Go on without Kim Berg").click()
    page.get_by_label("Reason; it stays with the record").fill("On leave until June.")
    page.get_by_role("button", name="Release").click()
    expect(page.get_by_text("All ballots are in.")).to_be_visible()
    axe(page)
    page.get_by_role("button", name="Adopt the ballots").click()
    expect(page).to_have_url(f"{page.url.split('/decisions/')[0]}/decisions/{contested.reference}/options/")
    made.refresh_from_db()
    assert made.state == "adopted"
