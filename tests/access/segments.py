"""Rows of the access matrix for the segments of metrics."""

from metrics.services import segments
from tests.access.metrics import EDITORS, NAMED, confidential, internal
from tests.access_matrix import FORBIDDEN, FOUND, HIDDEN, OK, UNUSABLE, Page, People
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


MANAGERS = {"owner": OK, "steward": OK}
SEEING = {"contributor": OK, "auditor": OK} | MANAGERS

PAGES = [
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
