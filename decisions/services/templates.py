"""The template that new decisions follow."""

from typing import Any

from django.utils import timezone

from decisions.domain.dossier import SECTIONS
from decisions.models import DecisionTemplate

STANDARD, NAME = "standard", "Decision template"

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
    """Return the template that decisions follow unless another is chosen; the first one is written on first use."""
    found = DecisionTemplate.objects.current().filter(offered=True)
    chosen = found.filter(key=STANDARD).first() or found.order_by("key").first()
    if chosen is not None:
        return chosen
    defaults = {
        "name": NAME,
        "sections": _first_sections(),
        "state": DecisionTemplate.State.CURRENT,
        "note": "Comes with the program.",
        "approved_at": timezone.now(),
    }
    return DecisionTemplate.objects.get_or_create(key=STANDARD, number=1, defaults=defaults)[0]


def offered() -> list[DecisionTemplate]:
    """Return the templates that new decisions may follow, the usual one first."""
    usual = current()
    found = DecisionTemplate.objects.current().filter(offered=True).exclude(pk=usual.pk).order_by("name")
    return [usual, *found]


def following(template: DecisionTemplate) -> DecisionTemplate:
    """Return what the next cycle of a decision follows: the same template as it is now, else the usual one."""
    return DecisionTemplate.objects.current().filter(key=template.key, offered=True).first() or current()


def _first_sections() -> list[dict[str, Any]]:
    return [{"key": key, "title": title, "guidance": GUIDANCE[key]} for key, title in SECTIONS]
