"""The catalogue: sets of metrics to take over, by preview and choice, and the registry's own metrics as such a set."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from approvals.models import User
from config.kit.forms import add_errors
from config.kit.refusals import BadInput
from config.kit.web import page
from metrics.access import may_create
from metrics.domain.catalogue import Catalogue
from metrics.domain.catalogue_reading import NAME, VERSION, BadCatalogue
from metrics.forms.catalogue import ExportForm, OwnerForm, PrefixForm, UploadForm
from metrics.forms.choosing import Choice
from metrics.models import Metric, WaitingFile
from metrics.queries import catalogue as catalogue_reading
from metrics.queries import pairs
from metrics.services import catalogues, cataloguing, previewing, waiting_files
from metrics.services.cataloguing import Outcome
from metrics.services.previewing import Preview
from metrics.views.common import person
from metrics.views.registry import narrowed

SHOWN_OUTCOMES = 60


@login_required
@require_safe
def catalogue_list(request: HttpRequest) -> HttpResponse:
    """Show the sets that come with Premise, what of them is in the registry, and how to bring or take others."""
    context = {
        "sets": catalogue_reading.sets(person(request)),
        "may_import": may_create(person(request)),
        "upload_form": UploadForm(),
        "export_form": ExportForm(),
        "count": catalogue_reading.exportable(person(request)),
    }
    return page(request, "metrics/catalogue_list.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def catalogue_set(request: HttpRequest, name: str) -> HttpResponse:
    """Show what a shipped set holds and, to stewards, what taking it over would do; do it for the chosen rows."""
    catalogue = _shipped(name)
    if request.method == "POST" and not may_create(person(request)):
        raise PermissionDenied("Stewards take metrics over.")
    return _looked_at(request, catalogue)


@login_required
@require_POST
def catalogue_upload(request: HttpRequest) -> HttpResponse:
    """Keep an uploaded catalogue to be looked at; nothing of it is taken over yet."""
    if not may_create(person(request)):
        raise PermissionDenied("Stewards take metrics over.")
    form = UploadForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            text = catalogues.read(form.cleaned_data["file"].read()).text()
        except BadCatalogue as error:
            add_errors(form, {"file": error.sentences})
        else:
            kept = waiting_files.keep(text.encode(), kind=WaitingFile.Kind.CATALOGUE, by=person(request))
            asked = urlencode({"key_prefix": form.cleaned_data["key_prefix"]})
            return redirect(f"{reverse('catalogue_waiting', args=[kept.pk])}?{asked}")
    return page(request, "metrics/catalogue_upload.html", {"form": form}, 422)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def catalogue_waiting(request: HttpRequest, number: UUID) -> HttpResponse:
    """Show what taking over one's own uploaded catalogue would do; do it for the chosen rows."""
    if not may_create(person(request)):
        raise PermissionDenied("Stewards take metrics over.")
    data = waiting_files.look(number, kind=WaitingFile.Kind.CATALOGUE, by=person(request))
    if data is None:
        context = {"form": UploadForm(), "errors": {"id_file": [waiting_files.gone()]}}
        return page(request, "metrics/catalogue_upload.html", context, 404)
    return _looked_at(request, catalogues.read(data), uploaded=True)


def _looked_at(request: HttpRequest, catalogue: Catalogue, *, uploaded: bool = False) -> HttpResponse:
    """Show a page of the preview under a prefix, with what is chosen on all pages; do it when that is asked for."""
    given = request.POST if request.method == "POST" else request.GET
    form = PrefixForm(given if "key_prefix" in given else {"key_prefix": ""})
    by, prefix = person(request), form.cleaned_data["key_prefix"] if form.is_valid() else ""
    choice = Choice.of(request.POST, prefix=prefix) if request.method == "POST" else Choice()
    taking = request.POST.get("take")
    owner_form = OwnerForm(request.POST) if taking else OwnerForm(initial={"owner": given.get("owner")})
    if taking and given.get("prefix_shown", prefix) != prefix:
        form.add_error("key_prefix", "The prefix is another now: look at what would happen under it, then take over.")
    outcomes = None
    try:
        shown = previewing.preview(catalogue, by=by, prefix=prefix)
        if taking and not form.errors and owner_form.is_valid():
            outcomes = _taken_over(shown, choice, owner_form.cleaned_data["owner"], by)
            choice, shown = Choice(), previewing.preview(catalogue, by=by, prefix=prefix)
    except BadInput as error:
        add_errors(form, error.errors)
        shown = previewing.preview(catalogue, by=by)
    context = {
        "catalogue": catalogue,
        "uploaded": uploaded,
        "form": form,
        "owner_form": owner_form,
        "may_import": may_create(by),
        **_leaf(given, shown, choice),
        **(_told(outcomes) if outcomes is not None else {}),
    }
    status = 422 if form.errors or (owner_form.is_bound and owner_form.errors) else 200
    return page(request, "metrics/catalogue_set.html", context, status)


def _taken_over(shown: Preview, choice: Choice, owner: User | None, by: User) -> list[Outcome]:
    return cataloguing.take_over(
        shown.catalogue,
        chosen=choice.chosen(shown),
        by=by,
        prefix=shown.prefix,
        pairs=choice.pairs,
        owner=owner,
    )


def _leaf(given: QueryDict, shown: Preview, choice: Choice) -> dict[str, Any]:
    """Return the page that was asked for, and what it carries of the others."""
    only = given.get("only", "")
    only = only if only in shown.counts else ""
    pages = catalogue_reading.leaves(shown, only=only)
    asked = given.get("page", "1")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 5 else 1
    leaf = pages[min(max(number, 1), len(pages)) - 1]
    return {
        "preview": shown,
        "leaf": leaf,
        "rows_ticked": {row.key for row in leaf.rows if choice.has(row)},
        "pairs_ticked": {row.names for row in leaf.pairs if (row.pair.left, row.pair.right) in choice.pairs},
        "carried": choice.besides(leaf.rows, leaf.pairs),
        "base": choice.base,
        "chosen_count": len(choice.chosen(shown)),
        "only": only,
        "number": pages.index(leaf) + 1,
        "pages": range(1, len(pages) + 1),
    }


def _told(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return what happened, refusals first; of a long list its beginning, and how many more there are."""
    ordered = sorted(outcomes, key=lambda each: each.verdict != cataloguing.REFUSED)
    return {
        "outcomes": ordered[:SHOWN_OUTCOMES],
        "further": max(0, len(ordered) - SHOWN_OUTCOMES),
        "outcome_counts": dict(Counter(each.verdict for each in outcomes)),
        "drafted": any(each.verdict in (previewing.CREATE, previewing.CHANGE) for each in outcomes),
    }


@login_required
@require_safe
def catalogue_file(request: HttpRequest, name: str) -> HttpResponse:
    """Send a shipped set as a file."""
    return _file(_shipped(name))


@login_required
@require_safe
def catalogue_export(request: HttpRequest) -> HttpResponse:
    """Send the metrics that the registry shows the person, by the same filters, as a catalogue."""
    name, version = request.GET.get("name", "registry"), request.GET.get("edition", "1.0")
    if not NAME.fullmatch(name):
        raise BadInput({"name": ["Call the catalogue by lower-case letters, digits and “-”."]})
    if not VERSION.fullmatch(version):
        raise BadInput({"edition": ["Write the version with digits, letters and dots, as 1.0."]})
    chosen = narrowed(request)
    if request.GET.get("state") != Metric.State.RETIRED:
        chosen = chosen.exclude(state=Metric.State.RETIRED)
    if not request.GET.get("confidential"):
        chosen = chosen.filter(classification=Metric.Classification.INTERNAL)
    together = pairs.visible(person(request)).filter(closed_at=None)
    return _file(catalogues.export(chosen, name=name, version=version, title="Metrics of the registry", pairs=together))


def _file(catalogue: Catalogue) -> HttpResponse:
    named: dict[str, Any] = {"Content-Disposition": f'attachment; filename="{catalogue.name}.json"'}
    return HttpResponse(catalogue.text(), content_type="application/json; charset=utf-8", headers=named)


def _shipped(name: str) -> Catalogue:
    found = catalogues.shipped().get(name)
    if found is None:
        raise Http404("There is no such set.")
    return found
