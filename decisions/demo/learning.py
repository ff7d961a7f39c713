"""What the demonstration learned: a held review of the support case, and a template version shaped by two lessons."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from approvals.models import User
from approvals.services import signing
from decisions.demo.people import PASSWORD
from decisions.domain.template import Check, template_from
from decisions.models import Decision, DecisionTemplate, Lesson, Review
from decisions.services import lessons, proposing, reviews, transition
from decisions.services.reviews import Findings, Judged
from decisions.services.templates import STANDARD

GUIDANCE = {
    "options": "Try each option for a week before you score it, or say why that cannot be done.",
    "bottlenecks": "Count how many cases lie close to a limit before you set the limit.",
}
"""What the two lessons become in the template."""

SCORES = {"speed": Decimal(66), "fairness": Decimal(58), "people": Decimal(64)}
"""What the chosen option did; whether it can be taken back nobody has tried yet."""


@transaction.atomic
def learn(accounts: dict[str, User], decision: Decision, *, now: datetime) -> None:
    """Hold a review of a decision in force and let its lesson shape the template; does nothing the second time."""
    if decision.state != Decision.State.IN_FORCE or Review.objects.filter(held_at__isnull=False).exists():
        return
    owner = accounts["owner"]
    # Signatures carry the time at which they are given, which is now; a review looks at the weeks since then.
    transition.save(decision, by=None, in_force_since=now - timedelta(days=31))
    review = reviews.open_review(decision, by=owner)
    reviews.hold(review, _found(decision), by=owner, at=now)
    if not DecisionTemplate.objects.filter(key=STANDARD, number=2).exists():
        _shape(accounts)


def _found(decision: Decision) -> Findings:
    assumptions = decision.sections.get(key="criteria").content["assumptions"]
    return Findings(
        findings=(
            "The teams decide within their limit, and customers wait less. Like cases are treated **less alike** than "
            "we thought: near the limit two shifts settle the same case differently."
        ),
        verdict=Review.Verdict.KEEP,
        judged={
            item["id"]: Judged(held=True, note="Judged on the four weeks since the first team began.")
            for item in assumptions
        },
        scores=SCORES,
        lessons=(
            lessons.Raised(
                section="bottlenecks",
                text="One case in nine lies within 50 EUR of the limit; we had not counted them before we set it.",
            ),
        ),
    )


def _shape(accounts: dict[str, User]) -> None:
    """Take the lessons up into the next version, ask for what they taught, and have it signed."""
    admin = accounts["admin"]
    for lesson in Lesson.objects.waiting().filter(section__in=GUIDANCE):
        lessons.accept(lesson, by=admin, key=STANDARD, guidance=GUIDANCE[lesson.section])
    row = proposing.begin(STANDARD, by=admin)
    row = proposing.save_head(
        row,
        name=row.name,
        note="Two reviews found that options were scored before anybody had tried them, and limits set uncounted.",
        offered=True,
        expected_version=row.version,
        by=admin,
    )
    part = template_from(row.sections).part("options")
    asking = replace(part, checks=(Check(kind="each", of="options.summary"),))
    row = proposing.save_part(row, asking, expected_version=row.version, by=admin)
    request = proposing.submit(row, by=admin)
    signing.sign(
        request.pk,
        by=accounts["approver3"],
        verdict="approve",
        comment="Both lessons cost us weeks; the template should know them.",
        credential=signing.Credential(password=PASSWORD),
        digest=request.digest,
    )
