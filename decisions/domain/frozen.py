"""Approved content as a value, read once: it never changes, so what follows from it need not be repeated."""

from functools import cached_property, lru_cache

from config.kit.canonical import parse
from decisions.domain.dossier import Dossier
from decisions.domain.framing import digest_of
from decisions.domain.reading import dossier_from

KEPT = 64
"""Contents kept in memory, about half a megabyte each at the largest."""


class Frozen:
    """One frozen content, with what is a pure function of it."""

    def __init__(self, text: str) -> None:
        self.dossier: Dossier = dossier_from(parse(text))

    @cached_property
    def framing(self) -> str:
        """Return the digest of its framing."""
        return digest_of(self.dossier)


@lru_cache(maxsize=KEPT)
def frozen(text: str) -> Frozen:
    """Return the content of a canonical text; Unreadable when it is none."""
    return Frozen(text)
