"""Say what taking a catalogue over would do, metric by metric and pair by pair, and why some of it cannot be done."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Exists, OuterRef

from approvals.models import User
from config.kit.refusals import BadInput
from metrics.access import may_manage
from metrics.domain.catalogue import Catalogue, Entry, PairEntry
from metrics.domain.meaning import contradictions, filled_by_premise, key_errors
from metrics.models import CatalogueOrigin, Metric, MetricDefinition, Observation, TradeOffPair
from metrics.models.metric import MetricQuerySet
from metrics.services import content, definitions
from metrics.services.catalogues import column_value, prefixed

CREATE, CHANGE, SAME, CLASH = "create", "change", "same", "clash"
PERIODS = ("cadence", "time_zone")


@dataclass(frozen=True)
class Row:
    """What would become of one metric of a set: under which key, why, and how it differs from what is there.

    `key` is that of the registry, `own` that of the set. `version` is the Metric.version that this was found at
    (0: there is none), for the choice to be held against.
    """

    entry: Entry
    own: str
    verdict: str
    why: str = ""
    changes: Sequence[tuple[str, str, str]] = ()
    version: int = 0
    metric: Metric | None = None

    @property
    def key(self) -> str:
        """Return the key in the registry."""
        return self.entry.key


@dataclass(frozen=True)
class PairRow:
    """What would become of one pair of a set."""

    pair: PairEntry
    names: tuple[str, str]
    verdict: str
    why: str = ""


@dataclass(frozen=True)
class Preview:
    """What taking a catalogue over would do."""

    catalogue: Catalogue
    prefix: str
    rows: Sequence[Row]
    pairs: Sequence[PairRow] = ()

    @property
    def counts(self) -> dict[str, int]:
        """Return how many metrics have each verdict."""
        return {verdict: sum(row.verdict == verdict for row in self.rows) for verdict in (CREATE, CHANGE, SAME, CLASH)}


@dataclass
class _Known:
    """What the registry holds of the keys of a set."""

    metrics: Mapping[str, Metric] = field(default_factory=dict)
    working: Mapping[int, MetricDefinition] = field(default_factory=dict)
    origins: Mapping[int, CatalogueOrigin] = field(default_factory=dict)
    hidden: Collection[str] = ()
    named: Collection[str] = ()  # of the keys that entries name as counter-metrics, those that the person sees


def preview(catalogue: Catalogue, *, by: User | None, prefix: str = "") -> Preview:
    """Say what taking the catalogue over would do: four queries, and one for each confidential metric among them."""
    entries = _entries(catalogue, prefix)
    known = _known(entries, by)
    rows = [_row(catalogue, entry, entry.key.removeprefix(prefix), known, by) for entry in entries]
    return Preview(catalogue, prefix, rows, _pair_rows(catalogue, prefix, rows, by))


def _entries(catalogue: Catalogue, prefix: str) -> list[Entry]:
    if prefix and (errors := key_errors(prefix + "a")):
        raise BadInput({"key_prefix": errors})
    if any(filled_by_premise(prefix + entry.key) for entry in catalogue.metrics):
        raise BadInput(
            {"key_prefix": ["Keys that begin with “premise_” are kept for metrics that Premise fills itself."]}
        )
    own = [entry.key for entry in catalogue.metrics]
    too_long = [key for key in own if len(prefix + key) > 64]
    if too_long:
        raise BadInput({"key_prefix": [f"With it the key {too_long[0]} is longer than 64 characters."]})
    return [prefixed(entry, prefix, own) for entry in catalogue.metrics]


def _known(entries: Sequence[Entry], by: User | None) -> _Known:
    keys = {entry.key for entry in entries}
    counters = {key for entry in entries for key in entry.fields.get("counter_metrics", ())}
    valued = Observation.objects.filter(metric=OuterRef("pk"))
    rows = (
        Metric.objects.filter(key__in=keys | counters).select_related("definition").annotate(has_values=Exists(valued))
    )
    everything = {metric.key: metric for metric in rows}
    visible = set(seen_by(by).filter(key__in=everything).values_list("pk", flat=True))
    metrics = {key: metric for key, metric in everything.items() if metric.pk in visible and key in keys}
    drafts = MetricDefinition.objects.filter(metric__in=visible).order_by("number")
    working = {row.metric_id: row for row in drafts}  # the last one: the draft, else what is in force
    origins = {row.metric_id: row for row in CatalogueOrigin.objects.filter(metric__in=visible)}
    named = {key for key, metric in everything.items() if metric.pk in visible}
    return _Known(metrics, working, origins, (everything.keys() & keys) - metrics.keys(), named)


def seen_by(by: User | None) -> MetricQuerySet:
    """Return what the person sees; a command at the console (None) sees everything."""
    return Metric.objects.all() if by is None else Metric.objects.visible_to(by)


def _row(catalogue: Catalogue, entry: Entry, own: str, known: _Known, by: User | None) -> Row:
    if entry.key in known.hidden:
        return Row(entry, own, CLASH, "The key is taken.")
    metric = known.metrics.get(entry.key)
    if metric is None:
        found = _contradictions({}, entry)
        return Row(entry, own, CLASH if found else CREATE, found)
    stored = known.working[metric.pk]
    entry = _within(entry, known.named)
    changes = _changes(stored, entry)
    if not changes:
        return Row(entry, own, SAME, version=metric.version, metric=metric)
    origin = known.origins.get(metric.pk)
    ours = origin is not None and origin.catalogue == catalogue.name
    why = _clash(metric, stored, entry, by, ours=ours)
    shown = [(content.LABELS[n], content.words(n, old), content.words(n, new)) for n, (old, new) in changes.items()]
    return Row(entry, own, CLASH if why else CHANGE, why, shown, metric.version, metric)


def _within(entry: Entry, there: Collection[str]) -> Entry:
    """Return the entry with those counter-metrics only that are in the registry: the rest waits until they are."""
    if "counter_metrics" not in entry.fields:
        return entry
    left = [key for key in entry.fields["counter_metrics"] if key in there]
    rest = {name: value for name, value in entry.fields.items() if name != "counter_metrics"}
    return replace(entry, fields=rest | ({"counter_metrics": left} if left else {}))


def _changes(stored: MetricDefinition, entry: Entry) -> dict[str, tuple[Any, Any]]:
    """Return the fields in which the entry says something else than the registry; what it leaves out stays."""
    said = {name: column_value(name, value) for name, value in entry.fields.items()}
    return {
        name: (getattr(stored, name), said[name])
        for name in content.LABELS
        if name in said and said[name] != getattr(stored, name)
    }


def _clash(metric: Metric, stored: MetricDefinition, entry: Entry, by: User | None, *, ours: bool) -> str:
    """Say why a metric that differs cannot be changed from here, or ''."""
    if metric.state in definitions.CLOSED:
        return f"The metric is {metric.state}; its definition is closed."
    if by is not None and not may_manage(by, metric):
        return definitions.NOT_YOURS
    if stored.state == MetricDefinition.State.IN_REVIEW:
        return "Its definition is in review and locked."
    meant = [name for name in ("unit", "direction") if entry.fields.get(name, "") != getattr(stored, name)]
    if meant and not ours:
        told = " and ".join(content.LABELS[name].lower() for name in meant)
        return f"The key stands for something else here: the {told} differ{'' if len(meant) > 1 else 's'}."
    if getattr(metric, "has_values", False) and any(
        name in entry.fields and entry.fields[name] != getattr(metric, name) for name in PERIODS
    ):
        return "Values are recorded by the present frequency and time zone; take it over under a prefix instead."
    return _contradictions(content.values_of(stored), entry)


def _contradictions(stored: Mapping[str, Any], entry: Entry) -> str:
    said = {name: column_value(name, value) for name, value in entry.fields.items()}
    found = contradictions({**stored, **said})
    return " ".join(sentence for sentences in found.values() for sentence in sentences)


def _pair_rows(catalogue: Catalogue, prefix: str, rows: Sequence[Row], by: User | None) -> list[PairRow]:
    own = {entry.key for entry in catalogue.metrics}
    there = {row.key: row.entry.name for row in rows if row.metric is not None}
    coming = {row.key: row.entry.name for row in rows if row.verdict == CREATE}
    pairs = [_under(pair, prefix, own) for pair in catalogue.pairs]
    outside = {key for pair in pairs for key in (pair.left, pair.right)} - there.keys() - coming.keys()
    there |= dict(seen_by(by).in_use().filter(key__in=outside).values_list("key", "name")) if outside else {}
    watched = _watched({key for pair in pairs for key in (pair.left, pair.right)}) if pairs else set()
    return [_pair_row(pair, there, coming, watched) for pair in pairs]


def _under(pair: PairEntry, prefix: str, own: Collection[str]) -> PairEntry:
    left, right = (prefix + key if key in own else key for key in (pair.left, pair.right))
    words = (pair.kind, pair.left_pole, pair.right_pole, pair.why, pair.window, pair.sustained)
    return PairEntry(left, right, *words)


def _watched(keys: Collection[str]) -> set[frozenset[str]]:
    stated = TradeOffPair.objects.watched().exclude(kind=TradeOffPair.Kind.COUNTER)
    rows = stated.filter(left__key__in=keys, right__key__in=keys).values_list("left__key", "right__key")
    return {frozenset(row) for row in rows}


def _pair_row(
    pair: PairEntry, there: Mapping[str, str], coming: Mapping[str, str], watched: Collection[frozenset[str]]
) -> PairRow:
    both = (pair.left, pair.right)
    names = {**there, **coming}
    named = (names.get(pair.left, pair.left), names.get(pair.right, pair.right))
    if frozenset(both) in watched:
        return PairRow(pair, named, SAME)
    missing = [key for key in both if key not in there and key not in coming]
    if missing:
        return PairRow(pair, named, CLASH, f"There is no metric with the key {' or '.join(missing)}.")
    return PairRow(pair, named, CREATE)
