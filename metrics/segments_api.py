"""The API of a metric's segments, mounted by config.api: which there are, of those that the token's holder may see."""

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest
from ninja import Query, Router, Schema

from approvals.auth import BearerToken
from metrics import bodies
from metrics.access import seen
from metrics.models import Metric
from metrics.queries.segmented import listed, sight_of
from metrics.schemas import LatestOut, Page, written

router = Router(tags=["metrics"])


class SegmentOut(Schema):
    """One segment: `name` is what its values carry, `code` what a dossier's conditions name it by.

    It is one from `opened_from` to the day before `closed_from`, without limit where they are null.
    """

    name: str
    code: str
    dimension: str
    restricted: bool
    opened_from: date | None
    closed_from: date | None
    latest: LatestOut | None


class SegmentList(Schema):
    """A part of a metric's segments; `aggregation` says how the whole is made of them, empty where it is not."""

    items: list[SegmentOut]
    count: int
    aggregation: str


@router.get(
    "/metrics/{key}/segments",
    auth=BearerToken("metrics:read"),
    response=SegmentList,
    summary="The segments of a metric that you may see",
    openapi_extra={"responses": bodies.problems(404, 422)},
)
def list_segments(request: HttpRequest, key: str, page: Query[Page], dimension: str = "") -> dict[str, Any]:
    """List them by dimension and name, each with its latest value; those that you may not see are not counted."""
    user = request.auth.user  # type: ignore[attr-defined]
    metric = seen(user, key, Metric.objects.with_definition()) if key.isascii() else None
    if metric is None:
        raise Http404
    found = [row for row in sight_of(metric, user).segments if dimension in {"", row.dimension}]
    items = listed(metric, user, found[page.offset : page.offset + page.limit])
    aggregation = metric.definition.aggregation if metric.definition else ""
    return {"items": [_out(each) for each in items], "count": len(found), "aggregation": aggregation}


def _out(course: Any) -> dict[str, Any]:
    row, latest = course.row, course.latest
    names = ("name", "code", "dimension", "restricted", "opened_from", "closed_from")
    value = latest and {
        "period_start": latest.period_start,
        "period_end": latest.period_end,
        "value": written(latest.value),
    }
    return {name: getattr(row, name) for name in names} | {"latest": value}
