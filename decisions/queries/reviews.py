"""Reviews as pages show them: what is due and was held, one review's figures, and how well probabilities did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404

from approvals.models import User
from config.kit.canonical import parse
from config.kit.numbers import grouped
from decisions import access
from decisions.domain.calibration import Band, Calibration, Outcome, bands, calibration
from decisions.models import AssumptionOutcome, Decision, Review

AHEAD = 20
PLACES = {
    "within": ("as foreseen", "ok"),
    "below": ("below what was foreseen", "warn"),
    "above": ("above what was foreseen", "warn"),
    "unknown": ("not comparable", ""),
}
NOTHING = "—"


def seen_by(user: User) -> "QuerySet[Review]":
    """Return the reviews of decisions that the person may see."""
    return Review.objects.filter(decision__in=Decision.objects.visible_to(user)).select_related("decision__owner")


def waiting(user: User) -> Sequence[Review]:
    """Return the reviews to come of live decisions, the soonest first."""
    states = [Decision.State.IN_FORCE, Decision.State.QUESTIONED]
    return list(seen_by(user).filter(held_at__isnull=True, decision__state__in=states).order_by("due_on")[:AHEAD])


def held(user: User) -> "QuerySet[Review]":
    """Return the reviews that were held, newest first."""
    return seen_by(user).filter(held_at__isnull=False).select_related("held_by").order_by("-held_at")


def to_hold() -> Subquery:
    """Return, to annotate decisions with, the number of the review that is held next."""
    found = Review.objects.filter(decision=OuterRef("pk"), held_at__isnull=True).order_by("due_on")
    return Subquery(found.values("pk")[:1])


@dataclass(frozen=True)
class Track:
    """How well stated probabilities did: by owner, and by band of probability."""

    owners: Sequence[tuple[str, Calibration]]
    bands: Sequence[Band]
    count: int


def track_record(user: User) -> Track:
    """Return the calibration over all reviews that the person may see: one query."""
    seen = Review.objects.filter(decision__in=Decision.objects.visible_to(user))
    rows = AssumptionOutcome.objects.filter(review__in=seen).select_related("owner")
    found = [(row.owner, Outcome(row.owner.username if row.owner else "", row.probability, row.held)) for row in rows]
    names = {owner.username: str(owner) for owner, _ in found if owner is not None}
    outcomes = [outcome for _, outcome in found]
    owners = [(names.get(each.owner, "Nobody who is still here"), each) for each in calibration(outcomes)]
    return Track(owners, bands(outcomes), len(outcomes))


def open_review(user: User, identifier: int) -> Review:
    """Return a review; Http404 when the person may not see its decision."""
    wanted = ("decision__owner", "decision__closing", "held_by")
    found = seen_by(user).filter(pk=min(identifier, 2**63 - 1)).select_related(*wanted).first()
    if found is None:
        raise Http404("There is no such review.")
    return found


@dataclass
class Figures:
    """The figures of a review, held or not, as a page shows them; `data` is what is or would be frozen."""

    data: Mapping[str, Any]
    names: Mapping[str, str]

    @cached_property
    def metrics(self) -> list[dict[str, Any]]:
        """Return every success metric with words for where it came out."""
        return [self._metric(item) for item in self.data["metrics"]]

    def _metric(self, item: Mapping[str, Any]) -> dict[str, Any]:
        word, tone = PLACES[item["place"]]
        better = {True: "better than likely", False: "worse than likely", None: ""}[item["better"]]
        return {
            **item,
            "expected": _range(item["likely"], item["low"], item["high"]),
            "word": word,
            "tone": "ok" if item["better"] else tone,
            "better_word": better,
            "until": _day(item["until"]),
        }

    @cached_property
    def assumptions(self) -> list[dict[str, Any]]:
        """Return every assumption with its owner by name and its breaches."""
        words = {True: ("Held", "ok"), False: ("Broke", "bad"), None: ("Cannot be told", "")}
        told = {True: ("Its conditions broke", "bad"), False: ("Its conditions held", "ok"), None: ("Not watched", "")}
        return [
            {
                **item,
                "owner_name": self.names.get(item["owner"], item["owner"]),
                "word": words[item["held"]][0],
                "tone": words[item["held"]][1],
                "told": told[item["broke"]][0],
                "told_tone": told[item["broke"]][1],
                "breaches": [{**b, "start": _day(b["start"]), "until": _day(b["until"])} for b in item["breaches"]],
            }
            for item in self.data["assumptions"]
        ]

    @cached_property
    def commitments(self) -> list[dict[str, Any]]:
        """Return the commitments with what became of them."""
        words = {"open": "Open", "done": "Done", "dropped": "Dropped"}
        return [
            {
                **item,
                "owner_name": self.names.get(item["owner"], item["owner"]),
                "word": "Overdue" if item["state"] == "open" and item["late"] else words[item["state"]],
                "tone": "warn" if item["state"] == "open" and item["late"] else "ok" if item["state"] == "done" else "",
                "due_on": _day(item["due_on"]),
            }
            for item in self.data["commitments"]
        ]

    @property
    def rescored(self) -> Mapping[str, Any] | None:
        """Return the second ranking, if actual scores were given."""
        return self.data.get("rescored")

    @property
    def first_percent(self) -> str:
        """Return how often the chosen option still comes first, in percent."""
        return f"{Decimal(self.rescored['first']) * 100:.0f} %" if self.rescored else ""

    @property
    def elapsed(self) -> str:
        """Say how much of the horizon has passed, for estimates are for its end."""
        began, until, months = self.data["in_force_since"], self.data["until"], self.data["horizon_months"]
        if not began or not months:
            return ""
        passed = (date.fromisoformat(until) - date.fromisoformat(began[:10])).days / 30.44
        return f"{passed:.0f} of {months} months of the horizon have passed; estimates are for its end."

    @property
    def mean_brier(self) -> str:
        """Return the mean Brier score of this review's assumptions, with how many it rests on."""
        known = [Decimal(item["brier"]) for item in self.data["assumptions"] if item["brier"] is not None]
        if not known:
            return ""
        return f"{sum(known, Decimal(0)) / len(known):.2f} over {len(known)} assumption{'s' * (len(known) != 1)}"


def figures(data: Mapping[str, Any]) -> Figures:
    """Return figures with the people in them by name: one query."""
    people = {item["owner"] for item in (*data["assumptions"], *data["commitments"])}
    names = {user.username: str(user) for user in User.objects.filter(username__in=people)}
    return Figures(data, names)


def frozen(review: Review) -> Figures:
    """Return the figures of a held review from its frozen text."""
    return figures(parse(review.text))


def may_hold(user: User, review: Review) -> bool:
    """Say whether the person may hold it now."""
    live = review.decision.state in {Decision.State.IN_FORCE, Decision.State.QUESTIONED}
    return review.held_at is None and live and access.may_manage(user, review.decision)


def _range(likely: str | None, low: str | None, high: str | None) -> str:
    if likely is None:
        return NOTHING
    if low is None or high is None:
        return grouped(likely)
    return f"{grouped(likely)} ({grouped(low)} to {grouped(high)})"


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None
