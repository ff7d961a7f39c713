"""Rows of the access matrix for the calculator and for experiments."""

from collections.abc import Callable

from metrics.services import registry
from tests.access_matrix import FORBIDDEN, FOUND, HIDDEN, OK, REFUSED, UNUSABLE, Page, People
from tests.factories.experiments import planned
from tests.factories.metrics import metric

RUNNERS = ("owner", "contributor", "steward")
"""Who may run an experiment of `owner` on a metric to whose values `contributor` may add."""


def experiment(rest: str = "", *, confidential: bool = False) -> Callable[[People], str]:
    def address(who: People) -> str:
        fields = {"classification": "confidential"} if confidential else {}
        on = metric(owner=who["owner"], steward=who["owner"], **fields)
        registry.grant(on, to=who["contributor"], permission="contribute_metric", by=None)
        made = planned(on, by=who["owner"])
        return f"/metrics/experiments/{made.pk}/{rest}"

    return address


STOP = {"verdict": "stopped", "reason": "The form went away."}
NAMED = {"owner": OK, "contributor": OK, "auditor": OK}

PAGES = [
    Page("metric_calculator", "/metrics/calculator/"),
    Page("experiment_list", "/metrics/experiments/"),
    Page("experiment_csv", "/metrics/experiments.csv"),
    Page("experiment_new", "/metrics/experiments/new/", OK, {"auditor": FORBIDDEN}),
    Page("experiment_new", "/metrics/experiments/new/", UNUSABLE, {"auditor": FORBIDDEN}, method="POST"),
    Page("experiment", experiment(), state="planned"),
    Page("experiment", experiment(confidential=True), HIDDEN, NAMED, state="confidential"),
    Page("experiment_edit", experiment("edit/"), FORBIDDEN, dict.fromkeys(RUNNERS, OK), state="planned"),
    Page("experiment_start", experiment("start/"), FORBIDDEN, dict.fromkeys(RUNNERS, FOUND), method="POST"),
    Page("experiment_figures", experiment("figures/"), FORBIDDEN, dict.fromkeys(RUNNERS, REFUSED), state="planned"),
    Page(
        "experiment_judge",
        experiment("judge/", confidential=True),
        HIDDEN,
        {"owner": FOUND, "contributor": FOUND, "auditor": FORBIDDEN},
        method="POST",
        data=STOP,
        state="confidential",
    ),
]
