"""One measurement, and how to take it fairly."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from django.db import connection


@dataclass(frozen=True)
class Row:
    """A value beside what it is held against; `ratio` is value / against and must not exceed `target`."""

    name: str
    value: float
    unit: str
    against: float
    target: float

    @property
    def ratio(self) -> float:
        return self.value / self.against

    @property
    def ok(self) -> bool:
        return self.ratio <= self.target

    def as_json(self) -> dict[str, Any]:
        rounded = {key: round(item, 6) if isinstance(item, float) else item for key, item in asdict(self).items()}
        return {**rounded, "ratio": round(self.ratio, 3), "ok": self.ok}


def best(call: Callable[[], object], *, times: int = 5) -> float:
    """Return the shortest of several runs, in seconds: what the work takes when nothing else disturbs it."""
    return best_of_both(call, None, times=times)[0]


def best_of_both(
    call: Callable[[], object], peer: Callable[[], object] | None, *, times: int = 5
) -> tuple[float, float]:
    """Return the shortest runs of the call and of its peer, taken in turn so that both meet the same machine."""
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(times):
        for calls, each in zip((call, peer), taken, strict=True):
            if calls is not None:
                begun = time.perf_counter()
                calls()
                each.append(time.perf_counter() - begun)
    return min(taken[0]), min(taken[1], default=float("nan"))


def flush_commits(word: str) -> None:
    """Have PostgreSQL flush every commit to the disk ("on"), as in production, or not ("off"), as in the suite."""
    with connection.cursor() as cursor:
        for setting in ("fsync", "synchronous_commit"):
            cursor.execute(f"ALTER SYSTEM SET {setting} = {word}")
        cursor.execute("SELECT pg_reload_conf()")
