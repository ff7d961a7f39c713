"""What the catalogue's pages show: the sets with what of them is in the registry, and a preview page by page."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from django.utils.html import escape

from approvals.models import User
from metrics.domain.catalogue import Catalogue
from metrics.domain.meaning import OWN
from metrics.models import CatalogueOrigin, Metric
from metrics.services import catalogues
from metrics.services.previewing import PairRow, Preview, Row

PER_PAGE = 40
LONGEST = 400  # signs shown of one text
ROOM, ROW, CHANGED, PAIR = 42_000, 560, 60, 260
"""Bytes that the items of a page may take; a metric, a field that changes, and a pair without their texts."""


@dataclass(frozen=True)
class SetShown:
    """A shipped set, how many of its metrics were taken from it, and the prefixes under which a newer edition waits."""

    catalogue: Catalogue
    taken: int
    updates: Sequence[tuple[str, str, int]]  # prefix, version taken, metrics

    @property
    def count(self) -> int:
        """Return how many metrics it holds."""
        return len(self.catalogue.metrics)


def sets(user: User) -> list[SetShown]:
    """Return every shipped set: one query."""
    origins = CatalogueOrigin.objects.filter(metric__in=Metric.objects.visible_to(user).in_use().values("pk"))
    taken = defaultdict(list)
    for row in origins.filter(catalogue__in=catalogues.shipped()).select_related("metric"):
        taken[row.catalogue].append(row)
    return [_shown(each, taken[each.name]) for each in catalogues.shipped().values()]


def exportable(user: User) -> int:
    """Return how many metrics a whole export holds for a person who leaves the confidential ones out."""
    seen = Metric.objects.visible_to(user).in_use().exclude(key__startswith=OWN)
    return seen.filter(classification=Metric.Classification.INTERNAL).count()


def _shown(catalogue: Catalogue, rows: Sequence[CatalogueOrigin]) -> SetShown:
    older: dict[tuple[str, str], int] = defaultdict(int)
    for row in rows:
        if row.digest != catalogue.digest:
            older[row.metric.key.removesuffix(row.entry), row.version] += 1
    return SetShown(catalogue, len(rows), [(*named, count) for named, count in sorted(older.items())])


@dataclass(frozen=True)
class Leaf:
    """What one page of a preview shows: metrics by family (name, what it is about, rows), and pairs."""

    families: Sequence[tuple[str, str, Sequence[Row]]]
    pairs: Sequence[PairRow]

    @property
    def rows(self) -> list[Row]:
        """Return its metrics."""
        return [row for _, _, rows in self.families for row in rows]


def leaves(preview: Preview, *, only: str = "") -> list[Leaf]:
    """Cut a preview into pages, the metrics family by family and then the pairs; `only` those of one verdict."""
    families: dict[str, list[Row]] = {}
    for row in preview.rows:
        if only in ("", row.verdict):
            families.setdefault(str(row.entry.fields.get("family", "")), []).append(row)
    rows = [row for each in families.values() for row in each]
    cut = _cut([*rows, *(() if only else preview.pairs)])
    return [_leaf(preview, items) for items in cut] or [Leaf((), ())]


def _cut(items: Sequence[Row | PairRow]) -> list[list[Row | PairRow]]:
    pages: list[list[Row | PairRow]] = []
    room = 0
    for item in items:
        taken = _bytes(item)
        if not pages or len(pages[-1]) == PER_PAGE or taken > room:
            pages.append([])
            room = ROOM
        pages[-1].append(item)
        room -= taken
    return pages


def _bytes(item: Row | PairRow) -> int:
    """Return about how many bytes of a page an item takes."""
    if isinstance(item, PairRow):
        return PAIR + _length(item.pair.why) + _length(item.why)
    told = [item.entry.name, str(item.entry.fields.get("meaning", ""))[:LONGEST], item.why]
    changed = [CHANGED + _length(old[:LONGEST]) + _length(new[:LONGEST]) for _, old, new in item.changes]
    return ROW + sum(map(_length, told)) + sum(changed)


def _length(text: str) -> int:
    return len(escape(text).encode())


def _leaf(preview: Preview, items: Sequence[Row | PairRow]) -> Leaf:
    rows = [item for item in items if isinstance(item, Row)]
    grouped = groupby(rows, key=lambda row: str(row.entry.fields.get("family", "")))
    families = [(family, preview.catalogue.families.get(family, ""), list(of)) for family, of in grouped]
    return Leaf(families, [item for item in items if isinstance(item, PairRow)])
