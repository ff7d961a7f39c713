"""What has been said about a decision, at the places it is about."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from approvals import conversation
from approvals.conversation import Thread
from approvals.forms.comments import Place, places_of
from approvals.models import Comment
from approvals.roles import AUDITORS, has_role
from decisions.domain.anchors import anchors
from decisions.domain.obstacles import Obstacle
from decisions.domain.reviewing import TITLES
from decisions.models import SUBJECT_KIND
from decisions.queries.desk import NUMBERS, Desk
from decisions.services.places import decision_url, obstacle_url


def said(desk: Desk, *, section: str | None = None) -> list[Thread]:
    """Return the threads about the decision, or about one section, oldest first; one query."""
    rows = Comment.objects.about(SUBJECT_KIND, desk.decision.reference).select_related("author", "resolved_by")
    if section is not None:
        rows = rows.filter(section=section)
    found = conversation.threads(rows, user=desk.user, writer=desk.may_edit)
    return [_placed(desk, thread) for thread in found]


def may_say(desk: Desk) -> bool:
    """Say whether the person may take part in the conversation: everybody who may see the decision but auditors."""
    return not has_role(desk.user, AUDITORS)


def places(desk: Desk, section: str) -> list[Place]:
    """Return what a comment can be about: the sections, or one section and the places in it."""
    if section not in TITLES:
        return [("", "The whole decision"), *((key, title(key)) for key in TITLES)]
    return places_of(section, {"": f"{title(section)}, as a whole", **_anchors(desk, section)})


def title(key: str) -> str:
    """Return a section's title with its number."""
    return f"{NUMBERS[key]}. {TITLES[key]}" if key in NUMBERS else TITLES[key]


def at_items(found: Iterable[Thread], item: str) -> list[Thread]:
    """Keep what was said about one item of a list and about the parts of it."""
    return [thread for thread in found if item in thread.first.anchor.split("-")]


def by_section(found: Sequence[Thread]) -> dict[str, list[Thread]]:
    """Return the open threads of each section."""
    at: dict[str, list[Thread]] = {}
    for thread in found:
        if thread.is_open:
            at.setdefault(thread.first.section, []).append(thread)
    return at


def _anchors(desk: Desk, section: str) -> dict[str, str]:
    return anchors(desk.dossier, section, {key: offer.name for key, offer in desk.offers.metrics.items()})


def _placed(desk: Desk, thread: Thread) -> Thread:
    """Say where the thread's place is; a place removed since has no address."""
    first, reference = thread.first, desk.decision.reference
    if first.section not in TITLES:
        return thread
    if first.anchor and first.anchor not in anchors(desk.dossier, first.section):
        return replace(thread, gone=True)
    if not desk.editable:
        return replace(thread, url=f"{decision_url(reference)}#{first.section}")
    return replace(thread, url=obstacle_url(reference, Obstacle("", first.section, first.anchor)))
