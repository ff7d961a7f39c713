"""Reach a source: resolve its name once, judge every address, connect to a judged one, and end in time.

Everything that may differ between an installation and a test is a `Reach`: what is allowed, limits, the resolver.
"""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.conf import settings

from metrics.domain.answers import NoAnswer
from metrics.domain.destinations import Allowed, Destination

Resolver = Callable[..., list[Any]]

LATE = "There was no whole answer within the time limit."


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What an answer may cost: seconds for all of it, bytes as sent and as unpacked, rows."""

    seconds: float = 20
    size: int = 5_000_000
    rows: int = 10_000


def installed() -> Allowed:
    """Return what this installation allows."""
    return Allowed(
        schemes=frozenset(settings.PULL_SCHEMES),
        hosts=frozenset(map(str.lower, settings.PULL_HOSTS)),
        private_hosts=frozenset(map(str.lower, settings.PULL_PRIVATE_HOSTS)),
        ports=frozenset(settings.PULL_PORTS),
        folders=tuple(settings.PULL_FOLDERS),
    )


@dataclass(frozen=True, kw_only=True)
class Reach:
    """How far pulls reach."""

    allowed: Allowed = field(default_factory=installed)
    limits: Limits = Limits()
    resolve: Resolver = socket.getaddrinfo


class Deadline:
    """A moment at which everything that is watched is cut off, whatever it waits for.

    A time limit of a socket begins anew with every byte, so that a server that drips one a second would never meet it.
    """

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds
        self._cuts: list[Callable[[], None]] = []
        self._timer = threading.Timer(seconds, self._strike)
        self._timer.daemon = True
        self._timer.start()

    @property
    def passed(self) -> bool:
        """Say whether the moment is over."""
        return time.monotonic() >= self._end

    def left(self) -> float:
        """Return the seconds that are left; NoAnswer when there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise NoAnswer(LATE)
        return left

    def watch(self, cut: Callable[[], None]) -> None:
        """Have something cut off at the moment."""
        self._cuts.append(cut)
        if self.passed:
            self._strike()

    def over(self) -> None:
        """Stop watching."""
        self._timer.cancel()

    def _strike(self) -> None:
        for cut in self._cuts:
            with suppress(OSError):
                cut()


@contextmanager
def deadline(seconds: float) -> Iterator[Deadline]:
    """Have the block end in time; whatever breaks in it once the moment has passed is told as lateness."""
    until = Deadline(seconds)
    try:
        yield until
    except Exception as error:
        if until.passed:
            raise NoAnswer(LATE) from error
        raise
    finally:
        until.over()


def judged(wanted: Destination, reach: Reach, until: Deadline) -> list[str]:
    """Return the addresses of a host, all of which may be reached: the name is asked for this one time.

    Forbidden for a destination or an address that is not allowed, NoAnswer for a name that nobody knows.
    """
    reach.allowed.check(wanted)
    pool = ThreadPoolExecutor(1)  # a resolver knows no time limit
    try:
        answer = pool.submit(reach.resolve, wanted.host, wanted.port, type=socket.SOCK_STREAM)
        found = list(dict.fromkeys(str(each[4][0]) for each in answer.result(until.left())))
    except TimeoutError as error:
        raise NoAnswer(LATE) from error
    except (OSError, UnicodeError) as error:
        raise NoAnswer(f"The host {wanted.host} is not known by name.") from error
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    for address in found:
        reach.allowed.check_address(wanted, address)
    return found


def connected(wanted: Destination, reach: Reach, until: Deadline) -> socket.socket:
    """Return a connection to the first judged address that takes one."""
    for address in judged(wanted, reach, until):
        with suppress(OSError):
            found = socket.create_connection((address, wanted.port), timeout=until.left())
            until.watch(partial(found.shutdown, socket.SHUT_RDWR))
            return found
    until.left()
    raise NoAnswer(f"Nothing at {wanted.host} takes connections on port {wanted.port}.")


@contextmanager
def cut_off(descriptor: int, until: Deadline) -> Iterator[None]:
    """Have somebody else's connection, known by its file descriptor, cut off at the moment."""
    with socket.socket(fileno=os.dup(descriptor)) as own:
        until.watch(partial(own.shutdown, socket.SHUT_RDWR))
        yield
