"""What approvals must be told about things that it may not import: each app registers its kinds in `ready()`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q, QuerySet

from approvals.domain.review import ReviewField, ReviewFigure, ReviewSection
from approvals.models import ApprovalRequest, ChangeRequest, User

__all__ = [
    "Check",
    "ReviewField",
    "ReviewFigure",
    "ReviewSection",
    "SubjectKind",
    "Touched",
    "get",
    "kinds",
    "plain_fields",
    "register",
    "requests_seen",
]


def _no_sections(*contents: dict[str, Any]) -> list[Sequence[ReviewSection]]:
    return [[ReviewSection(key="content", title="Content", fields=plain_fields(content))] for content in contents]


def _nothing_before(request: ApprovalRequest) -> dict[str, Any] | None:
    return None


def _opener_only(user: User, subject_id: str) -> bool:
    return False


def _unseen(user: User) -> Q:
    return Q(pk__in=[])


def _nobody_else(subject_id: str) -> Iterable[User]:
    return ()


def _sections_only(subject_id: str, section: str) -> Mapping[str, str]:
    return {"": section.replace("_", " ").capitalize()}


def _on_its_page(subject_id: str, comment: int) -> str:
    return ""


@dataclass(frozen=True, kw_only=True)
class Check:
    """A machine check that a policy's stage may demand: `run(subject_id, content)` yields what is wrong, in sentences.

    It looks at the content that is asked for, and at the world as it is now; it writes nothing.
    """

    name: str
    label: str
    run: Callable[[str, dict[str, Any]], Iterable[str]]


@dataclass(frozen=True, kw_only=True)
class Touched:
    """One line of an impact assessment: something that a change reaches, what happens to it, and where it is seen."""

    what: str
    detail: str = ""
    url: str = ""


CONFIDENTIAL = "Something confidential"
"""What an impact says of what is confidential, as more people read it than may see that."""


def _nothing_more(user: User, subject_id: str) -> Iterable[Touched]:
    return ()


def _untouched(subject_id: str, content: dict[str, Any]) -> Iterable[Touched]:
    return ()


def _stands_as_it_is(change: ChangeRequest) -> None:
    return None


def _no_version(subject_id: str) -> int:
    return 0


def _no_content(subject_id: str, version: int) -> dict[str, Any] | None:
    return None


def _nothing_to_warn_of(content: dict[str, Any]) -> Iterable[str]:
    return ()


def _nothing_to_note(subject_id: str, content: dict[str, Any]) -> Iterable[str]:
    return ()


def _all_substance(old: dict[str, Any], new: dict[str, Any], section: str) -> bool:
    return True


@dataclass(frozen=True, kw_only=True)
class Kept:
    """Where an app keeps approved contents of its own, for `verify_ledger` to hold against what was signed.

    `rows` yields the number of the version, its request's number and the exact text, from `table` alone.
    """

    table: str
    rows: Callable[[], Iterable[tuple[int, int, str]]]


@dataclass(frozen=True, kw_only=True)
class SubjectKind:
    """How approvals speak of a subject; every callable takes the subject's id as the request stores it.

    freeze     the content as it stands now, to be compared with what is being signed; None is "gone"
    on_verdict called inside sign() and withdraw(), in their transaction, with outcome approved, returned, rejected or
               withdrawn; raising rolls the signature back
    may_see    who may open the review screen besides those involved
    seen       the same for many at once: a filter for requests of this kind, never wider than `may_see`
    may_withdraw  who, besides the opener, may take the request back (the owner)
    sections   lays contents out for reading, each on its own, so that names are looked up once for all of them
    writers    who wrote the content, to be told what is said about it
    may_settle who, besides the author of a comment, may resolve it
    checks     machine checks that a policy may demand of this kind
    impact     what putting a content in force would touch (blast radius); for the change request, filled in by itself
    unveiled   what of the impact is confidential and this person may see, by name: shown in its place
    substantive  whether a section that differs between two contents differs in more than wording; votes under the old
               one survive a resubmission when no section does
    commit     keep the conditions of an approval as commitments: `commit(request, conditions, by=...)`, called after
               on_verdict in the same transaction; None: the kind has no commitments, and takes no conditions
    apply      put a proposed content in force: `apply(change, content, by=...) -> version number`, called in the
               transaction that decides; only for kinds whose changes go through `changes.propose`
    on_unapproved  an emergency change, in force already, was refused: call it back into question
    version_of the number of the version in force, 0 before the first; content_of: the content of one of the versions
    places     what people call a section (under "") and its fields, items and cells (by anchor); empty for none such
    comment_url  where a comment outside any request is read
    warnings   what a signer must know of the content before reading it, as sentences
    notes      what else happened to the content before it came here, as sentences
    kept       where the app keeps what was approved, if not in the request alone
    """

    kind: str
    label: str
    title: Callable[[str], str]
    url: Callable[[str], str]
    freeze: Callable[[str], dict[str, Any] | None]
    on_verdict: Callable[..., None]
    may_see: Callable[[User, str], bool]
    seen: Callable[[User], Q] = _unseen
    may_withdraw: Callable[[User, str], bool] = _opener_only
    sections: Callable[..., list[Sequence[ReviewSection]]] = _no_sections
    previous: Callable[[ApprovalRequest], dict[str, Any] | None] = _nothing_before
    writers: Callable[[str], Iterable[User]] = _nobody_else
    may_settle: Callable[[User, str], bool] = _opener_only
    places: Callable[[str, str], Mapping[str, str]] = _sections_only
    comment_url: Callable[[str, int], str] = _on_its_page
    warnings: Callable[[dict[str, Any]], Iterable[str]] = _nothing_to_warn_of
    notes: Callable[[str, dict[str, Any]], Iterable[str]] = _nothing_to_note
    checks: Sequence[Check] = ()
    impact: Callable[[str, dict[str, Any]], Iterable[Touched]] = _untouched
    unveiled: Callable[[User, str], Iterable[Touched]] = _nothing_more
    substantive: Callable[[dict[str, Any], dict[str, Any], str], bool] = _all_substance
    commit: Callable[..., None] | None = None
    apply: Callable[..., int] | None = None
    on_unapproved: Callable[[ChangeRequest], None] = _stands_as_it_is
    version_of: Callable[[str], int] = _no_version
    content_of: Callable[[str, int], dict[str, Any] | None] = _no_content
    kept: Kept | None = None


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


def requests_seen(user: User) -> QuerySet[ApprovalRequest]:
    """Return the requests whose subject the person may see, whether or not they have to do with it."""
    every = [Q(kind=each.kind) & each.seen(user) for each in kinds()]
    return ApprovalRequest.objects.filter(reduce(or_, every, Q(pk__in=[])))


def touched_for(change: ChangeRequest, user: User) -> list[dict[str, Any]]:
    """Return the lines of a change's impact as this person may read them: what is confidential by name, where it is
    theirs to see."""
    lines: list[dict[str, Any]] = change.impact.get("touched", [])
    veiled = [line for line in lines if line["what"] == CONFIDENTIAL]
    if not veiled:
        return lines
    named = [vars(each) for each in get(change.kind).unveiled(user, change.subject_id)]
    return [*(line for line in lines if line not in veiled), *named, *veiled[len(named) :]]


def plain_fields(content: dict[str, Any]) -> list[ReviewField]:
    """Show any content as it is stored, for a kind that offers no sections of its own."""
    return [ReviewField(label=key.replace("_", " ").capitalize(), text=_words(value)) for key, value in content.items()]


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return "\n".join(f"{key}: {_words(item)}" for key, item in value.items())
    if isinstance(value, list):
        return "\n".join(_words(item) for item in value)
    return "" if value is None else str(value)
