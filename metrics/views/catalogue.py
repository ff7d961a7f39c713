"""The catalogue: sets of metrics to take over, by preview and choice, and the registry's own metrics as such a set."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from config.kit.refusals import BadInput
from config.kit.web import page
from metrics.access import may_create
from metrics.domain.catalogue import Catalogue
from metrics.domain.catalogue_reading import NAME, VERSION, BadCatalogue
from metrics.forms.catalogue import ChosenForm, ExportForm, PrefixForm, UploadForm
from metrics.models import Metric
from metrics.queries import catalogue as catalogue_reading
from metrics.queries import pairs
from metrics.services import catalogues, cataloguing
from metrics.views.common import add_errors, person
from metrics.views.registry import narrowed


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
    given = request.POST if request.method == "POST" else request.GET
    form = PrefixForm(given if "key_prefix" in given else {"key_prefix": ""})
    chosen = ChosenForm(request.POST) if request.POST.get("take") else None
    return _shown(request, catalogue, form, chosen, text="")


@login_required
@require_POST
def catalogue_upload(request: HttpRequest) -> HttpResponse:
    """Show what taking over an uploaded catalogue would do; do it for the chosen rows."""
    if not may_create(person(request)):
        raise PermissionDenied("Stewards take metrics over.")
    form = UploadForm(request.POST, request.FILES)
    catalogue = None
    if form.is_valid():
        try:
            catalogue = catalogues.read(form.data_given())
        except BadCatalogue as error:
            add_errors(form, {"file": error.sentences})
    if catalogue is None:
        return page(request, "metrics/catalogue_upload.html", {"form": form}, 422)
    chosen = ChosenForm(request.POST) if form.cleaned_data["take"] else None
    prefix_form = PrefixForm({"key_prefix": form.cleaned_data["key_prefix"]})
    return _shown(request, catalogue, prefix_form, chosen, text=catalogue.text())


def _shown(
    request: HttpRequest, catalogue: Catalogue, form: PrefixForm, chosen: ChosenForm | None, *, text: str
) -> HttpResponse:
    """Show the preview under a prefix, after doing what was chosen from the one before."""
    by, outcomes, status = person(request), None, 200
    prefix = form.cleaned_data["key_prefix"] if form.is_valid() else ""
    if chosen is not None and chosen.is_valid() and form.is_valid():
        owner = chosen.cleaned_data["owner"]
        rows, both = chosen.rows(), chosen.pairs()
        outcomes = cataloguing.take_over(catalogue, chosen=rows, by=by, prefix=prefix, pairs=both, owner=owner)
    try:
        shown = cataloguing.preview(catalogue, by=by, prefix=prefix)
    except BadInput as error:
        add_errors(form, error.errors)
        shown = cataloguing.preview(catalogue, by=by)
    if form.errors or (chosen is not None and chosen.errors):
        status = 422
    context = {
        "catalogue": catalogue,
        "preview": shown,
        "families": catalogue_reading.by_family(shown),
        "outcomes": outcomes,
        "drafted": any(each.verdict in (cataloguing.CREATE, cataloguing.CHANGE) for each in outcomes or ()),
        "form": form,
        "chosen_forms": [chosen] if chosen is not None else [],
        "chosen_form": chosen if chosen is not None and chosen.errors else ChosenForm(),
        "text": text,
        "may_import": may_create(by),
    }
    return page(request, "metrics/catalogue_set.html", context, status)


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
