"""Parity: whether all options are worked out to the same depth, and which lacks what the others have.

Depth is counted in facets (summary, resources, signal, side effects, …). What every option must have anyway is an
obstacle already; parity says what *some* have and others lack, so that no option wins by being better described.
"""

from collections.abc import Callable
from dataclasses import dataclass

from decisions.domain.dossier import Dossier, Estimate, Option, Signal
from decisions.domain.evidence import supported

Facet = tuple[str, str, Callable[[Dossier, Option], bool]]


@dataclass(frozen=True)
class Gap:
    """Something that an option lacks and another has."""

    option: str
    facet: str
    sentence: str
    section: str
    anchor: str


@dataclass(frozen=True)
class Depth:
    """How far one option is worked out: facets present out of all that exist."""

    option: str
    name: str
    present: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def kinds(self) -> tuple[tuple[str, int, int], ...]:
        """Return (kind, facets present, facets there are) for fields, evidence, signals and depth."""
        return tuple(
            (kind, sum(facet in self.present for facet in facets), len(facets)) for kind, facets in KINDS.items()
        )

    @property
    def share(self) -> float:
        """Return the share of facets that are there, 0 to 1."""
        return len(self.present) / (len(self.present) + len(self.missing))


KINDS: dict[str, tuple[str, ...]] = {
    "fields": ("summary", "resources", "complexity with its reason", "place on the trade-off"),
    "evidence": ("evidence",),
    "signals": ("quantitative signal", "risk indicator"),
    "depth": (
        "impact on every success metric",
        "side effects",
        "cost estimate",
        "effort estimate",
        "risk with mitigation",
    ),
}
"""What facets are of the same kind."""


def _full(estimate: Estimate) -> bool:
    return None not in (estimate.low, estimate.likely, estimate.high)


def _stated(signal: Signal) -> bool:
    return bool(signal.text.strip() or signal.metric) and signal.bound is not None


def _impacts(dossier: Dossier, option: Option) -> bool:
    given = {i.success_metric for i in dossier.impacts.impacts if i.option == option.id and _full(i.estimate)}
    return bool(given) and given >= {item.id for item in dossier.metrics.success_metrics}


def _side_effects(dossier: Dossier, option: Option) -> bool:
    return any(effect.option == option.id and effect.text.strip() for effect in dossier.impacts.side_effects)


def _cost(dossier: Dossier, option: Option) -> bool:
    return any(cost.option == option.id and _full(cost.cost) for cost in dossier.costs.costs)


def _effort(dossier: Dossier, option: Option) -> bool:
    return any(cost.option == option.id and _full(cost.effort_days) for cost in dossier.costs.costs)


def _risk(dossier: Dossier, option: Option) -> bool:
    return any(risk.option == option.id and risk.mitigation.strip() for risk in dossier.risks.risks)


FACETS: tuple[Facet, ...] = (
    ("summary", "options", lambda _, option: bool(option.summary.strip())),
    ("resources", "options", lambda _, option: bool(option.resources.strip())),
    ("complexity with its reason", "options", lambda _, option: bool(option.complexity and option.complexity_reason)),
    ("place on the trade-off", "options", lambda _, option: option.position is not None),
    ("quantitative signal", "options", lambda _, option: _stated(option.signal)),
    ("risk indicator", "options", lambda _, option: _stated(option.risk_indicator)),
    ("evidence", "options", lambda dossier, option: f"option:{option.id}" in supported(dossier)),
    ("impact on every success metric", "impacts", _impacts),
    ("side effects", "impacts", _side_effects),
    ("cost estimate", "costs", _cost),
    ("effort estimate", "costs", _effort),
    ("risk with mitigation", "risks", _risk),
)
DEMANDED_OF_ALL = frozenset(facet for facet, _, _ in FACETS) - {"summary", "side effects", "effort estimate"}
"""Facets whose absence is an obstacle in itself, whatever the other options have."""

_ANCHORS = {
    "options": "option-{}",
    "impacts": "side_effect-{}",
    "costs": "cost-{}",
    "risks": "risks-{}",
}


def parity(dossier: Dossier) -> tuple[Depth, ...]:
    """Return how far each option is worked out, in the order of the options."""
    return tuple(_depth(dossier, option) for option in dossier.options.options)


def gaps(dossier: Dossier) -> tuple[Gap, ...]:
    """Return what some options lack and at least one other has."""
    depths = parity(dossier)
    section_of = {facet: section for facet, section, _ in FACETS}
    had = {facet: depth.name for depth in reversed(depths) for facet in depth.present}
    return tuple(
        Gap(
            depth.option,
            facet,
            f"“{depth.name}” has no {facet}, while “{had[facet]}” has; work both out to the same depth.",
            section_of[facet],
            _ANCHORS[section_of[facet]].format(depth.option),
        )
        for depth in depths
        for facet in depth.missing
        if facet in had
    )


def _depth(dossier: Dossier, option: Option) -> Depth:
    present = tuple(facet for facet, _, there in FACETS if there(dossier, option))
    missing = tuple(facet for facet, _, _ in FACETS if facet not in present)
    return Depth(option.id, option.name.strip() or option.id, present, missing)
