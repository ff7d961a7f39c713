"""Who rests on a metric: apps above register here what they know, so that the metric's page can show it."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from approvals.models import User
from approvals.subjects import CONFIDENTIAL, Touched
from metrics.models import Metric


@dataclass(frozen=True, kw_only=True)
class Dependant:
    """One thing that rests on a metric: its title, address, state in a word, and what of it rests there.

    `watcher` is the name under which its conditions are armed.
    """

    title: str
    url: str
    state: str = ""
    detail: str = ""
    tone: str = ""  # ok | warn | bad | info
    watcher: str = ""
    confidential: bool = False


@dataclass(frozen=True)
class Told:
    """What watchers say of a metric: (watcher, condition key) → assumption in words; watcher → versions pinned."""

    assumptions: Mapping[tuple[str, str], str] = field(default_factory=dict)
    versions: Mapping[str, AbstractSet[int]] = field(default_factory=dict)


Finder = Callable[[Metric, User], Iterable[Dependant]]
Teller = Callable[[Metric, Collection[str]], Told]
Seer = Callable[[User, Collection[str]], Collection[str]]
Listeners = Callable[[Metric], Iterable[User]]
Users = Callable[[], Collection[str]]
_finders: list[Finder] = []
_tellers: list[Teller] = []
_seers: list[Seer] = []
_users: list[Users] = []
_listeners: list[Listeners] = []


def register(finder: Finder) -> None:
    """Add somebody who knows of dependants: `finder(metric, user)` yields those that this person may see."""
    if finder not in _finders:
        _finders.append(finder)


def of(metric: Metric, user: User) -> list[Dependant]:
    """Return what rests on the metric, as far as the person may see it."""
    return [dependant for finder in _finders for dependant in finder(metric, user)]


def touched_by(metric: Metric, user: User) -> Iterator[Touched]:
    """Yield the same for an impact assessment, which more people read: what is confidential has no name there."""
    for each in of(metric, user):
        if each.confidential:
            yield Touched(what=CONFIDENTIAL, detail=each.state)
        else:
            yield _named(each)


def unveiled(metric: Metric, user: User) -> Iterator[Touched]:
    """Yield by name what is confidential of it, and the person may see."""
    return (_named(each) for each in of(metric, user) if each.confidential)


def _named(each: Dependant) -> Touched:
    return Touched(what=each.title, detail=each.detail or each.state, url=each.url)


def register_teller(teller: Teller) -> None:
    """Add somebody who knows more: `teller(metric, watchers)` tells of watchers that the person may see."""
    if teller not in _tellers:
        _tellers.append(teller)


def register_seer(seer: Seer) -> None:
    """Add somebody who knows who may see what: `seer(user, watchers)` returns those that the person may see."""
    if seer not in _seers:
        _seers.append(seer)


def register_listeners(listeners: Listeners) -> None:
    """Add somebody who knows whom to tell: `listeners(metric)` yields who answers for what rests on the metric."""
    if listeners not in _listeners:
        _listeners.append(listeners)


def listeners_of(metric: Metric) -> set[User]:
    """Return everybody who must hear what becomes of the metric."""
    return {person for listeners in _listeners for person in listeners(metric)}


def seen(user: User, watchers: Collection[str]) -> set[str]:
    """Return those of the watchers that the person may see; none is asked about no query."""
    return {watcher for seer in _seers for watcher in seer(user, watchers)} if watchers else set()


def register_use(users: Users) -> None:
    """Add somebody who uses metrics: `users()` returns the keys of all that are in use there, seen or not."""
    if users not in _users:
        _users.append(users)


def keys_in_use() -> set[str]:
    """Return the keys of all metrics that somebody above uses: to say what is not, to those who manage it alone."""
    return {key for users in _users for key in users()}


def told(metric: Metric, watchers: Collection[str]) -> Told:
    """Return what is known of these watchers."""
    found = [teller(metric, watchers) for teller in _tellers]
    return Told(
        {key: words for each in found for key, words in each.assumptions.items()},
        {watcher: versions for each in found for watcher, versions in each.versions.items()},
    )
