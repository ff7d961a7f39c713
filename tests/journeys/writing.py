"""A newcomer at the keyboard: writes the case of B0685 from an empty page, led by nothing but the screens.

A business unit missed release windows because meetings restarted from their assumptions every month; the case is about
who grants exceptions, measured by the support resolution rate, between governance and frontline autonomy.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect

from tests.factories.metrics import weeks_ago

TODAY = datetime.now(UTC).date()
SOON = TODAY + timedelta(days=90)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is typed about one option; triples are low, likely, high."""

    complexity: int
    position: int
    cost: tuple[int, int, int]
    impact: tuple[int, int, int]
    scores: tuple[int, int]


OPTIONS = {
    "Keep the exception board": Facts(complexity=1, position=10, cost=(5, 8, 12), impact=(0, 1, 2), scores=(40, 80)),
    "Team leads decide": Facts(complexity=3, position=60, cost=(20, 30, 45), impact=(2, 4, 6), scores=(75, 60)),
    "Agents decide": Facts(complexity=4, position=80, cost=(30, 50, 90), impact=(1, 5, 9), scores=(70, 30)),
}
CHOSEN = "Team leads decide"
CRITERIA = {"Speed for the customer": "60", "Ease of going back": "40"}
PROSE = {
    "Constraints": "People are tired of change: one new rule a quarter, no new tool, nobody hired before summer.",
    "Current bottlenecks": "Every exception waits for the board of Thursday; half of them are simple.",
}
ASSUMPTION = "Team leads settle at least seven cases in ten within a week."
METRIC = "Support resolution rate"


@dataclass
class Writer:
    """Somebody who writes one decision; `reference` is known once the draft has begun.

    `agree` has the framing agreed by whoever was asked, and comes back as the owner.
    """

    page: Page
    root: str
    owner: str
    agree: Callable[[str], None]
    reference: str = ""

    def begin(self, title: str) -> None:
        """Start a draft."""
        self.page.get_by_role("link", name="New decision").first.click()
        self._fill({"What is to be decided?": title})
        self.page.get_by_role("button", name="Begin the draft").click()
        self.page.wait_for_url("**/decisions/D-*/**")
        self.reference = self.page.url.split("/decisions/")[1].split("/")[0]

    def write_everything(self) -> None:
        """Fill the frame and all eleven sections."""
        self._frame()
        self._background()
        self._metrics()
        for section, text in PROSE.items():
            self._open(section)
            self._fill({"Text": text})
            self._save()
        self._options()
        self._tables()
        self._criteria()
        self._framing()
        self._scores()
        self._assumption()
        self._risks()
        self._recommendation_and_schedule()

    def submit(self) -> None:
        """Send the decision for approval; saving the last section has led to its page."""
        expect(self.page.get_by_text("Ready to be submitted")).to_be_visible()
        self.page.get_by_role("button", name="Submit for approval").click()
        expect(self.page.get_by_text("Submitted for approval.")).to_be_visible()

    def _open(self, title: str) -> None:
        """Go where the task list says, from wherever one is."""
        sections = self.page.get_by_role("navigation", name="Sections")
        sections.get_by_role("link", name=re.compile(rf"^(\d+\. )?{re.escape(title)}")).click()
        self.page.wait_for_load_state()

    def _fill(self, words: dict[str, str]) -> None:
        for label, text in words.items():
            self.page.get_by_label(label, exact=True).first.fill(text)

    def _choose(self, label: str, text: str) -> None:
        self.page.get_by_label(label, exact=True).first.select_option(label=text)

    def _another(self, button: str, field: str) -> None:
        """Ask for one more row, unless there is an empty one."""
        if not self.page.locator(field).count():
            self.page.get_by_role("button", name=button).click()

    def _source(self) -> None:
        """Say where it comes from, as every section and every claim must."""
        words = {
            "title": "Minutes of the framing meeting",
            "reference": "https://example.org/minutes",
            "retrieved_on": TODAY.isoformat(),
            "refresh_on": SOON.isoformat(),
        }
        for name, text in words.items():
            self.page.locator(f"[name=evidence-0-{name}]").fill(text)

    def _save(self, button: str = "Save and continue") -> None:
        """Give the section its provenance where it asks for it, then save; nothing may be refused."""
        if self.page.get_by_label("Assumption owner", exact=True).count():
            self._choose("Assumption owner", self.owner)
            self._fill({"Refresh the data by": SOON.isoformat()})
            self._source()
        before = self.page.url
        self.page.get_by_role("button", name=button, exact=True).click()
        self.page.wait_for_url(lambda url: url != before)

    def _frame(self) -> None:
        self._open("Title, people and reach")
        self._choose("Owner of last resort", "Demo contributor")
        self._save()

    def _background(self) -> None:
        self._open("Background and objective")
        self._fill(
            {
                "Background": "Two releases missed their window: each meeting began again from its assumptions.",
                "Objective": "Decide nine exceptions in ten within a week, and keep what was decided.",
                "Success criteria": "The resolution rate stays above its target for a quarter.",
                "In scope": "Exceptions for paying customers.",
                "Out of scope": "Prices and contracts.",
                "Horizon in months": "6",
                "Trade-off: first pole": "Governance",
                "Trade-off: second pole": "Frontline autonomy",
                "Agreed stance, 0 to 100": "60",
                "Why this stance": "Agreed before anything was scored.",
            }
        )
        self._save()

    def _metrics(self) -> None:
        self._open("Success metrics")
        first = self.page.locator("[name=success_metrics-0-metric]")
        first.select_option(value="support_resolution_rate")
        self._fill({"Baseline": "78", "Target": "85", "What must not happen": "Nobody works nights."})
        self._save()

    def _options(self) -> None:
        for name, facts in OPTIONS.items():
            self._open("Option details")
            self.page.get_by_role("button", name="Add an option").click()
            self.page.wait_for_url("**item=*")
            self._fill(
                {
                    "Name": name,
                    "Summary": f"{name}: how it would work.",
                    "Resources": "Six people for a month.",
                    "Complexity, 1 to 5": str(facts.complexity),
                    "Why this complexity": "Judged by those who would do it.",
                    "Position on the trade-off, 0 to 100": str(facts.position),
                    "Why this position": "Who decides follows from it.",
                    "Quantitative signal": "Cases settled in a week",
                    "Bound of the signal": "85",
                    "Risk indicator": "Complaints in a week",
                    "Bound of the indicator": "20",
                }
            )
            self._source()
            self._save("Save and go back")
        self._save()

    def _tables(self) -> None:
        """Impacts and costs: a row per option, low / likely / high."""
        self._open("Expected impact and side effects")
        for name, facts in OPTIONS.items():
            self._estimate(f"{name}, {METRIC}: ", facts.impact)
        for row, name in enumerate(OPTIONS):
            self._another("Add a side effect", f"[name=side_effects-{row}-text]")
            self.page.locator(f"[name=side_effects-{row}-option]").select_option(label=name)
            self.page.locator(f"[name=side_effects-{row}-text]").fill("Teams compare themselves.")
        self._save()
        self._open("Cost and execution effort")
        for name, facts in OPTIONS.items():
            self._estimate(f"{name}: Cost, ", tuple(1000 * figure for figure in facts.cost))
            self._estimate(f"{name}: Person-days, ", facts.cost)
        self._save()

    def _estimate(self, label: str, figures: tuple[int, ...]) -> None:
        low, likely, high = ("low", "likely", "high") if label.endswith(", ") else ("Low", "Likely", "High")
        for word, figure in zip((low, likely, high), figures, strict=True):
            self.page.get_by_label(f"{label}{word}", exact=True).fill(str(figure))

    def _criteria(self) -> None:
        self._open("Decision criteria and thresholds")
        for row, (name, weight) in enumerate(CRITERIA.items()):
            self._another("Add a criterion", f"[name=criteria-{row}-name]")
            self.page.locator(f"[name=criteria-{row}-name]").fill(name)
            self.page.locator(f"[name=criteria-{row}-weight]").fill(weight)
        self._save()

    def _framing(self) -> None:
        """Have the framing agreed before anything is scored: by the owner, and by somebody who was asked."""
        self._open("Agreement on the framing")
        self.page.get_by_label("Demo contributor").check()
        self.page.get_by_role("button", name="Ask them to agree").click()
        self.page.get_by_role("button", name="I agree to this framing").click()
        page = self.page.url
        self.agree(page)
        expect(self.page.get_by_text("Not agreed yet")).to_have_count(0)

    def _scores(self) -> None:
        """Bring the scores from the spreadsheet in which the team kept them."""
        self._open("Scores")
        self.page.get_by_role("link", name="Paste a table").click()
        head = ["", *CRITERIA]
        rows = [[name, *map(str, facts.scores)] for name, facts in OPTIONS.items()]
        self.page.get_by_label("Table", exact=True).fill("\n".join("\t".join(row) for row in [head, *rows]))
        self.page.get_by_role("button", name="Look at it first").click()
        self.page.get_by_role("button", name="Fill 6 cells").click()
        expect(self.page.get_by_role("row", name=f"{CHOSEN} Leads").first).to_be_visible()

    def _assumption(self) -> None:
        self._open("Assumptions")
        self.page.get_by_role("button", name="Add an assumption").click()
        self.page.wait_for_url("**item=*")
        self._fill({"Assumption": ASSUMPTION, "Probability in percent": "80"})
        self._choose("Owner", self.owner)
        self._fill({"Refresh the evidence by": SOON.isoformat()})
        self.page.locator("[name=conditions-0-metric]").select_option(value="support_resolution_rate")
        self.page.locator("[name=conditions-0-kind]").select_option(value="below")
        self.page.locator("[name=conditions-0-bound]").fill("70")
        self._source()
        self._save("Save and go back")

    def _risks(self) -> None:
        self._open("Risks and mitigations")
        for row, name in enumerate(OPTIONS):
            self._another("Add a risk", f"[name=risks-{row}-text]")
            self.page.locator(f"[name=risks-{row}-option]").select_option(label=name)
            self.page.locator(f"[name=risks-{row}-text]").fill("Knowledge gets lost on the way.")
            self.page.locator(f"[name=risks-{row}-mitigation]").fill("Two people on every case.")
        self.page.get_by_role("button", name="Add a scenario").click()
        self.page.wait_for_url("**item=*")
        self._fill(
            {
                "What happens": "People are too tired of change to learn the rule.",
                "Fallback action": "The board takes the hard cases back for a month.",
                "Stop condition": "Below seventy for a month.",
                "Handoff": "The board's chair takes the queue over.",
                "Hours to wait": "24",
            }
        )
        self._choose("Owner of the fallback", "Demo contributor")
        self._choose("Person", "Demo approver 1")
        self.page.get_by_label(ASSUMPTION).check()
        self._save("Save and go back")
        self._save()

    def _recommendation_and_schedule(self) -> None:
        self._open("Recommended option and owner")
        self._choose("Recommended option", CHOSEN)
        self._choose("Owner of the execution", self.owner)
        self._fill({"Why this one": "The fastest that can still be taken back."})
        self._save()
        self._open("Execution schedule and review plan")
        self._fill({"How it is carried out": "One team at a time, every fortnight.", "Review every … days": "60"})
        self._fill({"First review on": (TODAY + timedelta(days=60)).isoformat()})
        self._fill({"Commitment": "Train the team leads of the first two teams.", "Due on": SOON.isoformat()})
        self._choose("Owner", self.owner)
        self._save()


def last_week() -> str:
    """Return a day of the newest settled week."""
    return weeks_ago(1).isoformat()
