"""What in a dossier is wording, and what is substance: votes survive a change of the one, never of the other.

Wording are explanations beside something that is stated in figures, names or choices of its own: notes, reasons, the
prose above a structured section, titles of evidence; and everywhere else punctuation, letter case and spaces. Replays
are computed, nobody writes them. Everything else is substance.
"""

import re
from collections.abc import Mapping
from typing import Any

_COMPUTED = frozenset({"backtest", "segment_name"})
EXPLAINS = frozenset({"note", "reason", "complexity_reason", "position_reason", "rationale"}) | _COMPUTED
"""Fields that explain, wherever they stand; what an option is and what a criterion means are stated, not explained."""

ONLY_PROSE = frozenset({"constraints", "bottlenecks"})
"""Sections whose prose is what they state."""

_PUNCTUATION = re.compile(r"(?<!\d)[.,;:!?'\"()“”‘’…]+|[.,;:!?'\"()“”‘’…]+(?!\d)")


def substantive(old: Mapping[str, Any], new: Mapping[str, Any], section: str) -> bool:
    """Say whether a section of two dossiers (as JSON) differs in more than wording."""
    return bool(_substance(section, old.get(section)) != _substance(section, new.get(section)))


def _substance(section: str, value: Any) -> Any:
    if not isinstance(value, Mapping):
        return _bare(value)
    dropped = set() if section in ONLY_PROSE or section == "frame" else {"text"}
    return {name: _bare(item) for name, item in value.items() if name not in dropped | EXPLAINS}


def _bare(value: Any) -> Any:
    """Return a value without what only explains, and texts without what only typesets them."""
    if isinstance(value, Mapping):
        explains = EXPLAINS | ({"title"} if "retrieved_on" in value or "reference" in value else set())
        return {name: _bare(item) for name, item in value.items() if name not in explains}
    if isinstance(value, list | tuple):
        return [_bare(item) for item in value]
    if isinstance(value, str):
        return " ".join(_PUNCTUATION.sub(" ", value).split()).casefold()
    return value
