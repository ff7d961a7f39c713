"""Rows of the access matrix for the course of a metric, and for freezes."""

from datetime import timedelta

from django.utils import timezone

from metrics.domain.freezing import Window
from metrics.models import Metric
from metrics.services import freezes
from metrics.services.freezes import Scope
from tests.access_matrix import FORBIDDEN, FOUND, HIDDEN, OK, UNUSABLE, Page, People
from tests.factories.approvals import approver, steward
from tests.factories.metrics import metric

TODAY = timezone.localdate()
PLAN = {"announce_on": TODAY, "remove_on": TODAY + timedelta(days=90), "reason": "Nobody reads it."}
FREEZE = {
    "begins_on": TODAY,
    "ends_on": TODAY + timedelta(days=7),
    "first_day": TODAY - timedelta(days=90),
    "last_day": TODAY,
    "reason": "The yearly evaluation.",
}
EVERYTHING = FREEZE | {"family": "all"}


def internal(rest: str = "") -> object:
    def address(people: People) -> str:
        approver()
        return f"/metrics/{metric(owner=people['owner'], steward=people['owner']).key}/{rest}"

    return address


def confidential(rest: str = "") -> object:
    return lambda people: f"/metrics/{metric(owner=people['owner'], classification='confidential').key}/{rest}"


def _frozen(target: Metric | None) -> str:
    window = Window(**FREEZE)
    return f"/metrics/freezes/{freezes.declare(Scope(metric=target), window, by=steward()).pk}/end/"


def frozen(people: People) -> str:
    return _frozen(metric(owner=people["owner"], steward=people["owner"]))


def all_frozen(people: People) -> str:
    return _frozen(None)


ENDED = {"method": "POST", "data": {"reason": "Handed in early."}}

PAGES = [
    Page("metric_lifecycle", internal("lifecycle/"), state="internal"),
    Page(
        "metric_lifecycle",
        confidential("lifecycle/"),
        HIDDEN,
        {"owner": OK, "auditor": OK},
        state="confidential",
    ),
    Page(
        "metric_lifecycle",
        internal("lifecycle/"),
        FORBIDDEN,
        {"owner": FOUND, "steward": FOUND},
        method="POST",
        data=PLAN,
        state="in force",
    ),
    Page(
        "metric_lifecycle",
        internal("lifecycle/"),
        FORBIDDEN,
        {"owner": UNUSABLE, "steward": UNUSABLE},
        method="POST",
        state="empty",
    ),
    Page("freeze_list", "/metrics/freezes/"),
    Page("freeze_csv", "/metrics/freezes.csv"),
    Page("freeze_list", "/metrics/freezes/", FORBIDDEN, {"steward": FOUND}, method="POST", data=EVERYTHING),
    Page("freeze_list", "/metrics/freezes/", FORBIDDEN, {"steward": UNUSABLE}, method="POST", state="empty"),
    Page("freeze_end", frozen, FORBIDDEN, {"steward": FOUND}, **ENDED, state="one metric"),
    Page("freeze_end", all_frozen, FORBIDDEN, {"steward": FOUND}, **ENDED, state="all metrics"),
]
