"""What must be framed before options can be compared: objective, scope, trade-off, measures, limits."""

from collections.abc import Iterator

from decisions.domain.dossier import Background, Dossier, SuccessMetric
from decisions.domain.obstacles.common import Known, Obstacle, blank, metric, person, wrong

_BACKGROUND = (
    ("objective", "Write the objective: what should be different afterwards."),
    ("success_criteria", "Write the success criteria: how you will know that the objective was reached."),
    ("scope_in", "Say what is in scope."),
    ("scope_out", "Say what is out of scope."),
)


def framing(dossier: Dossier, known: Known) -> Iterator[Obstacle]:
    """Yield what the frame, the background, the metrics, constraints and bottlenecks still lack."""
    yield from _frame(dossier, known)
    yield from _background(dossier.background)
    yield from _metrics(dossier, known)
    if blank(dossier.constraints.text):
        yield Obstacle("Describe the constraints: what cannot be had.", "constraints", "text")
    if blank(dossier.bottlenecks.text):
        yield Obstacle("Describe the current bottlenecks.", "bottlenecks", "text")


def _frame(dossier: Dossier, known: Known) -> Iterator[Obstacle]:
    frame = dossier.frame
    if blank(frame.title):
        yield Obstacle("Give the decision a title.", "frame", "title")
    yield from person(frame.owner, known, missing="Name the decision's owner.", section="frame", anchor="owner")
    if not blank(frame.owner_of_last_resort):
        yield from person(frame.owner_of_last_resort, known, missing="", section="frame", anchor="owner_of_last_resort")


def _background(background: Background) -> Iterator[Obstacle]:
    for name, sentence in _BACKGROUND:
        if blank(getattr(background, name)):
            yield Obstacle(sentence, "background", name)
    if background.horizon_months is None:
        yield Obstacle("Give the horizon in months; all options are judged over it.", "background", "horizon_months")
    trade_off = background.trade_off
    if blank(trade_off.first_pole) or blank(trade_off.second_pole):
        yield Obstacle("Name both poles of the trade-off.", "background", "trade_off")
    elif trade_off.first_pole.strip().casefold() == trade_off.second_pole.strip().casefold():
        yield wrong("The two poles of the trade-off are the same; name two.", "background", "trade_off")
    if trade_off.stance is None:
        yield Obstacle("Agree on the stance between the two poles, 0 to 100.", "background", "trade_off")


def _metrics(dossier: Dossier, known: Known) -> Iterator[Obstacle]:
    section = dossier.metrics
    if not section.success_metrics:
        yield Obstacle("Name at least one success metric.", "metrics", "success_metrics")
    for item in section.success_metrics:
        yield from _success_metric(item, known)
    if not section.guardrails:
        yield Obstacle("Set at least one guardrail: a line that must not be crossed.", "metrics", "guardrails")
    for guardrail in section.guardrails:
        anchor = f"guardrail-{guardrail.id}"
        if blank(guardrail.text):
            yield Obstacle(f"Say in words what the guardrail “{guardrail.id}” forbids.", "metrics", anchor)
        if guardrail.metric:
            yield from metric(guardrail.metric, known, section="metrics", anchor=anchor)
            if guardrail.bound is None:
                name = known.metric_name(guardrail.metric)
                yield Obstacle(f"Give the bound of the guardrail on “{name}”.", "metrics", anchor)


def _success_metric(item: SuccessMetric, known: Known) -> Iterator[Obstacle]:
    anchor = f"success_metric-{item.id}"
    if blank(item.metric):
        yield Obstacle(f"Choose the metric of success metric “{item.id}”.", "metrics", anchor)
        return
    missing = list(metric(item.metric, known, section="metrics", anchor=anchor))
    yield from missing
    if missing:
        return
    name = known.metric_name(item.metric)
    if item.definition_version is None:
        yield Obstacle(f"Pin “{name}” to an approved version of its definition.", "metrics", anchor)
    elif item.definition_version not in known.metrics[item.metric].versions:
        yield wrong(
            f"Version {item.definition_version} of “{name}” is not an approved definition; pin an approved one.",
            "metrics",
            anchor,
        )
