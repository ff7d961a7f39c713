"""Ranking at the size that design.md names."""

from collections.abc import Iterator

from decisions.domain.scoring import Criterion, Model, Option, Triple, rank
from tests.bench.rows import Row, best

LIMIT = 0.2  # seconds


def measure() -> Iterator[Row]:
    """10,000 draws × 10 options × 12 criteria, every score uncertain, for each way to draw weights."""
    criteria = tuple(
        Criterion(id=f"c{j}", weight=1.0 + j, scale="linear", worst=0.0, best=120.0)
        if j % 2
        else Criterion(id=f"c{j}", weight=3.0)
        for j in range(12)
    )
    options = tuple(
        Option(
            id=f"o{i}",
            cost=1000.0 * i,
            scores={c.id: Triple(float(j), 20.0 + i + j, 60.0 + 2 * i + j) for j, c in enumerate(criteria)},
        )
        for i in range(10)
    )
    model = Model(criteria=criteria, options=options)
    for weights in ("fixed", "uniform", "ordinal", "around"):
        seconds = best(lambda kind=weights: rank(model, weights=kind, draws=10_000))
        yield Row(f"rank 10 × 12 × 10,000, weights {weights}", seconds, "s", LIMIT, 1.0)
