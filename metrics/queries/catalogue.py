"""What the catalogue's pages show: the shipped sets with what of them is in the registry, and a preview by family."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from approvals.models import User
from metrics.domain.catalogue import Catalogue
from metrics.domain.meaning import OWN
from metrics.models import CatalogueOrigin, Metric
from metrics.services import catalogues
from metrics.services.cataloguing import Preview, Row


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


def by_family(preview: Preview) -> list[tuple[str, str, list[Row]]]:
    """Return family, what it is about, and its rows, in the order of the set."""
    found: dict[str, list[Row]] = {}
    for row in preview.rows:
        found.setdefault(str(row.entry.fields.get("family", "")), []).append(row)
    return [(family, preview.catalogue.families.get(family, ""), rows) for family, rows in found.items()]
