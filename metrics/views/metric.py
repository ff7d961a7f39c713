"""One metric: its page, all its values, and who changed what."""

from collections.abc import Collection, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from approvals.models import User
from config.kit.refusals import BadInput
from config.kit.web import csv_response, page, paginate
from config.templatetags.premise import num
from metrics import dependants
from metrics.access import rights_of
from metrics.forms.values import KnownForm
from metrics.models import Metric, MetricDefinition, Observation
from metrics.queries import certainty, figures, page_facts, waiting
from metrics.queries import stored as queries
from metrics.queries.foretold import Foretold, foretold
from metrics.queries.interim import interim_targets
from metrics.queries.lineage import lineage_of
from metrics.queries.segmented import sight_of, veil
from metrics.queries.veiling import changes_told, field_told, hidden_keys, veiled
from metrics.services import admission, content, csv_rows, definitions, formulas
from metrics.subjects import GROUPS
from metrics.views.common import exact, person, visible

SHOWN_VERSIONS = 8
ROOM, ROW, FOOT, INPUT = 52_000, 740, 250, 150
"""Bytes that the rows of a page of values may take; a row, how it was worked out, and each of its inputs."""


@login_required
@require_safe
def metric_page(request: HttpRequest, key: str) -> HttpResponse:
    """Show how the metric stands, what it means, and who rests on it."""
    metric = page_facts.shown(person(request), key)
    if metric is None:
        raise Http404
    resting = dependants.of(metric, person(request))
    by_watcher = {each.watcher: each for each in resting if each.watcher}
    watches, hidden = queries.watches_of(metric, by_watcher)
    versions = queries.versions(metric)
    sight = sight_of(metric, person(request))
    segment = sight.asked(request.GET.get("segment", ""))
    rows = queries.values_to_draw(metric, person(request), segment)
    shown = metric.definition or versions[0]
    goes_on = metric.state != Metric.State.RETIRED
    ahead = foretold(metric, segment) if goes_on and sight.shows(segment) else Foretold("", {}, ())
    here = [watch for watch in watches if watch.condition.segment == segment]
    proposed = next((each for each in versions if each.state in {"draft", "in_review"}), None)
    rights = rights_of(person(request), metric)
    unseen = hidden_keys([shown, *versions[: SHOWN_VERSIONS + 1]], person(request))
    context = {
        "metric": metric,
        "definition": shown,
        "proposed": proposed,
        "asked": _request_of(proposed),
        "rights": rights,
        "sight": sight,
        "segment": segment,
        "tiles": figures.tiles(metric, shown, rows, here),
        "figure": figures.chart(metric, shown, rows, here, ahead, segment=segment),
        "certain": certainty.of(shown, figures.settled(rows, metric)),
        "foretold": ahead,
        "interim": interim_targets(metric, shown, rows),
        "count": len(rows),
        "watches": [(watch, by_watcher[watch.condition.watcher]) for watch in watches],
        "hidden": hidden if rights.manage or rights.contribute else 0,
        "dependants": resting,
        "beside": page_facts.lines(metric),
        "lineage": lineage_of(metric, person(request)) if metric.in_formulas else None,  # type: ignore[attr-defined]
        "groups": _groups(shown, unseen),
        "versions": _compared(versions, unseen)[:SHOWN_VERSIONS],
    }
    return page(request, "metrics/metric_page.html", context)


def _request_of(proposed: MetricDefinition | None) -> str:
    """Return the address of the request that a version in review waits for."""
    request = definitions.request_of(proposed) if proposed and proposed.state == "in_review" else None
    return reverse("approval", args=[request.pk]) if request else ""


def _groups(definition: MetricDefinition, unseen: Collection[str]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the definition as titled lists of label and words; what says nothing is left out."""
    filled = []
    for _, title, names in GROUPS:
        written = [(content.LABELS[n], _told(definition, n)) for n in names if n != "name"]
        if said := [(label, field_told(label, words, unseen)) for label, words in written if words]:
            filled.append((title, said))
    return filled


def _told(definition: MetricDefinition, name: str) -> str:
    """Say what a field holds; figures are in the metric's unit."""
    value = getattr(definition, name)
    return f"{num(value)} {definition.unit}".strip() if isinstance(value, Decimal) else content.words(name, value)


def _compared(versions: list[MetricDefinition], unseen: Collection[str]) -> list[dict[str, Any]]:
    """Return the versions newest first, each with how it differs from the one before."""
    following = [*versions[1:], None]
    return [
        {"version": version, "changes": changes_told(content.changes(before, version), unseen) if before else []}
        for version, before in zip(versions, following, strict=True)
    ]


@login_required
@require_safe
def metric_values(request: HttpRequest, key: str) -> HttpResponse:
    """List every revision of every value, newest period first."""
    metric = visible(request, key)
    form = KnownForm(request.GET)
    moment = form.moment(metric)
    rows = _known(metric, moment, person(request)).select_related("recorded_by", "derivation")
    listing = paginate(request, rows.order_by("-period_start", "segment", "-revision"), _rows_a_page(metric))
    shown = veil(listing, person(request))
    wishes, count = waiting.wishes(metric, person(request))
    context = {
        "wishes": wishes,
        "waiting": count,
        "form": form,
        "moment": moment,
        "by_version": _version_at(metric, moment, person(request)) if moment else None,
        "metric": metric,
        "unit": metric.definition.unit if metric.definition else "",
        "listing": listing,
        "rows": shown,
        "likely": certainty.mark(shown, metric),
        "rights": rights_of(person(request), metric),
    }
    return page(request, "metrics/metric_values.html", context)


def _version_at(metric: Metric, moment: datetime, user: User) -> MetricDefinition | None:
    """Return the version that was in force, its formula as the person may read it."""
    found = queries.version_at(metric, moment)
    if found is not None and found.expression:
        found.expression = veiled(found.expression, hidden_keys([found], user))
    return found


def _rows_a_page(metric: Metric) -> int:
    """Return how many rows a page bears, where each may say what it was worked out from: at most one query."""
    told = len(formulas.inputs_of(metric.definition))
    if admission.aggregated(metric) is not None:
        told = max(told, 1) * metric.segments.named().count()
    return max(5, ROOM // (ROW + (FOOT + told * INPUT if told else 0)))


@login_required
@require_safe
def metric_values_csv(request: HttpRequest, key: str) -> StreamingHttpResponse:
    """Send every revision as CSV, in the columns that the import takes and four that it passes over."""
    metric, form = visible(request, key), KnownForm(request.GET)
    if not form.is_valid():
        raise BadInput({name: [str(each) for each in sentences] for name, sentences in form.errors.items()})
    known = _known(metric, form.moment(metric), person(request)).select_related("recorded_by")
    unseen = hidden_keys([metric.definition] if metric.definition else [], person(request))
    rows = (_value_row(metric, row, unseen) for row in known.iterator(chunk_size=2000))
    return csv_response(f"{metric.key}.csv", csv_rows.COLUMNS + csv_rows.WRITTEN, rows)


def _known(metric: Metric, moment: datetime | None, user: User) -> QuerySet[Observation]:
    """Return every revision that the person may see, or of each period the one that counted at a moment in the past."""
    rows = metric.observations.visible_to(user)
    return rows.known_at(moment) if moment else rows


def _value_row(metric: Metric, row: Observation, unseen: Collection[str]) -> list[object]:
    start, end = (metric.local_day(moment) for moment in (row.period_start, row.period_end))
    if metric.has_short_periods:
        start, end = row.period_start, row.period_end
    value = None if row.value is None else exact(row.value)
    note = veiled(row.note, unseen)
    told = [row.segment, row.sample_size, row.external_id, row.source, note, row.revision, row.reason]
    return [metric.key, start.isoformat(), value, end.isoformat(), *told, row.recorded_at.isoformat(), row.recorded_by]


@login_required
@require_safe
def metric_history(request: HttpRequest, key: str) -> HttpResponse:
    """Show who changed which field of the definition, and when."""
    metric = visible(request, key)
    listing = paginate(request, queries.history(metric), 20)
    events = list(_events(list(listing), metric, person(request)))[::-1]
    context = {"metric": metric, "listing": listing, "events": events}
    return page(request, "metrics/metric_history.html", context)


def _events(rows: list[Any], metric: Metric, user: User) -> Iterator[dict[str, Any]]:
    """Yield each saved state with what it changed of the same version's state before it."""
    before = _just_before(rows, metric)
    unseen = hidden_keys([*before.values(), *rows], user)
    for row in reversed(rows):
        earlier = before.get(row.id)
        before[row.id] = row
        changes = changes_told(content.changes(earlier, row), unseen) if earlier else []
        yield {"row": row, "changes": changes, "first": earlier is None}


def _just_before(rows: list[Any], metric: Metric) -> dict[int, Any]:
    """Return, per version, the newest state that is older than these rows: one query."""
    if not rows:
        return {}
    older = queries.history(metric).filter(id__in={row.id for row in rows}, history_id__lt=rows[-1].history_id)
    return {row.id: row for row in reversed(older)}
