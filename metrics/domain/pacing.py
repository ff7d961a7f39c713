"""When a pull is made again: regularly while it answers, ever later while it does not, and then not at all."""

from datetime import timedelta

FIRST_RETRY = timedelta(minutes=1)
LATEST_RETRY = timedelta(hours=4)
SPREAD = 0.2
MOST_FAILURES = 10  # in a row; with the waits above more than eight hours, so that a night's outage mends itself


def retry_after(failures: int, chance: float) -> timedelta:
    """Return how long to wait after so many failures in a row: doubling, up to a limit, and never all at once.

    `chance` from 0 to 1 spreads the wait by a fifth to either side.
    """
    doubled: timedelta = min(FIRST_RETRY * int(2 ** min(failures - 1, 20)), LATEST_RETRY)
    return doubled * (1 - SPREAD + 2 * SPREAD * chance)


def gives_up(failures: int) -> bool:
    """Say whether that was the last try until somebody looks."""
    return failures >= MOST_FAILURES
