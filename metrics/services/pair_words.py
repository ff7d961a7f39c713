"""What is said of pairs of metrics, in words: for notices, pages and commands alike."""

from typing import Any

from config.kit.charts.scale import number_text
from metrics.domain.trade_offs import Course, Move
from metrics.models import Metric, TradeOffEpisode

VERDICTS = {Course.BETTER: "improved", Course.WORSE: "got worse", Course.STEADY: "hardly moved"}


def headline(episode: TradeOffEpisode) -> str:
    """Name which metric improved and which got worse."""
    pair = episode.pair
    better, worse = (pair.left, pair.right) if episode.improved == "left" else (pair.right, pair.left)
    return f"{better.name} improves while {worse.name} gets worse"


def told(episode: TradeOffEpisode) -> str:
    """Say of both sides how far they had moved when the episode fired."""
    pair = episode.pair
    sides = ((pair.left, "left"), (pair.right, "right"))
    return " ".join(moved(metric, read(episode.moves.get(side) or {})) for metric, side in sides)


def moved(metric: Metric, move: Move) -> str:
    """Say which way a metric went, from where to where, and whether that is good."""
    if move.before is None or move.recent is None:
        return f"{metric.name} has too few settled values to tell."
    unit = metric.definition.unit if metric.definition else ""
    before, recent = (level(value, unit) for value in (move.before, move.recent))
    if move.course is Course.STEADY:
        return f"{metric.name} went from {before} to {recent}, which is within its noise."
    return f"{metric.name} {VERDICTS[move.course]}: from {before} to {recent}."


def level(value: float, unit: str) -> str:
    """Write a level to four digits, with its unit."""
    text = number_text(float(f"{value:.4g}"))
    return f"{text}\u202f{unit}" if unit else text


def read(kept: dict[str, Any]) -> Move:
    """Return a move from what `Move.plain` wrote."""
    numbers = {
        name: None if kept.get(name) is None else float(kept[name]) for name in ("before", "recent", "threshold")
    }
    return Move(Course(kept.get("course", Course.UNKNOWN)), **numbers)
