"""The template that new decisions follow."""

from typing import Any

from decisions.domain.dossier import SECTIONS
from decisions.models import DecisionTemplate

NAME = "Decision template"

GUIDANCE: dict[str, str] = {
    "background": "What is to be settled, why now, and between which two poles it moves.",
    "metrics": "The registered metrics this decision will be judged by, and the lines it must not cross.",
    "constraints": "What cannot be had: money, people, time, appetite for change.",
    "bottlenecks": "Where work queues up today, with figures.",
    "options": "At least three ways to go, worked out to the same depth; one may be to change nothing.",
    "impacts": "What each option is expected to do to each success metric, and what else it does.",
    "costs": "What each option costs and how much work it is: low, likely, high.",
    "risks": "What may go wrong with each option, and which response is approved in advance.",
    "criteria": "What options are scored on, the scores, and what must stay true for the choice to stand.",
    "recommendation": "The option to take, who answers for it, and why.",
    "schedule": "Who does what by when, and when the decision is looked at again.",
}


def current() -> DecisionTemplate:
    """Return the newest template; the first one is written on first use."""
    newest = DecisionTemplate.objects.order_by("-number").first()
    if newest is not None:
        return newest
    defaults = {"name": NAME, "sections": _first_sections()}
    return DecisionTemplate.objects.get_or_create(number=1, defaults=defaults)[0]


def _first_sections() -> list[dict[str, Any]]:
    return [{"key": key, "title": title, "guidance": GUIDANCE[key]} for key, title in SECTIONS]
