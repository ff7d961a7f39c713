"""Which policy a subject gets, and why not the others."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a policy may ask about a subject; cost in whole units of the house currency."""

    kind: str
    tier: str = ""
    classification: str = ""
    cost: Decimal | None = None
    fragile: bool = False
    high_risk: bool = False
    change_class: str = ""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A policy's constraints; an empty one always holds. Costs include both ends."""

    id: int
    key: str
    name: str
    kind: str
    priority: int = 0
    tiers: tuple[str, ...] = ()
    classifications: tuple[str, ...] = ()
    cost_from: Decimal | None = None
    cost_to: Decimal | None = None
    fragile: bool | None = None
    high_risk: bool | None = None
    change_classes: tuple[str, ...] = ()

    @property
    def constraints(self) -> int:
        """Return how many constraints are set; of equal priority the more specific policy wins."""
        fixed = (self.cost_from, self.cost_to, self.fragile, self.high_risk)
        chosen = (self.tiers, self.classifications, self.change_classes)
        return sum(map(bool, chosen)) + sum(value is not None for value in fixed)


@dataclass(frozen=True)
class Considered:
    """One policy that was looked at: no mismatches means that it fits."""

    candidate: Candidate
    mismatches: tuple[str, ...]


@dataclass(frozen=True)
class Choice:
    """The policy taken, if any, and everything that was looked at, best first."""

    chosen: Candidate | None
    considered: tuple[Considered, ...]


def facts_from(kind: str, raw: Mapping[str, Any]) -> Facts:
    """Read facts as apps and stored requests give them; ValueError for a cost that is not a number."""
    cost = raw.get("cost")
    try:
        exact = None if cost in (None, "") else Decimal(str(cost))
    except InvalidOperation as error:
        raise ValueError(f"{cost!r} is not a cost.") from error
    if exact is not None and not exact.is_finite():
        raise ValueError(f"{cost!r} is not a cost.")
    return Facts(
        kind=kind,
        tier=str(raw.get("tier") or ""),
        classification=str(raw.get("classification") or ""),
        cost=exact,
        fragile=bool(raw.get("fragile")),
        high_risk=bool(raw.get("high_risk")),
        change_class=str(raw.get("change_class") or ""),
    )


def mismatches(candidate: Candidate, facts: Facts) -> Iterator[str]:
    """Yield every reason why the policy does not apply, as a sentence."""
    if candidate.kind != facts.kind:
        yield f"It is for another kind of subject ({candidate.kind})."
    if candidate.tiers and facts.tier not in candidate.tiers:
        yield f"The tier is {facts.tier or 'not stated'}, not {' or '.join(candidate.tiers)}."
    if candidate.classifications and facts.classification not in candidate.classifications:
        stated = facts.classification or "not stated"
        yield f"The classification is {stated}, not {' or '.join(candidate.classifications)}."
    if candidate.cost_from is not None and (facts.cost is None or facts.cost < candidate.cost_from):
        yield f"The cost is {_cost(facts)}, and the policy begins at {candidate.cost_from:,}."
    if candidate.cost_to is not None and (facts.cost is None or facts.cost > candidate.cost_to):
        yield f"The cost is {_cost(facts)}, and the policy ends at {candidate.cost_to:,}."
    if candidate.fragile is not None and candidate.fragile != facts.fragile:
        yield "The ranking is fragile." if facts.fragile else "The ranking is not fragile."
    if candidate.high_risk is not None and candidate.high_risk != facts.high_risk:
        yield "A high-risk metric is concerned." if facts.high_risk else "No high-risk metric is concerned."
    if candidate.change_classes and facts.change_class not in candidate.change_classes:
        wanted = " or ".join(candidate.change_classes)
        if facts.change_class:
            yield f"The change is {facts.change_class}, not {wanted}."
        else:
            yield "It is new, not a change to what is approved."


def _cost(facts: Facts) -> str:
    return "not stated" if facts.cost is None else f"{facts.cost:,}"


def choose(candidates: Iterable[Candidate], facts: Facts) -> Choice:
    """Take the policy that fits with the highest priority; then the most constraints, then the key, decide."""
    ranked = sorted(candidates, key=lambda each: (-each.priority, -each.constraints, each.key))
    considered = tuple(Considered(each, tuple(mismatches(each, facts))) for each in ranked)
    fitting = (each.candidate for each in considered if not each.mismatches)
    return Choice(next(fitting, None), considered)
