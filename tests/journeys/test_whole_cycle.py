"""The whole cycle as five people live it, in a browser, against the real worker."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from playwright.sync_api import Locator, Page, expect
from pypdf import PdfReader

from decisions.demo.people import PASSWORD
from tests.background import Process
from tests.journeys.writing import ASSUMPTION, Writer, last_week

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TITLE = "Who grants exceptions in support"


@pytest.fixture
def demo(celery_worker_process: Process) -> None:
    """What `make run` shows on its first start."""
    call_command("demo", stdout=StringIO(), stderr=StringIO())


@pytest.fixture
def become(page: Page, sign_in: Callable[..., None]) -> Iterator[Callable[[str], None]]:
    """Sign out, and in as somebody else."""

    def change(username: str) -> None:
        page.context.clear_cookies()
        sign_in(username, PASSWORD)

    return change


def test_a_decision_from_an_empty_page_to_its_record(
    demo: None, become: Callable[[str], None], page: Page, live_server: Any, tmp_path: Path
) -> None:
    become("owner")
    agree = partial(agree_as_contributor, page, become)
    writer = Writer(page, live_server.url, owner="Demo owner", agree=agree)
    writer.begin(TITLE)
    writer.write_everything()
    writer.submit()
    for approver in ("approver1", "approver2"):
        become(approver)
        sign(page)
    become("steward")
    enter_a_breaking_value(page, live_server.url)
    become("owner")
    answer(page)
    become("auditor")
    read_the_record(page, live_server.url, writer.reference, tmp_path)


def agree_as_contributor(page: Page, become: Callable[[str], None], url: str) -> None:
    """Find in the inbox what was asked, agree to it, and give the keyboard back."""
    become("contributor")
    waiting(page, "To agree").click()
    page.goto(url)
    page.get_by_role("button", name="I agree to this framing").click()
    become("owner")
    page.goto(url)


def waiting(page: Page, tag: str) -> Locator:
    """Return the link to what waits in the inbox, and not to a notice about it."""
    return page.get_by_role("listitem").filter(has_text=tag).get_by_role("link", name=TITLE)


def sign(page: Page) -> None:
    """Find what waits, read it, put a signature under it."""
    page.get_by_role("link", name="Approvals").first.click()
    page.get_by_role("link", name=TITLE).first.click()
    page.locator("[name=verdict][value=approve]").check()
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.get_by_text("You are counted")).to_be_visible()


def enter_a_breaking_value(page: Page, root: str) -> None:
    """Correct the newest settled week to a value under the bound."""
    page.goto(f"{root}/metrics/support_resolution_rate/")
    page.get_by_role("link", name="Record value").click()
    page.get_by_label("Any day of the period").fill(last_week())
    page.get_by_label("Value (%)").fill("61.5")
    page.get_by_label("Reason, when it corrects a value").fill("Reopened cases had been counted as settled.")
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.get_by_text("61.5").first).to_be_visible()


def answer(page: Page) -> None:
    """Find the re-evaluation in the inbox, acknowledge it, invoke the fallback that was approved."""
    link = waiting(page, "To answer")
    for _ in range(20):
        if link.count():
            break
        page.wait_for_timeout(500)
        page.reload()
    link.click()
    for words in ("61.5", ASSUMPTION, "The board takes the hard cases back for a month."):
        expect(page.get_by_text(words).first).to_be_visible()
    page.get_by_role("button", name="Acknowledge").click()
    page.get_by_label("Invoke fallback").check()
    page.get_by_label("Why", exact=True).fill("The region that fell behind is known.")
    page.get_by_label("Evidence", exact=True).fill("Minutes of the support round.")
    page.get_by_role("button", name="Answer", exact=True).click()
    expect(page.get_by_text("In force").first).to_be_visible()


def read_the_record(page: Page, root: str, reference: str, folder: Path) -> None:
    """Export the PDF and find the same story in it; verify it."""
    page.goto(f"{root}/decisions/{reference}/")
    # Drawing a record takes seconds, and a download never ends the navigation that began it.
    with page.expect_download(timeout=60_000) as download:
        page.get_by_role("link", name="Record, PDF").click(no_wait_after=True)
    path = folder / "record.pdf"
    download.value.save_as(path)
    reader = PdfReader(BytesIO(path.read_bytes()))
    text = " ".join("".join(page.extract_text() for page in reader.pages).split())
    for words in (
        TITLE,
        "Team leads decide",
        "Demo approver 1",
        "Demo approver 2",
        "The region that fell behind is known.",
        "61.5",
    ):
        assert words in text, words
    record = json.loads(reader.attachments["record.json"][0])
    assert record["dossier"]["recommendation"]["rationale"] == "The fastest that can still be taken back."
    call_command("verify_record", str(path), stdout=StringIO(), stderr=StringIO())
    call_command("verify_ledger", stdout=StringIO(), stderr=StringIO())
