"""Rows of the access matrix for the segments of metrics."""

from metrics.models import Metric
from metrics.services import remaking, segments
from tests.access.metrics import EDITORS, NAMED, confidential, internal
from tests.access_matrix import FORBIDDEN, FOUND, HIDDEN, OK, REFUSED, UNUSABLE, Page, People
from tests.factories.metrics import entry, metric, weeks_ago


def restricted(rest: str) -> object:
    """A metric of which the contributor may see one restricted segment."""

    def address(people: People) -> str:
        made = metric(owner=people["owner"], steward=people["owner"])
        row = segments.declare(made, name="North", dimension="region", by=None)
        segments.restrict(made, name="North", restricted=True, by=None)
        segments.grant(row, to=people["contributor"], permission="view_metricsegment", by=None)
        segments.observations.record(made, [entry(weeks_ago(1), 80, segment="North")], by=None)
        return f"/metrics/{made.key}/{rest}"

    return address


def late(people: People) -> str:
    """A metric whose wholes of two weeks were made before one of its segments was used for the first time."""
    made = metric(
        owner=people["owner"], steward=people["owner"], unit="tickets", aggregation="sum", aggregation_over="region"
    )
    for week, name in ((3, "North"), (2, "North"), (1, "North"), (3, "South")):
        segments.observations.record(made, [entry(weeks_ago(week), 5, segment=name)], by=None)
    return f"/metrics/{made.key}/segments/wholes/"


def seen(people: People) -> dict[str, object]:
    """What the form carries of what was shown: the metric is the newest of the row's."""
    return {"seen": remaking.preview(Metric.objects.latest("pk")).version}


MANAGERS = {"owner": OK, "steward": OK}
KEPT = {"owner": OK, "contributor": FORBIDDEN, "auditor": FORBIDDEN}
MADE, OLD = {"owner": FOUND, "steward": FOUND}, {"owner": REFUSED, "steward": REFUSED}
SEEING = {"contributor": OK, "auditor": OK} | MANAGERS

PAGES = [
    Page("metric_wholes", late, FORBIDDEN, MANAGERS, state="late segment"),
    Page("metric_wholes", confidential("segments/wholes/"), HIDDEN, KEPT, state="confidential"),
    Page("metric_wholes", late, FORBIDDEN, MADE, method="POST", data=seen, state="late segment"),
    Page("metric_wholes", late, FORBIDDEN, OLD, method="POST", state="late segment, something else was seen"),
    Page("metric_segments", internal("segments/"), state="internal"),
    Page("metric_segments", confidential("segments/"), HIDDEN, NAMED, state="confidential"),
    Page("metric_segments_csv", internal("segments.csv"), state="internal"),
    Page("metric_segments_csv", confidential("segments.csv"), HIDDEN, NAMED, state="confidential"),
    Page("metric", restricted("?segment=North"), HIDDEN, SEEING, state="restricted segment"),
    Page(
        "metric_radius",
        restricted(f"radius/?period={weeks_ago(1)}&segment=North"),
        HIDDEN,
        SEEING,
        state="restricted segment",
    ),
    Page(
        "metric_segments",
        internal("segments/"),
        FORBIDDEN,
        EDITORS | {"owner": UNUSABLE, "steward": UNUSABLE},
        method="POST",
        state="empty",
    ),
    Page(
        "metric_segments",
        internal("segments/"),
        FORBIDDEN,
        {"owner": FOUND, "steward": FOUND},
        method="POST",
        data={"restrict": ""},
        state="restricting the whole",
    ),
]
