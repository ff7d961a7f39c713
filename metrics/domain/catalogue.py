"""The format in which sets of metrics travel: read with a sentence for each mistake, written to the same bytes again.

A file is one JSON object (UTF-8, at most one million bytes):

    {"format": "premise-metric-catalogue", "format_version": 1,
     "name": "operational", "version": "1.0", "title": "…", "language": "en", "about": "…",
     "families": [{"name": "…", "about": "…"}],
     "metrics": [{"key": "…", "name": "…", <any field of a definition but its people>,
                  "classification": "internal", "owner_role": "Finance",
                  "reference": {"document": "…", "place": "…", "target": "< 2 h", "frequency": "weekly"}}],
     "pairs": [{"left": key, "right": key, "kind": "speed_quality", "left_pole": "…", "right_pole": "…", "why": "…",
                "window": 12, "sustained": 2}]}

Numbers may stand as JSON numbers or as text. What is empty, or is what a definition says anyway, is left out; a key may
be one of the set's own or one of the registry's. A field that the format does not know is refused by its name. The
canonical form (RFC 8785) is what is exported and what digests are made of, so that layout does not matter.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from config.kit.canonical import canonical, digest

FORMAT, FORMAT_VERSION = "premise-metric-catalogue", 1
PAIR = ("left", "right", "kind", "left_pole", "right_pole", "why", "window", "sustained")


@dataclass(frozen=True)
class Entry:
    """One metric of a set; `fields` is what its definition says, as plain JSON."""

    key: str
    fields: Mapping[str, Any]
    classification: str = "internal"
    owner_role: str = ""
    reference: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Return what people call it."""
        return str(self.fields["name"])

    @property
    def aim(self) -> str:
        """Return the target in the words of where it comes from, else as a number; an em dash for none."""
        return self.reference.get("target") or str(self.fields.get("target", "—"))

    def plain(self) -> dict[str, Any]:
        """Return it as it stands in a file."""
        beside = {
            "classification": "" if self.classification == "internal" else self.classification,
            "owner_role": self.owner_role,
            "reference": dict(self.reference),
        }
        return {"key": self.key} | said(dict(self.fields)) | said(beside)

    @cached_property
    def digest(self) -> str:
        """Return what tells this entry from another version of it."""
        return digest(self.plain())


@dataclass(frozen=True)
class PairEntry:
    """Two metrics of a set, or of the registry, that pull against each other."""

    left: str
    right: str
    kind: str
    left_pole: str = ""
    right_pole: str = ""
    why: str = ""
    window: int = 12
    sustained: int = 2

    def plain(self) -> dict[str, Any]:
        """Return it as it stands in a file."""
        return said({name: getattr(self, name) for name in PAIR})


@dataclass(frozen=True)
class Catalogue:
    """A named, versioned set of metrics; `families` is name → what it is about."""

    name: str
    version: str
    title: str
    language: str = "en"
    about: str = ""
    families: Mapping[str, str] = field(default_factory=dict)
    metrics: Sequence[Entry] = ()
    pairs: Sequence[PairEntry] = ()

    def plain(self) -> dict[str, Any]:
        """Return the whole as it stands in a file; metrics by key, pairs by their keys, families by name."""
        return {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            **{name: getattr(self, name) for name in ("name", "version", "title", "language", "about")},
            "families": [said({"name": name, "about": self.families[name]}) for name in sorted(self.families)],
            "metrics": [entry.plain() for entry in sorted(self.metrics, key=lambda entry: entry.key)],
            "pairs": [pair.plain() for pair in sorted(self.pairs, key=lambda pair: (pair.left, pair.right))],
        }

    def text(self) -> str:
        """Return the canonical text: the same set, the same bytes."""
        return canonical(self.plain())

    @cached_property
    def digest(self) -> str:
        """Return what tells this set from another version of it."""
        return digest(self.plain())


def said(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that say something."""
    return {name: value for name, value in fields.items() if value not in (None, "", [], {}, False)}
