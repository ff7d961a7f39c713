"""Rows of the access matrix for the steward's desk, reports, disputes and relevance."""

from metrics.services import disputes
from tests.access.metrics import _metric
from tests.access_matrix import FORBIDDEN, FOUND, HIDDEN, OK, REFUSED, UNUSABLE, Page, People

NAMED = {"owner": OK, "contributor": OK, "auditor": OK}
KEEPERS = {"owner": FOUND, "steward": FOUND}


def beside(rest: str, **fields: object) -> object:
    return lambda people: f"/metrics/{_metric(people, **fields).key}/{rest}"


def disputed(**fields: object) -> object:
    """A dispute that `contributor` opened about a metric of `owner`."""

    def address(people: People) -> str:
        made = _metric(people, **fields)
        found = disputes.dispute_definition(made, version=1, reason="It counts twice.", by=people["contributor"])
        return f"/metrics/{made.key}/disputes/{found.pk}/"

    return address


PAGES = [
    Page("steward_desk", "/metrics/desk/"),
    Page("dispute_list", "/metrics/disputes/"),
    Page("dispute_csv", "/metrics/disputes.csv"),
    Page("metric_reports", "/metrics/reports/"),
    Page("metric_reports_csv", "/metrics/reports.csv"),
    Page("metric_disputes", beside("disputes/"), state="internal"),
    Page("metric_disputes", beside("disputes/", classification="confidential"), HIDDEN, NAMED, state="confidential"),
    Page(
        "metric_disputes",
        beside("disputes/"),
        FOUND,
        {"auditor": FORBIDDEN},
        method="POST",
        data={"about": "definition", "reason": "It counts twice."},
        state="internal",
    ),
    Page("metric_dispute", disputed(), state="open"),
    Page("metric_dispute", disputed(classification="confidential"), HIDDEN, NAMED, state="confidential"),
    Page(
        "metric_dispute",
        disputed(),
        FOUND,
        {"auditor": FORBIDDEN, "contributor": REFUSED},
        method="POST",
        data={"act": "join", "reason": "So it does."},
        state="joined",
    ),
    Page(
        "metric_dispute",
        disputed(),
        FORBIDDEN,
        {"contributor": FOUND},
        method="POST",
        data={"act": "withdraw"},
        state="taken back",
    ),
    Page(
        "metric_dispute",
        disputed(),
        FORBIDDEN,
        KEEPERS,
        method="POST",
        data={"act": "uphold", "reason": "So it does."},
        state="answered",
    ),
    Page("metric_dispute", disputed(), UNUSABLE, method="POST", state="no button"),
    Page("metric_relevance", beside("relevance/"), state="internal"),
    Page("metric_relevance", beside("relevance/", classification="confidential"), HIDDEN, NAMED, state="confidential"),
    Page(
        "metric_relevance",
        beside("relevance/"),
        FORBIDDEN,
        KEEPERS,
        method="POST",
        data={"outcome": "confirmed", "said": "Support is steered by it.", "every_days": "365"},
        state="internal",
    ),
]
