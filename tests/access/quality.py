"""Rows of the access matrix for data quality."""

from metrics.models import QualityIncident
from metrics.services import quality
from tests.access.metrics import NAMED, confidential, internal
from tests.access_matrix import FORBIDDEN, FOUND, HIDDEN, OK, UNUSABLE, Endpoint, Page, People
from tests.factories.metrics import metric, weekly

MANAGERS = {"owner": OK, "steward": OK}
FIGURE = {"period": "2026-01-05", "value": "5", "tolerance": "1", "percent": "", "source": "The ledger"}


def caught(**fields: object) -> object:
    """The address of an open incident."""

    def address(people: People) -> str:
        made = metric(owner=people["owner"], steward=people["owner"], **fields)
        weekly(made, [80, 81] * 7 + [800])
        quality.compute()
        return f"/metrics/incidents/{QualityIncident.objects.get(metric=made).pk}/"

    return address


def quality_of(people: People) -> str:
    """The API's address; everybody who tries may see the metric."""
    return f"/api/v1/metrics/{metric(owner=people['owner']).key}/quality"


PAGES = [
    Page("metric_quality", internal("quality/"), state="internal"),
    Page("metric_quality", confidential("quality/"), HIDDEN, NAMED, state="confidential"),
    Page("metric_checks", internal("quality/checks/"), FORBIDDEN, MANAGERS, state="internal"),
    Page(
        "metric_checks",
        confidential("quality/checks/"),
        HIDDEN,
        {"owner": OK, "contributor": FORBIDDEN, "auditor": FORBIDDEN},
        state="confidential",
    ),
    Page(
        "metric_checks",
        internal("quality/checks/"),
        FORBIDDEN,
        {"owner": UNUSABLE, "steward": UNUSABLE},
        method="POST",
        state="empty",
    ),
    Page("metric_control_figures", internal("quality/figures/"), FORBIDDEN, MANAGERS, state="internal"),
    Page(
        "metric_control_figures",
        internal("quality/figures/"),
        FORBIDDEN,
        {"owner": FOUND, "steward": FOUND},
        method="POST",
        data=FIGURE,
        state="internal",
    ),
    Page("incident_list", "/metrics/incidents/"),
    Page("incident_csv", "/metrics/incidents.csv"),
    Page("incident", caught(), state="internal"),
    Page("incident", caught(classification="confidential"), HIDDEN, {"owner": OK, "auditor": OK}, state="confidential"),
    Page(
        "incident",
        caught(),
        FORBIDDEN,
        {"owner": FOUND, "steward": FOUND},
        method="POST",
        data={"acknowledge": "1"},
        state="open",
    ),
]
ENDPOINTS = [Endpoint("GET", "/api/v1/metrics/{key}/quality", "metrics:read", address=quality_of)]
