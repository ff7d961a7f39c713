"""Rows of the access matrix for the calculator and for experiments."""

from collections.abc import Callable
from decimal import Decimal

from metrics.services import experiments, registry
from tests.access_matrix import FORBIDDEN, FOUND, HIDDEN, OK, REFUSED, UNUSABLE, Page, People
from tests.factories.metrics import metric

RUNNERS = {"owner": OK, "contributor": OK, "steward": OK}
"""Who may run an experiment of `owner` on a metric to whose values `contributor` may add."""


def experiment(rest: str = "", *, confidential: bool = False, started: bool = False) -> Callable[[People], str]:
    def address(who: People) -> str:
        fields = {"classification": "confidential"} if confidential else {}
        on = metric(owner=who["owner"], steward=who["owner"], **fields)
        registry.grant(on, to=who["contributor"], permission="contribute_metric", by=None)
        made = experiments.plan(
            by=who["owner"],
            metric=on,
            title="Shorter form",
            hypothesis="A shorter form is finished more often.",
            variants=["Long", "Short"],
            base=Decimal(40),
            effect=Decimal(5),
        )
        if started:
            experiments.start(made, by=who["owner"])
        return f"/metrics/experiments/{made.pk}/{rest}"

    return address


FIGURES = {"m0v0_cases": "100", "m0v0_count": "40", "m0v1_cases": "100", "m0v1_count": "52"}
STOP = {"verdict": "stopped", "reason": "The form went away."}
NAMED = {"owner": OK, "contributor": OK, "auditor": OK}

PAGES = [
    Page("metric_calculator", "/metrics/calculator/"),
    Page("metric_calculator", "/metrics/calculator/?ask=size&base=x&effect=", UNUSABLE, state="not a number"),
    Page("experiment_list", "/metrics/experiments/"),
    Page("experiment_csv", "/metrics/experiments.csv"),
    Page("experiment_new", "/metrics/experiments/new/", OK, {"auditor": FORBIDDEN}),
    Page("experiment_new", "/metrics/experiments/new/", UNUSABLE, {"auditor": FORBIDDEN}, method="POST"),
    Page("experiment", experiment(), state="planned"),
    Page("experiment", experiment(confidential=True), HIDDEN, NAMED, state="confidential"),
    Page("experiment_edit", experiment("edit/"), FORBIDDEN, RUNNERS, state="planned"),
    Page(
        "experiment_edit",
        experiment("edit/", started=True),
        FORBIDDEN,
        dict.fromkeys(RUNNERS, REFUSED),
        method="POST",
        state="running",
    ),
    Page("experiment_start", experiment("start/"), FORBIDDEN, dict.fromkeys(RUNNERS, FOUND), method="POST"),
    Page(
        "experiment_start",
        experiment("start/", confidential=True),
        HIDDEN,
        {"owner": FOUND, "contributor": FOUND, "auditor": FORBIDDEN},
        method="POST",
        state="confidential",
    ),
    Page("experiment_figures", experiment("figures/", started=True), FORBIDDEN, RUNNERS, state="running"),
    Page("experiment_figures", experiment("figures/"), FORBIDDEN, dict.fromkeys(RUNNERS, REFUSED), state="planned"),
    Page(
        "experiment_figures",
        experiment("figures/", started=True),
        FORBIDDEN,
        dict.fromkeys(RUNNERS, FOUND),
        method="POST",
        data=FIGURES,
        state="running",
    ),
    Page("experiment_judge", experiment("judge/", started=True), FORBIDDEN, RUNNERS, state="running"),
    Page(
        "experiment_judge",
        experiment("judge/", started=True),
        FORBIDDEN,
        dict.fromkeys(RUNNERS, FOUND),
        method="POST",
        data=STOP,
        state="running",
    ),
]
