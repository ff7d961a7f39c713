"""Templates, reviews and lessons for tests; every argument has a sensible default."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from approvals.models import User
from decisions.domain.template import Check, template_from
from decisions.models import Decision, DecisionTemplate, Review
from decisions.services import proposing, reviews, templates
from decisions.services.reviews import Findings, Judged
from tests.factories.approvals import administrator, approver, sign

GUIDANCE = "Name four ways to go, and try each for a week."


def proposal(by: User | None = None, *checks: Check, section: str = "options", **part: Any) -> DecisionTemplate:
    """A proposed version of the usual template with a reason and one changed section, ready to be submitted."""
    by = by or administrator()
    row = proposing.begin(templates.current().key, by=by)
    row = proposing.save_head(
        row, name=row.name, note="Reviews asked for it.", offered=True, expected_version=row.version, by=by
    )
    before = template_from(row.sections).part(section)
    changed = replace(before, **{"guidance": GUIDANCE, "checks": checks} | part)
    return proposing.save_part(row, changed, expected_version=row.version, by=by)


def in_effect(*checks: Check, **part: Any) -> DecisionTemplate:
    """A version that an approver has signed."""
    signer, row = approver(), proposal(None, *checks, **part)
    sign(proposing.submit(row, by=row.created_by or administrator()), signer)
    row.refresh_from_db()
    return row


def findings(review: Review, **fields: Any) -> Findings:
    """Findings that hold the review: every assumption held, the decision is kept."""
    judged = {"a1": Judged(held=True)}
    return Findings(**{"findings": "It came as foreseen.", "verdict": "keep", "judged": judged} | fields)


def held(decision: Decision, **fields: Any) -> Review:
    """A review that the owner has held."""
    review = reviews.open_review(decision, by=decision.owner)
    return reviews.hold(review, findings(review, **fields), by=decision.owner)


def typed(_review: Review, **fields: Any) -> dict[str, Any]:
    """What a browser sends to hold a review of the sample decision."""
    return {"findings": "As foreseen.", "verdict": "keep", "held-a1": "held", "score-q1": "75"} | fields


SCORES = {"q1": Decimal(75), "q2": Decimal(70)}
