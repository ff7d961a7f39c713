"""From a table in a database to a decision: a wrong value is caught, corrected, and what was known can still be asked.

The first part happens two days before the second, so that there is a day to ask about.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import Page, expect

from approvals.models import User
from decisions.models import Decision
from metrics.models import Metric, QualityIncident, QualityState
from tests.factories import decisions as make
from tests.factories import metrics
from tests.factories.approvals import PASSWORD, approver, auditor, owner, steward

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AWAY = timedelta(days=2)
NAME, UNIT = "Backlog growth", "%"
WRONG, RIGHT = "310", "3.1"
USUAL = {week: f"{3 + week * 7 % 11 / 20:.2f}" for week in range(2, 40)}
FORMULA = "open requests now / open requests a week before - 1"
STATEMENT = "SELECT week, growth FROM backlog ORDER BY week"


@contextmanager
def two_days_ago(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Live in the past for a while: server, commands and tests share the clock of this process."""
    present = timezone.now
    with monkeypatch.context() as past:
        past.setattr(timezone, "now", lambda: present() - AWAY)
        yield


@pytest.fixture
def people() -> dict[str, User]:
    return {
        "owner": owner(username="ona"),
        "steward": steward(username="stew"),
        "approver": approver(username="ann"),
        "auditor": auditor(username="aud"),
    }


@pytest.fixture
def source(settings: Any, tmp_path: Path) -> Path:
    """The database of the ticket system, as far as it is anybody else's business."""
    settings.PULL_FOLDERS = [str(tmp_path)]
    path = tmp_path / "tickets.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE backlog (week TEXT PRIMARY KEY, growth TEXT)")
        connection.commit()
    return path


def tell(source: Path, rows: dict[int, str]) -> None:
    """Have the source say what it knows: weeks ago → value."""
    weeks = [(metrics.weeks_ago(week).isoformat(), value) for week, value in rows.items()]
    with closing(sqlite3.connect(source)) as connection:
        connection.executemany("INSERT OR REPLACE INTO backlog VALUES (?, ?)", weeks)
        connection.commit()


def test_a_wrong_value_is_caught_corrected_and_still_known(
    page: Page, live_server: Any, sign_in: Any, people: dict[str, User], source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def become(name: str) -> None:
        page.context.clear_cookies()
        sign_in(people[name].username, PASSWORD)

    root = live_server.url
    with two_days_ago(monkeypatch):
        tell(source, USUAL)
        become("steward")
        address = enter_and_define(page, root)
        set_up_the_pull(page, address, source)
        become("approver")
        sign(page, root)
        decision = decide(people["owner"])
        week = metrics.weeks_ago(1)  # of that day: two days later it may be the week before last
        tell(source, {1: WRONG})
        an_hour_later()
        become("steward")
        find_it_on_the_desk(page, root, decision)
    correct_it(page, root, decision, week)
    become("auditor")
    ask_what_was_known(page, root)


def enter_and_define(page: Page, root: str) -> str:
    """Put the metric into the registry and say what it means; returns its address."""
    page.goto(f"{root}/metrics/")
    page.get_by_role("link", name="New metric").first.click()
    page.get_by_label("Name", exact=True).fill(NAME)
    page.get_by_label("Key", exact=True).fill(make.BACKLOG)
    page.get_by_label("Unit").fill(UNIT)
    page.get_by_label("Direction").select_option("lower")
    page.get_by_label("Frequency").select_option("weekly")
    page.get_by_role("button", name="Create and define").click()
    fields = {
        "meaning": "How much the queue of open requests has grown within a week.",
        "formula": FORMULA,
        "population": "Requests by customers.",
        "sources": "The ticket system.",
        "outage_fallback": "The count of the shift leads.",
        "baseline": "3",
        "target": "2",
        "tolerance_low": "0",
        "tolerance_high": "4",
    }
    for name, text in fields.items():
        page.locator(f"[name={name}]").fill(text)
    for name, who in (("owner", "ona"), ("steward", "stew")):
        page.locator(f"[name={name}]").select_option(label=who)
    page.get_by_role("button", name="Save and send for approval").click()
    expect(page.get_by_text("In review").first).to_be_visible()
    return f"{root}/metrics/{make.BACKLOG}/"


def set_up_the_pull(page: Page, address: str, source: Path) -> None:
    """Say where values come from, see what would come, and let it run."""
    page.goto(address + "pulls/")
    page.get_by_role("link", name="Set up a pull").first.click()
    page.locator("[name=name]").fill("tickets")
    page.locator("[name=target]").fill(f"sqlite:///{source.name}")
    page.locator("[name=statement]").fill(STATEMENT)
    page.locator("[name=period_column]").fill("week")
    page.locator("[name=value_column]").fill("growth")
    page.get_by_role("button", name="Set up").click()
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("38 values")).to_be_visible()
    assert not Metric.objects.get(key=make.BACKLOG).observations.exists()
    page.get_by_role("button", name="Start").click()
    call_command("sweep")
    page.reload()
    expect(page.get_by_role("row").filter(has_text="38")).to_be_visible()


def sign(page: Page, root: str) -> None:
    """Find what waits, read it, put a signature under it."""
    page.goto(f"{root}/approvals/")
    page.get_by_role("link", name=NAME).first.click()
    expect(page.get_by_text(FORMULA).first).to_be_visible()
    page.locator("[name=verdict][value=approve]").check()
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.get_by_text("You are counted")).to_be_visible()


def decide(by: User) -> Decision:
    """Take a decision that rests on the metric, with a condition on it."""
    assert Metric.objects.get(key=make.BACKLOG).state == "approved"
    metrics.weekly(metrics.metric(key=make.RESOLUTION), [80] * 12)
    return make.in_force(by)


def an_hour_later() -> None:
    """Let the hour pass after which the pull runs again, and the background do its work."""
    Metric.objects.get(key=make.BACKLOG).pulls.update(next_run_at=timezone.now())
    QualityState.objects.update(looked_at=timezone.now() - timedelta(hours=1))
    for _ in range(2):
        call_command("sweep")


def find_it_on_the_desk(page: Page, root: str, decision: Decision) -> None:
    """See on the desk that a check failed, what it found, and which decision rests on that."""
    incident = QualityIncident.objects.get(metric__key=make.BACKLOG, check_key="outliers")
    page.goto(f"{root}/metrics/desk/")
    page.locator(f"a[href='/metrics/incidents/{incident.pk}/']").first.click()
    expect(page.get_by_text(WRONG).first).to_be_visible()
    expect(page.get_by_role("link", name=decision.reference).first).to_be_visible()
    page.get_by_role("button", name="Acknowledge").click()
    decision.refresh_from_db()
    assert decision.state == "questioned"


def correct_it(page: Page, root: str, decision: Decision, week: date) -> None:
    """Look at what the right value would change, record it, and see that the trouble is over."""
    page.goto(f"{root}/metrics/{make.BACKLOG}/record/?period={week.isoformat()}")
    page.get_by_label("Any day of the period").fill(week.isoformat())
    page.get_by_label(f"Value ({UNIT})").fill(RIGHT)
    page.get_by_label("Reason, when it corrects a value").fill("The point had been lost on the way.")
    page.get_by_role("button", name="Look first").click()
    expect(page.get_by_role("link", name=decision.reference).first).to_be_visible()
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.get_by_text(f"{RIGHT} {UNIT}").first).to_be_visible()
    an_hour_later()
    decision.refresh_from_db()
    assert decision.state == "in_force"
    assert not QualityIncident.objects.filter(metric__key=make.BACKLOG, check_key="outliers", ended_at=None).exists()
    assert str(Metric.objects.get(key=make.BACKLOG).observations.current().last().value).startswith(RIGHT)


def ask_what_was_known(page: Page, root: str) -> None:
    """Ask, as an auditor, what was known on the day of the wrong value, and by which formula."""
    page.goto(f"{root}/metrics/{make.BACKLOG}/values/")
    newest = page.get_by_role("row").filter(has_text="The point had been lost on the way.")
    expect(newest).to_contain_text(RIGHT)
    page.get_by_label("As known on").fill(day(timezone.now() - AWAY))
    page.get_by_role("button", name="Look back").click()
    expect(page.get_by_text(f"Version 1 of the definition was in force: {FORMULA}")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text=WRONG)).to_be_visible()
    expect(page.get_by_text("The point had been lost")).to_have_count(0)


def day(moment: datetime) -> str:
    return moment.date().isoformat()
