"""What one chore of a steward is; its own module, so that every area of metrics may yield some to the desk."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Chore:
    """One thing that somebody who looks after metrics has to do: what, about which metric, where, and by when."""

    kind: str  # the heading under which the desk lists it
    title: str
    url: str
    why: str = ""
    metric: str = ""  # its key
    due: datetime | None = None
    tone: str = ""  # ok | warn | bad | info
