"""The list of decisions, on the page and as CSV."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_GET

from config.kit.web import csv_response, page, paginate
from decisions import access
from decisions.forms.filters import PortfolioFilter
from decisions.queries import portfolio as query
from decisions.views.request import SignedIn

PER_PAGE = 40


def _wanted(request: SignedIn) -> tuple[PortfolioFilter, dict[str, str]]:
    """Return the filter form and what it asks for; what it refuses is looked for as it stands and finds nothing."""
    form = PortfolioFilter(request.GET, user=request.user)
    form.is_valid()
    names = [*form.fields, "sort"]
    return form, {name: request.GET.get(name, "")[:200] for name in names}


@login_required
@require_GET
def portfolio(request: SignedIn) -> HttpResponse:
    """Show the decisions that fit the filters."""
    form, wanted = _wanted(request)
    now = timezone.now()
    listing = paginate(request, query.found(request.user, wanted, now=now), PER_PAGE)
    context = {
        "filters": form,
        "filtered": any(value for name, value in wanted.items() if name != "sort"),
        "listing": listing,
        "rows": list(query.rows_of(listing, now=now)),
        "columns": _columns(request, wanted["sort"]),
        "query": request.GET.urlencode(),
        "may_create": access.may_create(request.user),
    }
    return page(request, "decisions/decision_list.html", context)


def _columns(request: SignedIn, sort: str) -> list[dict[str, str]]:
    """Return the sortable heads: a second click turns the order round."""
    columns = []
    for name, label in query.SORTS.items():
        query_string = request.GET.copy()
        query_string.pop("page", None)
        query_string["sort"] = f"-{name}" if sort == name else name
        order = {name: "ascending", f"-{name}": "descending"}.get(sort, "")
        columns.append({"name": name, "label": label, "query": query_string.urlencode(), "order": order})
    return columns


@login_required
@require_GET
def portfolio_csv(request: SignedIn) -> HttpResponseBase:
    """Stream the same decisions as a file."""
    _, wanted = _wanted(request)
    now = timezone.now()
    rows = query.rows_of(query.found(request.user, wanted, now=now).iterator(chunk_size=500), now=now)
    return csv_response("decisions.csv", query.HEADER, (row.cells() for row in rows))
