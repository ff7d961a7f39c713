"""The conversation about a subject as threads: what was said where, what was answered, what still waits."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Count

from approvals.models import Comment, User

OPEN, RESOLVED, ALL = "open", "resolved", "all"
SHOWN = {OPEN: "Open", RESOLVED: "Resolved", ALL: "All"}


@dataclass(frozen=True)
class Thread:
    """A comment with its answers; `gone` when what it is about has been removed since."""

    first: Comment
    replies: tuple[Comment, ...] = ()
    may_settle: bool = False
    gone: bool = False
    url: str = ""

    @property
    def is_open(self) -> bool:
        """Say whether it still waits."""
        return self.first.is_open


def threads(comments: Iterable[Comment], *, user: User | None = None, writer: bool = False) -> list[Thread]:
    """Put comments together as threads, oldest first; `writer` says that the user may settle all of them."""
    replies: dict[int, list[Comment]] = defaultdict(list)
    first = []
    for comment in comments:
        if comment.reply_to_id is None:
            first.append(comment)
        else:
            replies[comment.reply_to_id].append(comment)
    return [
        Thread(said, tuple(replies[said.pk]), may_settle=writer or (user is not None and said.author_id == user.pk))
        for said in first
    ]


def filtered(found: Iterable[Thread], show: str) -> list[Thread]:
    """Keep the open ones, the resolved ones, or all."""
    return [thread for thread in found if show == ALL or thread.is_open == (show != RESOLVED)]


def open_counts(kind: str, subject_id: str) -> Mapping[str, int]:
    """Return section → number of open threads, in one query."""
    rows = Comment.objects.about(kind, subject_id).unresolved().order_by()
    return dict(rows.values_list("section").annotate(Count("pk")))
