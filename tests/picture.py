"""Take README's picture from a running demo: `make run` in one terminal, `make picture` in another."""

import os
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browsing import QUIET, chromium

PICTURE = Path(__file__).resolve().parent.parent / ".readme" / "decision.png"
ROOT = f"http://127.0.0.1:{os.environ.get('PORT', '8000')}"


def take() -> None:
    """Sign in as the owner, open what waits first in the inbox, a re-evaluation, keep what the window shows."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=QUIET)
        page = browser.new_page(viewport={"width": 1280, "height": 860}, color_scheme="light")
        page.goto(f"{ROOT}/accounts/login/")
        page.get_by_label("Username").fill("owner")
        page.get_by_label("Password", exact=True).fill("premise-demo")
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("main").get_by_role("link", name="D-").first.click()
        page.wait_for_load_state("networkidle")
        PICTURE.parent.mkdir(exist_ok=True)
        page.screenshot(path=PICTURE)
        browser.close()
    sys.stderr.write(f"Wrote {PICTURE}.\n")


if __name__ == "__main__":
    take()
