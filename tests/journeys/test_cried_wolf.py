"""A condition that would have cried wolf is tightened before it is signed, and calls back once, on the right day."""

from io import BytesIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from approvals.models import LedgerEntry, User
from decisions.models import Decision, Reevaluation
from decisions.services import drafting, moves
from metrics.models import Metric
from tests.factories import decisions as make
from tests.factories import metrics
from tests.factories.approvals import PASSWORD, approver, owner, steward

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]

QUIET, WOLF, BREACH = "3", "6", "8"
LAST_YEAR = [WOLF if week % 6 == 4 else QUIET if week % 2 else "3.4" for week in range(54)]
TWO_WEEKS_AGO, LAST_WEEK = 2, 1


@pytest.fixture
def people() -> dict[str, User]:
    return {"owner": owner(username="ona"), "steward": steward(username="stew"), "approver": approver(username="ann")}


@pytest.fixture
def backlog(people: dict[str, User]) -> Metric:
    """A year in which the backlog jumped nine times for a week; the last two weeks are not in yet."""
    metrics.weekly(metrics.metric(key=make.RESOLUTION), [80] * 12)
    made = metrics.metric(key=make.BACKLOG, owner=people["owner"], steward=people["steward"])
    metrics.weekly(made, LAST_YEAR, until=TWO_WEEKS_AGO + 1)
    return made


def test_a_condition_that_cried_wolf_is_tightened_signed_and_calls_back_once(
    page: Page, live_server: Any, sign_in: Any, people: dict[str, User], backlog: Metric
) -> None:
    draft = make.draft(people["owner"])
    approver()
    sign_in("ona", PASSWORD)
    write_and_tighten(page, f"{live_server.url}/decisions/{draft.reference}/edit/criteria/?item=a1")
    request = moves.submit(Decision.objects.get(pk=draft.pk), by=people["owner"])
    page.context.clear_cookies()
    sign_in("ann", PASSWORD)
    read_and_sign(page, f"{live_server.url}/approvals/{request.pk}/")
    make.approve(request)
    the_record_has_the_picture(draft, people["owner"])
    page.context.clear_cookies()
    sign_in("stew", PASSWORD)
    enter(page, live_server.url, LAST_WEEK)
    assert questions(draft) == []  # the week before is missing: no two in a row
    enter(page, live_server.url, TWO_WEEKS_AGO)
    [question] = questions(draft)
    [breach] = question.breaches.all()
    assert breach.period_start.date() == metrics.weeks_ago(LAST_WEEK)  # the second week in a row
    assert (breach.value, breach.late) == (8, False)
    page.context.clear_cookies()
    sign_in("ona", PASSWORD)
    page.goto(f"{live_server.url}/reevaluations/{question.pk}/")
    expect(page.get_by_text("is above 5 % for 2 settled weeks").first).to_be_visible()


def write_and_tighten(page: Page, address: str) -> None:
    """Type a bound that cries wolf, see it on the chart, and ask for two weeks in a row instead."""
    page.goto(address)
    replay = page.locator(".replay").first
    page.get_by_label("Bound", exact=True).fill("5")
    expect(replay).to_contain_text("It would have fired 9 times in 54 settled periods")
    expect(replay.locator(".note-box")).to_contain_text("Noise alone would fire this about")
    expect(replay.locator("svg .shade").first).to_be_visible()
    page.get_by_label("Periods in a row", exact=True).fill("2")
    expect(replay).to_contain_text("when Backlog growth is above 5 % for 2 settled weeks")
    expect(replay).to_contain_text("It would not have fired in 54 settled periods.")
    expect(page.locator("[data-save-state]")).to_contain_text("Saved")
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_label("Periods in a row", exact=True)).to_have_value("2")


def read_and_sign(page: Page, address: str) -> None:
    """See what is signed: the sentence, what the replay found, its chart."""
    page.goto(f"{address}?section=criteria")
    picture = page.locator("#section-criteria .condition")
    expect(picture).to_contain_text("Breaks when Backlog growth is above 5 % for 2 settled weeks")
    expect(picture).to_contain_text("It would not have fired in 54 settled periods.")
    expect(picture.locator("svg").first).to_be_visible()
    page.locator("[name=verdict][value=approve]").check()
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.get_by_text("You are counted")).to_be_visible()


def the_record_has_the_picture(draft: Decision, reader: User) -> None:
    decision = Decision.objects.get(pk=draft.pk)
    assert decision.state == "in_force", list(LedgerEntry.objects.order_by("-seq").values_list("verb", "payload")[:4])
    kept = drafting.dossier_of(decision).criteria.assumptions[0].conditions[0].backtest
    assert (kept.fired, len(kept.points)) == (0, 54)
    client = Client()
    client.force_login(reader, backend="django.contrib.auth.backends.ModelBackend")
    pdf = b"".join(client.get(f"/decisions/{draft.reference}/record.pdf"))  # type: ignore[arg-type]
    text = " ".join("".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())
    assert "It would not have fired in 54 settled periods." in text
    assert "Replayed over 54 values" in text


def enter(page: Page, root: str, week: int) -> None:
    """Record a week's breaking value; it counts at once, and sweeps change nothing."""
    page.goto(f"{root}/metrics/{make.BACKLOG}/")
    page.get_by_role("link", name="Record value").click()
    page.get_by_label("Any day of the period").fill(metrics.weeks_ago(week).isoformat())
    page.get_by_label("Value (%)").fill(BREACH)
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.get_by_text(f"Recorded {BREACH} %")).to_be_visible()
    for _ in range(2):
        call_command("sweep")


def questions(draft: Decision) -> list[Reevaluation]:
    return list(Reevaluation.objects.filter(decision=draft))
