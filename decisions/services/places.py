"""Where things of a decision are on the screen, for the links that reasons and notices carry."""

from django.urls import NoReverseMatch, reverse

from config.kit.refusals import Reason
from decisions.domain.obstacles import Obstacle
from decisions.models import Decision, Reevaluation

_ON_OPTIONS_PAGE = ("criterion-", "score-", "criteria")
_ON_ASSUMPTIONS_PAGE = ("assumption-", "condition-", "assumptions")


def decision_url(reference: str) -> str:
    """Return the address of a decision."""
    return _address("decision", reference)


def reevaluation_url(reevaluation: Reevaluation) -> str:
    """Return the address of a re-evaluation."""
    return _address("reevaluation", reevaluation.pk)


def reason(decision: Decision, obstacle: Obstacle) -> Reason:
    """Return an obstacle as a reason with the address of its place."""
    return Reason(obstacle.sentence, obstacle_url(decision.reference, obstacle))


def obstacle_url(reference: str, obstacle: Obstacle) -> str:
    """Return the page and the place on it where an obstacle is cleared."""
    if obstacle.section == "criteria" and obstacle.anchor.startswith(_ON_OPTIONS_PAGE):
        page = _address("decision_options", reference)
    elif obstacle.section == "criteria" and obstacle.anchor.startswith(_ON_ASSUMPTIONS_PAGE):
        page = _address("decision_assumptions", reference)
    else:
        page = _address("decision_edit", reference, obstacle.section)
    return f"{page}#{obstacle.anchor}" if page and obstacle.anchor else page


def _address(name: str, *args: object) -> str:
    """Return an address, or none where the program runs without these pages."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""
