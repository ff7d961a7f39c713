"""Which rows of a catalogue are chosen, kept from one page of a preview to the next, and under another prefix."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from django.http import QueryDict

from metrics.services.previewing import CHANGE, CREATE, PairRow, Preview, Row

CREATED, NONE = "created", "none"
"""What is chosen before anybody ticks: all that would be created, or nothing."""


@dataclass(frozen=True)
class Choice:
    """What is ticked: `base`, but for what is said of rows one by one.

    `ticked`: key in the registry → the version that the person saw (0: there is no such metric yet).
    """

    base: str = CREATED
    ticked: Mapping[str, int] = field(default_factory=dict)
    unticked: Collection[str] = ()
    pairs: Collection[tuple[str, str]] = ()

    @classmethod
    def of(cls, given: QueryDict, *, prefix: str) -> "Choice":
        """Read what a page sent: rows as "key@version", those seen and not ticked by their keys, pairs as "a+b".

        What is malformed is not chosen. Under another prefix than the one shown, what was to be created stays chosen.
        """
        if given.get("tick") in (CREATED, NONE):
            return cls(base=str(given["tick"]))
        base = CREATED if given.get("base") == CREATED else NONE
        ticked = _versions(given.getlist("row"))
        unticked = {key for name in ("seen", "unticked") for key in given.getlist(name)} - ticked.keys()
        pairs = {(left, right) for left, plus, right in (each.partition("+") for each in given.getlist("pair")) if plus}
        before = given.get("prefix_shown", prefix)
        if before != prefix:
            ticked = {prefix + key.removeprefix(before): 0 for key, version in ticked.items() if not version}
            unticked = {prefix + key.removeprefix(before) for key in unticked}
            pairs = set()
        left = ticked if base == NONE else {key: version for key, version in ticked.items() if version}
        return cls(base, left, unticked if base == CREATED else (), pairs)

    def has(self, row: Row) -> bool:
        """Say whether a row of a preview is chosen."""
        if row.verdict not in (CREATE, CHANGE):
            return False
        by_default = self.base == CREATED and row.verdict == CREATE
        return row.key in self.ticked or (by_default and row.key not in self.unticked)

    def chosen(self, preview: Preview) -> dict[str, int]:
        """Return the chosen keys, each with the version that it was seen at."""
        return {row.key: row.version for row in preview.rows if self.has(row)} | dict(self.ticked)

    def besides(self, rows: Collection[Row], pairs: Collection[PairRow]) -> dict[str, list[str]]:
        """Return, by the name of its field, what a page that shows these rows has to carry of all the others."""
        here = {row.key for row in rows}
        shown = {(row.pair.left, row.pair.right) for row in pairs}
        return {
            "row": [f"{key}@{version}" for key, version in self.ticked.items() if key not in here],
            "unticked": sorted(key for key in self.unticked if key not in here),
            "pair": [f"{left}+{right}" for left, right in sorted(self.pairs) if (left, right) not in shown],
        }


def _versions(rows: Collection[str]) -> dict[str, int]:
    found = {}
    for each in rows:
        key, _, version = each.rpartition("@")
        if key and version.isascii() and version.isdigit() and len(version) < 10:
            found[key] = int(version)
    return found
