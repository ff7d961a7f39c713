"""What every option must bring, so that they can be compared at all."""

from collections.abc import Iterator

from decisions.domain.brief import brief
from decisions.domain.dossier import Dossier, Option, Signal
from decisions.domain.evidence import supported
from decisions.domain.obstacles.common import Known, Obstacle, blank, estimate, metric, wrong

MINIMUM_OPTIONS = 3


def options(dossier: Dossier, known: Known) -> Iterator[Obstacle]:
    """Yield what the options, their impacts, costs and risks still lack."""
    found = dossier.options.options
    if len(found) < MINIMUM_OPTIONS:
        yield Obstacle(f"Compare at least {MINIMUM_OPTIONS} options; there are {len(found)}.", "options", "options")
    if len([option for option in found if option.changes_nothing]) > 1:
        yield wrong("Only one option can be to change nothing; take the mark off the others.", "options", "options")
    held = supported(dossier)
    for option in found:
        yield from _option(option, known, evident=f"option:{option.id}" in held)
        yield from _impacts(option, dossier, known)
        yield from _cost(option, dossier)
        yield from _risks(option, dossier)
    yield from _dangling(dossier)


def label(option: Option) -> str:
    """Return what people call the option."""
    return option.name.strip() or option.id


def _option(option: Option, known: Known, *, evident: bool) -> Iterator[Obstacle]:
    name, anchor = label(option), f"option-{option.id}"
    wanted = (
        (not blank(option.name), f"Give option “{option.id}” a name."),
        (not blank(option.resources), f"Say which resources “{name}” needs."),
        (option.complexity is not None, f"Rate the complexity of “{name}”, 1 to 5."),
        (not blank(option.complexity_reason), f"Give the reason for the complexity of “{name}”."),
        (option.position is not None, f"Place “{name}” on the trade-off, 0 to 100."),
        (not blank(option.position_reason), f"Give the reason for the place of “{name}” on the trade-off."),
        (evident, f"Attach evidence to “{name}”."),
    )
    yield from (Obstacle(sentence, "options", anchor) for present, sentence in wanted if not present)
    yield from _signal(option.signal, "quantitative signal", name, known, anchor)
    yield from _signal(option.risk_indicator, "risk indicator", name, known, anchor)


def _signal(signal: Signal, what: str, name: str, known: Known, anchor: str) -> Iterator[Obstacle]:
    if blank(signal.text) and blank(signal.metric):
        yield Obstacle(f"Give “{name}” a {what}: a metric or a stated quantity, with its bound.", "options", anchor)
        return
    if signal.metric:
        yield from metric(signal.metric, known, section="options", anchor=anchor)
    if signal.bound is None:
        yield Obstacle(f"Give the {what} of “{name}” a bound.", "options", anchor)


def _impacts(option: Option, dossier: Dossier, known: Known) -> Iterator[Obstacle]:
    given = {(impact.option, impact.success_metric): impact.estimate for impact in dossier.impacts.impacts}
    for item in dossier.metrics.success_metrics:
        what = f"the impact of “{label(option)}” on “{known.metric_name(item.metric) or item.id}”"
        anchor = f"impact-{option.id}-{item.id}"
        value = given.get((option.id, item.id))
        if value is None:
            yield Obstacle(f"Estimate {what}: low, likely and high.", "impacts", anchor)
        else:
            yield from estimate(value, what, section="impacts", anchor=anchor)


def _cost(option: Option, dossier: Dossier) -> Iterator[Obstacle]:
    cost = next((cost for cost in dossier.costs.costs if cost.option == option.id), None)
    what, anchor = f"the cost of “{label(option)}”", f"cost-{option.id}"
    if cost is None:
        yield Obstacle(f"Estimate {what}: low, likely and high.", "costs", anchor)
        return
    yield from estimate(cost.cost, what, section="costs", anchor=anchor)
    if any(bound is not None for bound in (cost.effort_days.low, cost.effort_days.likely, cost.effort_days.high)):
        yield from estimate(cost.effort_days, f"the effort of “{label(option)}”", section="costs", anchor=anchor)


def _risks(option: Option, dossier: Dossier) -> Iterator[Obstacle]:
    risks = [risk for risk in dossier.risks.risks if risk.option == option.id and not blank(risk.text)]
    if not risks:
        sentence = f"Name a risk of “{label(option)}” and what is done about it."
        yield Obstacle(sentence, "risks", f"risks-{option.id}")
    for risk in risks:
        if blank(risk.mitigation):
            sentence = f"Say what is done about the risk “{brief(risk.text, 60)}” of “{label(option)}”."
            yield Obstacle(sentence, "risks", f"risk-{risk.id}")


def _dangling(dossier: Dossier) -> Iterator[Obstacle]:
    """Yield what points to an option or a success metric that no longer exists."""
    options_ = {option.id for option in dossier.options.options}
    metrics_ = {item.id for item in dossier.metrics.success_metrics}
    gone = "no longer exists; remove the entry."
    for impact in dossier.impacts.impacts:
        if impact.option not in options_ or impact.success_metric not in metrics_:
            anchor = f"impact-{impact.option}-{impact.success_metric}"
            yield wrong(
                f"An impact points to “{impact.option} / {impact.success_metric}”, which {gone}", "impacts", anchor
            )
    for section, anchor, owner in (
        *(("impacts", f"side_effect-{effect.option}", effect.option) for effect in dossier.impacts.side_effects),
        *(("costs", f"cost-{cost.option}", cost.option) for cost in dossier.costs.costs),
        *(("risks", f"risk-{risk.id}", risk.option) for risk in dossier.risks.risks),
    ):
        if owner not in options_:
            yield wrong(f"An entry under {section} points to the option “{owner}”, which {gone}", section, anchor)
