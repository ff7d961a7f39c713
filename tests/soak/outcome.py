"""What comes of a soak."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """What was tried; effects lost and doubled; anything else that is wrong."""

    tried: int
    lost: int
    doubled: int
    wrong: int
    seconds: float
