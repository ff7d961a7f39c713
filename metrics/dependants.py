"""Who rests on a metric: apps above register here what they know, so that the metric's page can show it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from approvals.models import User
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


Finder = Callable[[Metric, User], Iterable[Dependant]]
_finders: list[Finder] = []


def register(finder: Finder) -> None:
    """Add somebody who knows of dependants: `finder(metric, user)` yields those that this person may see."""
    if finder not in _finders:
        _finders.append(finder)


def of(metric: Metric, user: User) -> list[Dependant]:
    """Return what rests on the metric, as far as the person may see it."""
    return [dependant for finder in _finders for dependant in finder(metric, user)]
