"""Models that several tests share, and a builder for small ones."""

from collections.abc import Mapping, Sequence

from decisions.domain.scoring import Criterion, Model, Option, Triple

Number = float | Sequence[float]

OFFICE_WEIGHTS = {"closeness": 32, "visibility": 26, "image": 23, "size": 10, "comfort": 6, "parking": 3}
OFFICE_ROWS = {
    "closeness": (100, 20, 80, 70, 40, 0, 60),
    "visibility": (60, 80, 70, 50, 60, 0, 100),
    "image": (100, 10, 0, 30, 90, 70, 20),
    "size": (75, 30, 0, 55, 100, 0, 50),
    "comfort": (0, 100, 10, 30, 60, 80, 50),
    "parking": (90, 30, 100, 90, 70, 0, 80),
}
OFFICE_COSTS = dict(zip("ABCDEFG", (30000, 15000, 5000, 12000, 30000, 15000, 10000), strict=True))


def triple(number: Number) -> Triple:
    return Triple(*map(float, number)) if isinstance(number, Sequence) else Triple.exactly(float(number))


def model(
    weights: Mapping[str, float],
    scores: Mapping[str, Mapping[str, Number]],
    costs: Mapping[str, float] | None = None,
    **criterion: object,
) -> Model:
    """Build a model from weights by criterion and scores by option; `criterion` sets fields of every criterion."""
    return Model(
        criteria=tuple(Criterion(id=name, weight=weight, **criterion) for name, weight in weights.items()),
        options=tuple(
            Option(id=name, scores={c: triple(s) for c, s in row.items()}, cost=(costs or {}).get(name))
            for name, row in scores.items()
        ),
    )


def office() -> Model:
    """Goodwin and Wright's office location, by SMART."""
    scores = {o: {c: row[i] for c, row in OFFICE_ROWS.items()} for i, o in enumerate("ABCDEFG")}
    return model(OFFICE_WEIGHTS, scores, OFFICE_COSTS)


def identity(size: int = 3) -> Model:
    """Return the model in which every option is best on one criterion and worst on all others."""
    names = [f"c{i}" for i in range(size)]
    return model(
        dict.fromkeys(names, 1.0),
        {f"o{i}": {name: 100.0 * (i == j) for j, name in enumerate(names)} for i in range(size)},
    )
