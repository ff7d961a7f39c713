"""Rows of the access matrix for metrics."""

from datetime import date

from metrics.models import Metric, WaitingFile
from metrics.services import definitions, registry, waiting_files
from tests.access_matrix import FORBIDDEN, FOUND, HIDDEN, OK, REFUSED, UNUSABLE, Endpoint, Page, People
from tests.factories.approvals import approver, steward
from tests.factories.metrics import metric, weekly

VALUE = {"period_start": "2026-01-05", "value": "5"}
EDITORS = {"owner": OK, "contributor": FORBIDDEN, "steward": OK}
"""Who may edit a metric whose owner is `owner` and to whose values `contributor` may add."""


def _metric(people: People, **fields: object) -> Metric:
    made = metric(owner=people["owner"], steward=people["owner"], **fields)
    registry.grant(made, to=people["contributor"], permission="contribute_metric", by=None)
    weekly(made, [80, 81])
    return made


def internal(rest: str = "") -> object:
    return lambda people: f"/metrics/{_metric(people).key}/{rest}"


def confidential(rest: str = "") -> object:
    return lambda people: f"/metrics/{_metric(people, classification='confidential').key}/{rest}"


def draft(rest: str) -> object:
    return lambda people: f"/metrics/{_metric(people, approved=False).key}/{rest}"


def in_review(rest: str) -> object:
    def address(people: People) -> str:
        made = _metric(people, approved=False)
        approver()
        definitions.submit(made, by=steward())
        return f"/metrics/{made.key}/{rest}"

    return address


def retired(rest: str) -> object:
    def address(people: People) -> str:
        made = _metric(people)
        made.state = Metric.State.RETIRED
        made.save()
        return f"/metrics/{made.key}/{rest}"

    return address


def waiting_values(people: People) -> str:
    """Values that the steward has sent and not yet recorded."""
    data = b"metric,period_start,value\none,2026-01-05,1\n"
    return (
        f"/metrics/import/{waiting_files.keep(data, kind=WaitingFile.Kind.VALUES, by=people['steward']).pk}/report.csv"
    )


NAMED = {"owner": OK, "contributor": OK, "auditor": OK}

PAGES = [
    Page("metric_list", "/metrics/"),
    Page("metric_csv", "/metrics.csv"),
    Page("metric_new", "/metrics/new/", FORBIDDEN, {"steward": OK}),
    Page("metric_new", "/metrics/new/", FORBIDDEN, {"steward": UNUSABLE}, method="POST", state="empty"),
    Page("metric_import", "/metrics/import/", OK, {"auditor": FORBIDDEN}),
    Page("metric_import_report", waiting_values, HIDDEN, {"steward": OK, "auditor": FORBIDDEN}),
    Page("metric", internal(), state="internal"),
    Page("metric", confidential(), HIDDEN, NAMED, state="confidential"),
    Page("metric_values", internal("values/"), state="internal"),
    Page("metric_values", confidential("values/"), HIDDEN, NAMED, state="confidential"),
    Page("metric_values_csv", internal("values.csv"), state="internal"),
    Page("metric_values_csv", confidential("values.csv"), HIDDEN, NAMED, state="confidential"),
    Page("metric_radius", internal("radius/"), state="internal"),
    Page("metric_radius", confidential("radius/"), HIDDEN, NAMED, state="confidential"),
    Page("metric_history", internal("history/"), state="internal"),
    Page("metric_history", confidential("history/"), HIDDEN, NAMED, state="confidential"),
    Page("metric_definition", internal("definition/"), FORBIDDEN, EDITORS, state="in force"),
    Page(
        "metric_definition",
        confidential("definition/"),
        HIDDEN,
        {"owner": OK, "contributor": FORBIDDEN, "auditor": FORBIDDEN},
        state="confidential",
    ),
    Page(
        "metric_definition",
        in_review("definition/"),
        FORBIDDEN,
        {"owner": REFUSED, "steward": REFUSED},
        state="in review",
    ),
    Page("metric_people", internal("people/"), FORBIDDEN, EDITORS, state="internal"),
    Page(
        "metric_people",
        confidential("people/"),
        HIDDEN,
        {"owner": OK, "contributor": FORBIDDEN, "auditor": FORBIDDEN},
        state="confidential",
    ),
    Page(
        "metric_people",
        internal("people/"),
        FORBIDDEN,
        {"owner": FOUND, "steward": FOUND},
        method="POST",
        data={"classification": "confidential"},
        state="internal",
    ),
    Page(
        "metric_submit",
        draft("submit/"),
        FORBIDDEN,
        {"owner": FOUND, "steward": FOUND},
        method="POST",
        state="draft",
    ),
    Page(
        "metric_submit",
        internal("submit/"),
        FORBIDDEN,
        {"owner": REFUSED, "steward": REFUSED},
        method="POST",
        state="in force",
    ),
    Page(
        "metric_withdraw",
        in_review("withdraw/"),
        FORBIDDEN,
        {"owner": FOUND, "steward": FOUND},
        method="POST",
        data={"reason": "Not yet."},
        state="in review",
    ),
    Page(
        "metric_record",
        internal("record/"),
        FORBIDDEN,
        {"owner": OK, "contributor": OK, "steward": OK},
        state="internal",
    ),
    Page(
        "metric_record",
        internal("record/"),
        FORBIDDEN,
        {"owner": FOUND, "contributor": FOUND, "steward": FOUND},
        method="POST",
        data=VALUE,
        state="internal",
    ),
    Page(
        "metric_record",
        confidential("record/"),
        HIDDEN,
        {"owner": FOUND, "contributor": FOUND, "auditor": FORBIDDEN},
        method="POST",
        data=VALUE,
        state="confidential",
    ),
    Page(
        "metric_record",
        retired("record/"),
        FORBIDDEN,
        {"owner": REFUSED, "contributor": REFUSED, "steward": REFUSED},
        method="POST",
        data=VALUE,
        state="retired",
    ),
]


def _address(rest: str = "") -> object:
    """The API's address of a metric to which everybody who tries may add."""

    def address(people: People) -> str:
        made = _metric(people)
        for person in people.values():
            registry.grant(made, to=person, permission="contribute_metric", by=None)
        return f"/api/v1/metrics/{made.key}{rest}"

    return address


ENDPOINTS = [
    Endpoint("GET", "/api/v1/metrics", "metrics:read"),
    Endpoint("GET", "/api/v1/metrics/{key}", "metrics:read", address=_address()),
    Endpoint("GET", "/api/v1/metrics/{key}/dependants", "metrics:read", address=_address("/dependants")),
    Endpoint("GET", "/api/v1/metrics/{key}/observations", "metrics:read", address=_address("/observations")),
    Endpoint("GET", "/api/v1/metrics/{key}/segments", "metrics:read", address=_address("/segments")),
    Endpoint(
        "POST",
        "/api/v1/metrics/{key}/observations",
        "metrics:write",
        address=_address("/observations"),
        body={"period_start": date(2026, 1, 5).isoformat(), "value": 5},
    ),
]
