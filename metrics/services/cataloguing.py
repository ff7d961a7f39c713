"""Take metrics over from a catalogue: first shown what would happen, then done row by row, again and again alike.

What is in force is never touched: a change becomes the next draft of the definition, and goes through approval.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial

from django.db import transaction
from django.utils import timezone

from approvals.models import User
from approvals.services import ledger
from config.kit.refusals import BadInput, MoveRefused, StaleWrite
from metrics.domain.catalogue import Catalogue, Entry, PairEntry
from metrics.models import CatalogueOrigin, Metric
from metrics.services import definitions, pairing, registry
from metrics.services.catalogues import column_value
from metrics.services.previewing import CHANGE, CLASH, CREATE, SAME, Row, preview, seen_by

REFUSED = "refused"
LATER = ("counter_metrics", "expression", "aggregation_numerator", "aggregation_denominator")
"""Fields that name other metrics: filled once all of a set are in the registry."""


@dataclass(frozen=True)
class Outcome:
    """What became of one chosen metric or pair."""

    key: str
    verdict: str
    sentence: str


def take_over(
    catalogue: Catalogue,
    *,
    chosen: Mapping[str, int],
    by: User | None,
    prefix: str = "",
    pairs: Collection[tuple[str, str]] = (),
    owner: User | None = None,
) -> list[Outcome]:
    """Do what the preview said for the chosen rows; returns what became of each.

    `chosen`: key in the registry → the version that the preview showed (0: there was none). `pairs`: keys of both
    metrics. `owner` answers for what is created. A row that cannot be done says why, and stops no other.
    """
    outcomes: list[Outcome] = []
    with transaction.atomic(), ledger.gathered():
        shown = preview(catalogue, by=by, prefix=prefix)
        rows = sorted((row for row in shown.rows if row.key in chosen), key=lambda row: row.verdict != CREATE)
        outcomes += [
            _done(partial(_take, catalogue, row, chosen[row.key], by=by, owner=owner), row.key) for row in rows
        ]
        arrived = [row for row, done in zip(rows, outcomes, strict=True) if done.verdict == CREATE]
        outcomes += [told for row in arrived for told in _complete(row.entry, by)]
        wanted = {pair: each for each in shown.pairs if (pair := (each.pair.left, each.pair.right)) in set(pairs)}
        for both, each in wanted.items():
            outcomes.append(_done(partial(_pair_up, each.pair, by), " and ".join(both)))
    return outcomes


def _done(take: Callable[[], tuple[str, str]], key: str) -> Outcome:
    """Do one row in a savepoint of its own; what refuses it becomes its sentence."""
    try:
        with transaction.atomic():
            verdict, sentence = take()
    except StaleWrite:
        return Outcome(key, REFUSED, "It was changed after you looked; look again and choose once more.")
    except (BadInput, MoveRefused) as refusal:
        return Outcome(key, REFUSED, str(refusal))
    return Outcome(key, verdict, sentence)


def _take(catalogue: Catalogue, row: Row, version: int, *, by: User | None, owner: User | None) -> tuple[str, str]:
    if row.verdict == CLASH:
        raise MoveRefused([row.why])
    said = {name: column_value(name, value) for name, value in row.entry.fields.items()}
    metric = row.metric
    if metric is None:
        first = {name: value for name, value in said.items() if name not in LATER}
        made = registry.create_metric(
            key=row.key, by=by, classification=row.entry.classification, owner=owner, steward=by, **first
        )
        _note(catalogue, row, made, by)
        return CREATE, "Created, as a draft."
    if row.verdict == SAME:
        if CatalogueOrigin.objects.filter(metric=metric, catalogue=catalogue.name).exclude(digest=catalogue.digest):
            _note(catalogue, row, metric, by)
        return SAME, "It says the same already."
    draft = definitions.save_draft(metric, changes=said, expected_version=version, by=by)
    _note(catalogue, row, metric, by)
    return CHANGE, f"Written into version {draft.number}, which waits to be sent for approval."


def _note(catalogue: Catalogue, row: Row, metric: Metric, by: User | None) -> None:
    """Keep where the metric was taken from, and say so on the ledger."""
    taken = {
        "catalogue": catalogue.name,
        "version": catalogue.version,
        "digest": catalogue.digest,
        "entry": row.own,
        "entry_digest": row.entry.digest,
    }
    now = timezone.now()
    CatalogueOrigin.objects.update_or_create(metric=metric, defaults=taken | {"imported_at": now, "imported_by": by})
    ledger.append(metric.stream, "metric.imported", by=by, subject=metric.key, payload=taken)


def _complete(entry: Entry, by: User | None) -> list[Outcome]:
    """Fill what names other metrics, as far as they are there now; says what had to be left out."""
    metric = Metric.objects.get(key=entry.key)
    told, changes = [], {}
    for name in LATER:
        if name not in entry.fields:
            continue
        value = entry.fields[name]
        if name == "counter_metrics":
            there = set(seen_by(by).filter(key__in=value).values_list("key", flat=True))
            lacking = [key for key in value if key not in there]
            value = [key for key in value if key in there]
            if lacking:
                told.append(Outcome(entry.key, SAME, f"Without the counter-metric {', '.join(lacking)}: not there."))
        if value:
            changes[name] = value
    if not changes:
        return told

    def save() -> tuple[str, str]:
        definitions.save_draft(metric, changes=changes, expected_version=None, by=by)
        return CREATE, ""

    done = _done(save, entry.key)
    return [*told, done] if done.verdict == REFUSED else told


def _pair_up(pair: PairEntry, by: User | None) -> tuple[str, str]:
    found = {
        metric.key: metric
        for metric in seen_by(by).in_use().filter(key__in=[pair.left, pair.right]).select_related("definition")
    }
    if len(found) < 2:
        raise MoveRefused(["Both metrics must be in the registry."])
    words = {name: getattr(pair, name) for name in ("kind", "left_pole", "right_pole", "why", "window", "sustained")}
    pairing.make_pair(left=found[pair.left], right=found[pair.right], by=by, **words)
    return CREATE, "Watched together."
