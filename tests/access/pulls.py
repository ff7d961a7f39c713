"""Rows of the access matrix for scheduled pulls."""

from collections.abc import Callable

from metrics.models import Pull
from tests.access.metrics import _metric
from tests.access_matrix import FORBIDDEN, FOUND, HIDDEN, OK, REFUSED, UNUSABLE, Page, People
from tests.factories.pulls import pull


def of(rest: str, **fields: object) -> Callable[[People], str]:
    """The address of a page of one pull of an internal metric whose owner is no steward."""

    def address(people: People) -> str:
        made = pull(_metric(people), **fields)
        return f"/metrics/{made.metric.key}/pulls/{made.pk}/{rest}"

    return address


def confidential(rest: str = "") -> Callable[[People], str]:
    def address(people: People) -> str:
        made = pull(_metric(people, classification="confidential"))
        return f"/metrics/{made.metric.key}/pulls/{made.pk}/{rest}"

    return address


def listed(rest: str = "", **fields: object) -> Callable[[People], str]:
    return lambda people: f"/metrics/{_metric(people, **fields).key}/pulls/{rest}"


READERS = {"owner": OK, "steward": OK, "auditor": OK}
NAMED = {"owner": OK, "contributor": OK, "auditor": OK}
STEWARD = {"steward": OK}

PAGES = [
    Page("pull_list", "/metrics/pulls/"),
    Page("pull_csv", "/metrics/pulls.csv"),
    Page("metric_pulls", listed(), state="internal"),
    Page("metric_pulls", listed(classification="confidential"), HIDDEN, NAMED, state="confidential"),
    Page("pull_new", listed("new/"), FORBIDDEN, STEWARD),
    Page("pull_new", listed("new/"), FORBIDDEN, {"steward": UNUSABLE}, method="POST", state="empty"),
    Page("pull_new", listed("new/", classification="confidential"), HIDDEN,
         {"owner": FORBIDDEN, "contributor": FORBIDDEN, "auditor": FORBIDDEN}, state="confidential"),
    Page("pull", of(""), FORBIDDEN, READERS),
    Page("pull", confidential(), HIDDEN, {"owner": OK, "contributor": FORBIDDEN, "auditor": OK}, state="confidential"),
    Page("pull_runs_csv", of("runs.csv"), FORBIDDEN, READERS),
    Page("pull_edit", of("edit/"), FORBIDDEN, STEWARD),
    Page("pull_edit", of("edit/"), FORBIDDEN, {"steward": UNUSABLE}, method="POST", state="empty"),
    Page("pull_try", of("try/"), FORBIDDEN, STEWARD, method="POST"),
    Page("pull_move", of("start/"), FORBIDDEN, {"steward": FOUND}, method="POST", state="off"),
    Page("pull_move", of("pause/"), FORBIDDEN, {"steward": REFUSED}, method="POST", state="off"),
    Page("pull_move", of("run/", state=Pull.State.ON), FORBIDDEN, {"steward": FOUND}, method="POST", state="running"),
    Page("pull_move", of("vanish/"), FORBIDDEN, {"steward": HIDDEN, "owner": HIDDEN, "auditor": HIDDEN}, method="POST",
         state="no such move"),
]  # fmt: skip
