"""Rows of the access matrix for retention and legal holds."""

from metrics.services import holds
from tests.access_matrix import FORBIDDEN, FOUND, HIDDEN, OK, UNUSABLE, Page, People
from tests.factories.approvals import administrator
from tests.factories.metrics import metric


def held(people: People) -> str:
    return f"/metrics/retention/holds/{holds.place(by=administrator(), reason='A claim.', reference='LG-1').pk}/lift/"


def internal(people: People) -> str:
    return f"/metrics/{metric(owner=people['owner'], personal_data=True, retention_days=30).key}/retention/"


def confidential(people: People) -> str:
    made = metric(owner=people["owner"], classification="confidential", personal_data=True, retention_days=30)
    return f"/metrics/{made.key}/retention/"


HOLDS = {"steward": UNUSABLE, "administrator": UNUSABLE}
PAGES = [
    Page("retention_list", "/metrics/retention/"),
    Page("retention_list", "/metrics/retention/", FORBIDDEN, HOLDS, method="POST"),
    Page("retention_csv", "/metrics/retention.csv"),
    Page("hold_lift", held, FORBIDDEN, HOLDS, method="POST", state="runs"),
    Page("metric_retention", internal),
    Page("metric_retention", confidential, HIDDEN, {"owner": OK, "auditor": OK}, state="confidential"),
    Page(
        "metric_retention",
        internal,
        FORBIDDEN,
        {"owner": FOUND, "steward": FOUND, "administrator": FOUND},
        method="POST",
    ),
]
