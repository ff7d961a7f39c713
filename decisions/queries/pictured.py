"""The replays of a dossier's break conditions as approvers look at them: drawn from what they sign."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from approvals.subjects import ReviewFigure
from config.kit import charts
from config.kit.days import day_text
from decisions.domain import backtests
from decisions.domain.breaking import Named, conditions_of, metrics_of, mistakes, words_of
from decisions.domain.conditions import Backtest, BreakCondition
from decisions.domain.dossier import Dossier
from decisions.figures import replay_figure
from metrics.services.replaying import revisions

MOST_DRAWN = 2
"""So many charts are drawn on a page of review; the others are told in figures."""
NEVER = "It was never replayed over its metric's past."


def replays_of(dossier: Dossier, metrics: Mapping[str, Named]) -> list[ReviewFigure]:
    """Return every finished condition with its replay as it was kept, and what has changed since: one query."""
    found = [condition for _, condition in conditions_of(dossier) if not mistakes(condition)]
    known = revisions(key for condition in found for key in metrics_of(condition)) if found else {}
    return list(_pictured(found, metrics, known))


def _pictured(
    conditions: list[BreakCondition], metrics: Mapping[str, Named], known: Mapping[str, str]
) -> Iterator[ReviewFigure]:
    drawn = 0
    for condition in conditions:
        kept = condition.backtest
        name, unit, cadence = metrics.get(condition.metric, (condition.metric, "", ""))
        sentence = words_of(condition, name, unit, cadence, metrics)
        figure: charts.Figure | None = None
        if drawn < MOST_DRAWN:
            figure = replay_figure(condition, kept, name=name, unit=unit, sentence=sentence)
            drawn += figure is not None
        yield ReviewFigure(
            heading=f"Breaks {sentence}",
            text=_told(kept),
            figure=replace(figure, rows=()) if figure else None,
            facts=backtests.facts(kept, day_text),
            warning=kept.warning,
            note=backtests.stale_because(condition, backtests.data_of(sorted(metrics_of(condition)), known)),
        )


def _told(kept: Backtest) -> str:
    return f"Replayed on {day_text(kept.as_of)}. {backtests.outcome(kept)}" if kept.as_of else NEVER
