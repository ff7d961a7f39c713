"""When a notice is mailed: at once, with the day's digest, or after somebody's quiet hours."""

from dataclasses import dataclass
from datetime import date, datetime, time


@dataclass(frozen=True, kw_only=True)
class Wish:
    """How a person wants to be mailed; hours and quiet times in their own time zone, both ends of the quiet included.

    `mode` is immediate, daily or off; `digest_on` the last day a digest was sent.
    """

    mode: str
    digest_hour: int = 8
    digest_on: date | None = None
    quiet_from: time | None = None
    quiet_until: time | None = None


def is_quiet(wish: Wish, local: datetime) -> bool:
    """Say whether the person's quiet hours run; they may run over midnight, and equal ends mean none."""
    begin, end = wish.quiet_from, wish.quiet_until
    if begin is None or end is None or begin == end:
        return False
    now = local.time()
    return begin <= now < end if begin < end else now >= begin or now < end


def goes_now(wish: Wish, local: datetime, *, urgent: bool) -> bool:
    """Say whether a single notice is mailed now; what is urgent waits for neither digest nor morning."""
    if wish.mode == "off":
        return False
    return urgent or (wish.mode == "immediate" and not is_quiet(wish, local))


def digest_is_due(wish: Wish, local: datetime) -> bool:
    """Say whether today's digest goes out now: from its hour on, once a day, never in quiet hours."""
    if wish.mode != "daily" or is_quiet(wish, local):
        return False
    return local.hour >= wish.digest_hour and (wish.digest_on is None or wish.digest_on < local.date())
