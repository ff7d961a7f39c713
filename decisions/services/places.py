"""Where things of a decision are on the screen, for the links that reasons and notices carry."""

from django.urls import NoReverseMatch, reverse

from config.kit.refusals import Reason
from decisions.domain.obstacles import Obstacle
from decisions.models import Decision, Reevaluation

_LISTS = {
    "evidence",
    "success_metrics",
    "guardrails",
    "criteria",
    "commitments",
    "options",
    "scenarios",
    "risks",
    "provenance",
}
# Things that are edited on a page of their own: (what the anchor names, section).
_ITEMS = {("option", "options"), ("scenario", "risks"), ("assumption", "criteria")}


def decision_url(reference: str) -> str:
    """Return the address of a decision."""
    return _address("decision", reference)


def framing_url(reference: str) -> str:
    """Return the page on which people agree to the framing."""
    return _address("decision_framing", reference)


def evidence_url(reference: str) -> str:
    """Return the register of a decision's evidence."""
    return _address("decision_evidence", reference)


def reevaluation_url(reevaluation: Reevaluation) -> str:
    """Return the address of a re-evaluation."""
    return _address("reevaluation", reevaluation.pk)


def given_up_url() -> str:
    """Return where signals that were given up are shown."""
    return _address("signal_list")


def comment_url(reference: str, comment: int) -> str:
    """Return where a comment on a decision is read."""
    return f"{_address('decision_comments', reference)}?show=all#comment-{comment}"


def review_url(review: int) -> str:
    """Return the address of a review."""
    return _address("review", review)


def reason(decision: Decision, obstacle: Obstacle) -> Reason:
    """Return an obstacle as a reason with the address of its place."""
    return Reason(obstacle.sentence, obstacle_url(decision.reference, obstacle))


def obstacle_url(reference: str, obstacle: Obstacle) -> str:
    """Return the page and the place on it where an obstacle is cleared: of an item, a list, a row or a field."""
    noun, _, identifier = obstacle.anchor.partition("-")
    if noun == "framing":
        return f"{framing_url(reference)}{'#' if identifier else ''}{identifier}"
    if noun == "piece":
        return _address("decision_piece", reference, identifier)
    if noun == "score":
        return f"{_address('decision_options', reference)}#id_m-{identifier}"
    if noun == "assumptions":
        return _address("decision_assumptions", reference)
    page = _address("decision_edit", reference, obstacle.section)
    if noun == "condition":
        assumption, _, condition = identifier.rpartition("-")
        return f"{page}?item={assumption}#condition-{condition}"
    if (noun, obstacle.section) in _ITEMS and identifier:
        return f"{page}?item={identifier}"
    only = f"?only={identifier.partition('-')[0]}" if noun == "impact" else ""
    return f"{page}{only}#{_fragment(obstacle.anchor)}"


def _fragment(anchor: str) -> str:
    """Return the id on the section's page."""
    if anchor in {"assumption_owner", "refresh_on"}:
        return f"id_p-{anchor}"
    if anchor == "trade_off":
        return "id_f-trade_off__first_pole"
    if anchor.startswith("risks-"):
        return "risks"
    if anchor.startswith("side_effect-"):
        return "side_effects"
    return anchor if anchor in _LISTS or "-" in anchor else f"id_f-{anchor}"


def _address(name: str, *args: object) -> str:
    """Return an address, or none where the program runs without these pages."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""
