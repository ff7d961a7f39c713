"""What approvals must be told about things that it may not import: each app registers its kinds in `ready()`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from approvals.domain.review import ReviewField, ReviewSection
from approvals.models import ApprovalRequest, User

__all__ = ["ReviewField", "ReviewSection", "SubjectKind", "get", "kinds", "plain_fields", "register"]


def _no_sections(*contents: dict[str, Any]) -> list[Sequence[ReviewSection]]:
    return [[ReviewSection(key="content", title="Content", fields=plain_fields(content))] for content in contents]


def _nothing_before(request: ApprovalRequest) -> dict[str, Any] | None:
    return None


def _opener_only(user: User, subject_id: str) -> bool:
    return False


@dataclass(frozen=True, kw_only=True)
class SubjectKind:
    """How approvals speak of a subject; every callable takes the subject's id as the request stores it.

    freeze     the content as it stands now, to be compared with what is being signed; None is "gone"
    on_verdict called inside sign() and withdraw(), in their transaction, with outcome approved, returned, rejected or
               withdrawn; raising rolls the signature back
    may_see    who may open the review screen besides those involved
    may_withdraw  who, besides the opener, may take the request back (the owner)
    sections   lays contents out for reading, each on its own, so that names are looked up once for all of them
    """

    kind: str
    label: str
    title: Callable[[str], str]
    url: Callable[[str], str]
    freeze: Callable[[str], dict[str, Any] | None]
    on_verdict: Callable[..., None]
    may_see: Callable[[User, str], bool]
    may_withdraw: Callable[[User, str], bool] = _opener_only
    sections: Callable[..., list[Sequence[ReviewSection]]] = _no_sections
    previous: Callable[[ApprovalRequest], dict[str, Any] | None] = _nothing_before


_kinds: dict[str, SubjectKind] = {}


def register(kind: SubjectKind) -> None:
    """Make a kind known; a second registration replaces the first."""
    _kinds[kind.kind] = kind


def get(kind: str) -> SubjectKind:
    """Return the kind; LookupError when no app has registered it."""
    if kind not in _kinds:
        raise LookupError(f"No app has registered the subject kind {kind!r}.")
    return _kinds[kind]


def kinds() -> list[SubjectKind]:
    """Return every kind, by name."""
    return [_kinds[kind] for kind in sorted(_kinds)]


def plain_fields(content: dict[str, Any]) -> list[ReviewField]:
    """Show any content as it is stored, for a kind that offers no sections of its own."""
    return [ReviewField(label=key.replace("_", " ").capitalize(), text=_words(value)) for key, value in content.items()]


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return "\n".join(f"{key}: {_words(item)}" for key, item in value.items())
    if isinstance(value, list):
        return "\n".join(_words(item) for item in value)
    return "" if value is None else str(value)
