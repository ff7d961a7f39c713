"""What a ranking says, as values. Options and criteria appear by id; weights are shares of the whole."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """One option's place: value 0–100 from the likely scores; options of equal value share the better rank."""

    option: str
    value: float
    rank: int


@dataclass(frozen=True, kw_only=True)
class BreakEven:
    """The share of a criterion beyond which `new_leader` leads, the others in proportion; now it is `stated`."""

    criterion: str
    weight: float
    stated: float
    new_leader: str


@dataclass(frozen=True, kw_only=True)
class WeightFlip:
    """The least share of weight to move, from where (criterion → share) to which criterion, and who then leads."""

    moved: float
    taken: dict[str, float]
    to: str
    weights: dict[str, float]
    new_leader: str


@dataclass(frozen=True, kw_only=True)
class ScoreFlip:
    """The least change of one score, in points of value (signed) and in the criterion's unit; ranges stay put."""

    option: str
    criterion: str
    points: float
    score_from: float
    score_to: float | None
    new_leader: str


@dataclass(frozen=True, kw_only=True)
class FrontierOption:
    """An option that is best at some price per point of value."""

    option: str
    value: float
    cost: float
    price_per_point: float | None


@dataclass(frozen=True, kw_only=True)
class Missed:
    """A likely score on the wrong side of a threshold; with a veto it excludes the option."""

    option: str
    criterion: str
    score: float
    threshold: float
    veto: bool


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """What `rank` found. Options and criteria appear by id; vetoed options only under `vetoed` and `missed`."""

    ranking: tuple[Ranked, ...]
    shares: dict[str, float]
    values: dict[str, dict[str, float]]  # option → criterion → value 0–100 of the likely score
    contributions: dict[str, dict[str, float]]  # option → criterion → points of the option's value
    acceptability: dict[str, tuple[float, ...]]
    central_weights: dict[str, dict[str, float] | None]
    confidence: dict[str, float | None]
    break_even: tuple[BreakEven, ...]
    weight_flip: WeightFlip | None
    score_flip: ScoreFlip | None
    dominated: dict[str, tuple[str, ...]]  # option → those that dominate it
    frontier: tuple[FrontierOption, ...]
    missed: tuple[Missed, ...]
    vetoed: tuple[str, ...]
    fragile: bool
    fragile_reasons: tuple[str, ...]
    leader_first: float  # share of the robustness draws in which the leader comes first
    ranges_from_options: tuple[str, ...]

    @property
    def leaders(self) -> tuple[str, ...]:
        """Return the option, or the options level, at rank 1."""
        return tuple(ranked.option for ranked in self.ranking if ranked.rank == 1)
