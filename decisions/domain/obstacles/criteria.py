"""What scoring, assumptions and the downside scenarios still lack."""

from collections.abc import Iterable, Iterator

from decisions.domain.breaking import metrics_of, mistakes
from decisions.domain.brief import brief
from decisions.domain.dossier import Assumption, BreakCondition, Criterion, Dossier, Estimate, Option, Scenario
from decisions.domain.obstacles.common import Known, Obstacle, blank, metric, person, wrong
from decisions.domain.obstacles.options import label
from decisions.domain.scoring import Complaint, model_from, placed_complaints

_SCENARIO = (
    ("text", "Describe the downside"),
    ("fallback", "Write the fallback action"),
    ("stop_condition", "Write the stop condition"),
)


def scoring(dossier: Dossier) -> Iterator[Obstacle]:
    """Yield what criteria and scores still lack."""
    criteria = dossier.criteria.criteria
    if not criteria:
        yield Obstacle("Name at least one criterion with its weight.", "criteria", "criteria")
    given = {(score.criterion, score.option): score.estimate for score in dossier.criteria.scores}
    for criterion in criteria:
        yield from _criterion(criterion)
        for option in dossier.options.options:
            yield from _score(criterion, option, given.get((criterion.id, option.id)))
    known = {(criterion.id, option.id) for criterion in criteria for option in dossier.options.options}
    yield from _swings(dossier)
    for pair in given.keys() - known:
        sentence = f"A score points to “{' / '.join(pair)}”, which no longer exists; remove the score."
        yield wrong(sentence, "criteria", f"score-{'-'.join(pair)}")


def contradictions(dossier: Dossier, found: Iterable[Obstacle]) -> Iterator[Obstacle]:
    """Yield why the options cannot be ranked, at places where nothing is known to be missing."""
    taken = {obstacle.anchor for obstacle in found if obstacle.section in {"criteria", "options"}}
    if not dossier.criteria.criteria or not dossier.options.options:
        return
    for complaint in placed_complaints(model_from(dossier)):
        section, anchor = _place(complaint)
        if anchor not in taken and f"criterion-{complaint.criterion}" not in taken:
            yield wrong(complaint.sentence, section, anchor)


def _place(complaint: Complaint) -> tuple[str, str]:
    if complaint.criterion:
        kind, rest = ("score", f"-{complaint.option}") if complaint.option else ("criterion", "")
        return "criteria", f"{kind}-{complaint.criterion}{rest}"
    if complaint.option:
        return "options", "options" if complaint.option == "*" else f"option-{complaint.option}"
    return "criteria", "criteria"


def _swings(dossier: Dossier) -> Iterator[Obstacle]:
    """Yield swings that point to a criterion that is no longer there."""
    known = {criterion.id for criterion in dossier.criteria.criteria}
    for swing in dossier.criteria.swings:
        if swing.criterion not in known:
            sentence = f"A swing points to “{swing.criterion}”, which no longer exists; weigh the criteria again."
            yield wrong(sentence, "criteria", "criteria")


def _criterion(criterion: Criterion) -> Iterator[Obstacle]:
    name, anchor = criterion.name.strip() or criterion.id, f"criterion-{criterion.id}"
    if blank(criterion.name):
        yield Obstacle(f"Give criterion “{criterion.id}” a name.", "criteria", anchor)
    if criterion.weight is None or criterion.weight <= 0:
        yield Obstacle(f"Give “{name}” a weight above 0.", "criteria", anchor)
    if criterion.veto and criterion.threshold is None:
        yield Obstacle(f"“{name}” is a veto; give the threshold that excludes an option.", "criteria", anchor)
    if criterion.scale == "linear" and (criterion.worst is None) != (criterion.best is None):
        yield Obstacle(f"Give both the worst and the best of “{name}”, or neither.", "criteria", anchor)
    if criterion.scale == "linear" and criterion.worst is not None and criterion.worst == criterion.best:
        yield wrong(f"The worst and the best of “{name}” are the same; they must differ.", "criteria", anchor)


def _score(criterion: Criterion, option: Option, value: Estimate | None) -> Iterator[Obstacle]:
    what = f"“{label(option)}” on “{criterion.name.strip() or criterion.id}”"
    anchor = f"score-{criterion.id}-{option.id}"
    if value is None or value.likely is None:
        yield Obstacle(f"Score {what}.", "criteria", anchor)
        return
    low = value.likely if value.low is None else value.low
    high = value.likely if value.high is None else value.high
    if not low <= value.likely <= high:
        yield wrong(f"Order the score of {what} so that low ≤ likely ≤ high.", "criteria", anchor)
    if criterion.scale == "direct" and low <= high and not (low >= 0 and high <= 100):
        yield wrong(f"Keep the score of {what} between 0 and 100.", "criteria", anchor)


def assumptions(dossier: Dossier, known: Known) -> Iterator[Obstacle]:
    """Yield what the assumptions beneath the choice still lack."""
    if not dossier.criteria.assumptions:
        yield Obstacle("Write at least one assumption that must hold.", "criteria", "assumptions")
    for assumption in dossier.criteria.assumptions:
        yield from _assumption(assumption, known)
        for condition in assumption.conditions:
            yield from _condition(assumption, condition, known)


def _assumption(assumption: Assumption, known: Known) -> Iterator[Obstacle]:
    anchor, name = f"assumption-{assumption.id}", brief(assumption.statement, 60) or assumption.id
    if blank(assumption.statement):
        yield Obstacle(f"State what assumption “{assumption.id}” says.", "criteria", anchor)
    missing = f"Name who watches over the assumption “{name}”."
    yield from person(assumption.owner, known, missing=missing, section="criteria", anchor=anchor)
    if assumption.probability is None:
        yield Obstacle(f"Say how probable it is, in per cent, that “{name}” holds.", "criteria", anchor)
    if assumption.refresh_on is None:
        yield Obstacle(f"Say when the evidence for “{name}” must be refreshed.", "criteria", anchor)
    checked = not blank(assumption.manual_check) and assumption.manual_check_on is not None
    if not assumption.conditions and not checked:
        yield Obstacle(f"Give “{name}” a break condition, or a manual check with its date.", "criteria", anchor)
    elif not blank(assumption.manual_check) and assumption.manual_check_on is None:
        yield Obstacle(f"Give the manual check of “{name}” a date.", "criteria", anchor)


def _condition(assumption: Assumption, condition: BreakCondition, known: Known) -> Iterator[Obstacle]:
    anchor = f"condition-{assumption.id}-{condition.id}"
    if blank(condition.metric):
        yield Obstacle(f"Choose the metric of condition “{condition.id}”.", "criteria", anchor)
    for key in sorted(metrics_of(condition)):
        yield from metric(key, known, section="criteria", anchor=anchor)
    name = known.metric_name(condition.metric)
    found_wrong = [*mistakes(condition), *_segment(condition, known)]
    for sentence in found_wrong:
        yield wrong(f"Condition “{condition.id}” on “{name}”: {sentence}", "criteria", anchor)
    if not found_wrong and condition.backtest.as_of is None and _has_values(condition, known):
        sentence = f"Replay the condition on “{name}” over its past: save its assumption once."
        yield Obstacle(sentence, "criteria", anchor)


def _segment(condition: BreakCondition, known: Known) -> Iterator[str]:
    """Yield why the segment cannot be watched: there is none, or not of every metric."""
    if not condition.segment and not condition.segment_name:
        return
    found = known.segments.get(condition.segment)
    if found is None or found.metric != condition.metric:
        yield "Its segment is not one of the metric; choose another, or the whole."
        return
    for key in sorted(metrics_of(condition) - {condition.metric} - found.also):
        yield f"“{known.metric_name(key)}” has no such segment; watch it in a condition of its own."


def _has_values(condition: BreakCondition, known: Known) -> bool:
    """Say whether there is a past to replay it over."""
    found = known.segments.get(condition.segment) or known.metrics.get(condition.metric)
    return found is not None and found.has_values


def scenarios(dossier: Dossier, known: Known) -> Iterator[Obstacle]:
    """Yield what the scenarios still lack; a scenario that names no assumption answers every break."""
    if not dossier.risks.scenarios:
        yield Obstacle("Foresee at least one downside, with its fallback and stop condition.", "risks", "scenarios")
    assumed = {assumption.id for assumption in dossier.criteria.assumptions}
    for scenario in dossier.risks.scenarios:
        yield from _scenario(scenario, known, assumed)


def _scenario(scenario: Scenario, known: Known, assumed: set[str]) -> Iterator[Obstacle]:
    anchor, name = f"scenario-{scenario.id}", brief(scenario.text, 60) or scenario.id
    for field, sentence in _SCENARIO:
        if blank(getattr(scenario, field)):
            yield Obstacle(f"{sentence} of scenario “{name}”.", "risks", anchor)
    missing = f"Name who carries out the fallback of “{name}”."
    yield from person(scenario.fallback_owner, known, missing=missing, section="risks", anchor=anchor)
    if not scenario.escalation:
        yield Obstacle(f"Say to whom “{name}” escalates, and after how many hours.", "risks", anchor)
    for step in scenario.escalation:
        missing = f"Name the person of each escalation step of “{name}”."
        yield from person(step.person, known, missing=missing, section="risks", anchor=anchor)
    path = [step.person for step in scenario.escalation if step.person]
    for again in dict.fromkeys(who for place, who in enumerate(path) if who in path[:place]):
        sentence = f"“{name}” escalates to “{again}” twice; name somebody else, or wait longer the first time."
        yield wrong(sentence, "risks", anchor)
    for pointer in scenario.assumptions:
        if pointer not in assumed:
            sentence = f"Scenario “{name}” points to assumption “{pointer}”, which no longer exists."
            yield wrong(sentence, "risks", anchor)
