"""The assumptions, what would break each, and how often it would have: printed from what was frozen, never replayed."""

from collections.abc import Iterator

from config.kit.charts import line_chart
from decisions.domain import backtests
from decisions.domain.breaking import in_segment, segment_words, words_of
from decisions.domain.conditions import BreakCondition
from decisions.domain.dossier import Assumption, Dossier
from decisions.figures import shown_replay
from decisions.record import words
from decisions.record.blocks import Block, Card, Facts, Figure, Note
from decisions.record.known import Known
from metrics.domain.conditions import BadCondition


def assumptions(dossier: Dossier, known: Known) -> Iterator[Block]:
    """Yield each assumption with what would break it, and the replay that its approvers saw."""
    for position, assumption in enumerate(dossier.criteria.assumptions, start=1):
        broken = [f"Broken {_said(condition, known)} ({condition.severity})" for condition in assumption.conditions]
        yield Card(f"Assumption {position}", assumption.statement, _facts(assumption, known), broken)
        for condition in assumption.conditions:
            yield from _replay(condition, known)


def _facts(assumption: Assumption, known: Known) -> list[tuple[str, str]]:
    pairs = [("Owner", known.person(assumption.owner))]
    if assumption.probability is not None:
        holds = f"{words.number(assumption.probability)} % that it holds to the next review"
        pairs.append(("Probability", holds))
    pairs.append(("Refresh by", words.day(assumption.refresh_on)))
    if assumption.manual_check:
        how = assumption.manual_check.rstrip(". ")
        pairs.append(("Manual check", f"{how}, on {words.day(assumption.manual_check_on)}"))
    if assumption.evidence:
        pairs.append(("Evidence", "; ".join(known.source(source) for source in assumption.evidence)))
    return pairs


def _said(condition: BreakCondition, known: Known) -> str:
    name, unit, cadence = known.named(condition.metric)
    others = {part.metric: known.named(part.metric) for part in condition.parts}
    try:
        return words_of(condition, name, unit, cadence, others)
    except BadCondition:
        return f"when {in_segment(name, segment_words(condition))} is {condition.kind} a bound that is not stated"


def _replay(condition: BreakCondition, known: Known) -> Iterator[Block]:
    """Yield what a replay found before the approval: its chart from the values kept with it, and its figures."""
    kept = condition.backtest
    if kept.as_of is None:
        return
    caption = f"Broken {_said(condition, known)}. Replayed on {words.day(kept.as_of)}. {backtests.outcome(kept)}"
    if kept.points:
        name, unit, _ = known.named(condition.metric)
        shown = shown_replay(condition, kept, name=name, unit=unit, sentence=_said(condition, known))
        yield Figure(caption, line_chart(shown.pop("points"), **shown))
    version = [("Definition", f"version {kept.definition_version}")] if kept.definition_version else []
    untold = [] if kept.points else [("Replay", caption)]
    yield Facts([*untold, *backtests.facts(kept, words.day), *version])
    if kept.warning:
        yield Note("warn", "What the replay warns of", [kept.warning])
