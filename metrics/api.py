"""The API of metrics, mounted by config.api: read the registry and its values, record values."""

from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import Query, Router

from approvals.auth import BearerToken
from approvals.models import User
from config.kit.refusals import BadInput
from config.kit.web import problem
from metrics import bodies
from metrics.access import may_contribute, shown
from metrics.domain.intake import Status
from metrics.models import Metric
from metrics.queries import narrowing
from metrics.queries import quality as quality_reading
from metrics.queries import stored as queries
from metrics.queries.radius import asked_about, radius_of
from metrics.schemas import DependantList, MetricList, MetricOut, ObservationList, Page, QualityOut, Recorded, rows_of
from metrics.services import observations

router = Router(tags=["metrics"])
READ, WRITE = BearerToken("metrics:read"), BearerToken("metrics:write")


@router.get(
    "/metrics",
    auth=READ,
    response=MetricList,
    summary="List the metrics you may see",
    openapi_extra={"responses": bodies.problems(422)},
)
def list_metrics(request: HttpRequest, page: Query[Page], q: str = "", state: str = "") -> dict[str, Any]:
    """Filter by state and by words in key or name."""
    found = narrowing.registry(_person(request), search=q, state=state)
    return {"items": queries.for_api(page.cut(found), _person(request)), "count": found.count()}


@router.get(
    "/metrics/{key}",
    auth=READ,
    response=MetricOut,
    summary="One metric with the definition in force",
    openapi_extra={"responses": bodies.problems(404, 422)},
)
def get_metric(request: HttpRequest, key: str) -> dict[str, Any]:
    """Return the metric, its definition in force and its latest value."""
    return queries.for_api([_visible(request, key)], _person(request))[0]


@router.get(
    "/metrics/{key}/observations",
    auth=READ,
    response=ObservationList,
    summary="Values, oldest first",
    openapi_extra={"responses": bodies.problems(404, 422)},
)
def list_observations(
    request: HttpRequest, key: str, page: Query[Page], segment: str = "", revisions: bool = False
) -> dict[str, Any]:
    """Return what counts now; with `revisions` every revision."""
    found = queries.values(_visible(request, key), _person(request), segment=segment, revisions=revisions)
    return {"items": list(page.cut(found)), "count": found.count()}


@router.get(
    "/metrics/{key}/dependants",
    auth=READ,
    response=DependantList,
    summary="What rests on a metric, a version of its definition, or the value of a period",
    openapi_extra={"responses": bodies.problems(404, 422)},
)
def list_dependants(
    request: HttpRequest, key: str, version: str = "", period: str = "", segment: str = ""
) -> dict[str, Any]:
    """Name what you may see; `hidden` counts the rest for those who may change values or the definition, else null.

    Decisions and their conditions are named to tokens that have the scope decisions:read.
    """
    metric = _visible(request, key)
    asked = asked_about(metric, {"version": version, "period": period, "segment": segment}, _person(request))
    found = radius_of(metric, _person(request), asked)
    token = getattr(request, "auth", None)
    whole = token is not None and "decisions:read" in token.scopes
    items = [each for each in found.reached if whole or each.kind == "report"]
    return {"items": items, "count": len(items), "hidden": found.hidden}


@router.get(
    "/metrics/{key}/quality",
    auth=READ,
    response=QualityOut,
    summary="How the checks of a metric's data stand",
    openapi_extra={"responses": bodies.problems(404, 422)},
)
def get_quality(request: HttpRequest, key: str) -> dict[str, Any]:
    """Return the score with how it is made, what each check last said, and the incidents that go on."""
    return quality_reading.for_api(_visible(request, key), _person(request))


@router.post(
    "/metrics/{key}/observations",
    auth=WRITE,
    response=Recorded,
    summary="Record one value, or a list of up to 10,000",
    openapi_extra=bodies.RECORDING,
)
def post_observations(request: HttpRequest, key: str) -> HttpResponse:
    """Answer for every row. Sending the same again changes nothing and says so.

    A correction of a frozen period is `waiting`: it is recorded once somebody else has approved it.
    """
    try:
        entries, single = bodies.entries_in(request.body)
        results = observations.record_by_key(key, entries, by=_person(request), source="api") if key.isascii() else None
    except RequestDataTooBig:
        return problem(413, "Too large", "Send less at a time: at most 10,000 rows.")
    except BadInput:
        _check_contributor(request, key)
        raise
    if results is None:
        raise Http404
    if all(result.status is Status.REFUSED for result in results):
        return _all_refused(results, single=single)
    # The answer is built by its schema's own function: to check it against the schema once more takes as long again.
    return JsonResponse(rows_of(results), content_type="application/json; charset=utf-8")


def _all_refused(results: list[observations.RowResult], *, single: bool) -> HttpResponse:
    errors = [{"row": result.row, "detail": result.sentence} for result in results[:100]]
    detail = results[0].sentence if single else f"None of the {len(results)} rows could be recorded."
    return problem(422, "The input is not usable", detail, errors)


def _visible(request: HttpRequest, key: str) -> Metric:
    """Return the metric; 404 alike for what is not there and what this person may not see."""
    return _shown(request, key, Metric.objects.with_definition().filter(key=key).first() if key.isascii() else None)


def _check_contributor(request: HttpRequest, key: str) -> None:
    """Whose values will not be taken, whatever they are, hears that first."""
    if not may_contribute(_person(request), _visible(request, key)):
        raise PermissionDenied(observations.NOT_YOURS)


def _shown(request: HttpRequest, key: str, found: Metric | None) -> Metric:
    metric = shown(_person(request), key, found)
    if metric is None:
        raise Http404
    return metric


def _person(request: HttpRequest) -> User:
    """Return the holder of the token."""
    person: User = request.auth.user  # type: ignore[attr-defined]
    return person
