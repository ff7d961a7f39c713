"""Rankings kept by what they rank: the same model, asked again, is not simulated again."""

import hashlib

from django.core.cache import cache

from decisions.domain.scoring import Model, Ranking, rank
from decisions.domain.scoring.ranking import WeightDraws

KEPT = 24 * 3600
SCHEME = 1
"""Counts up when a ranking of the same model comes to say something else."""


def ranking_of(model: Model, weights: WeightDraws = "around") -> Ranking:
    """Return the ranking of a model that can be ranked; ModelError like `rank`."""
    said = hashlib.blake2b(repr(model).encode("utf-8", "replace"), digest_size=20).hexdigest()
    key = f"ranking:{SCHEME}:{weights}:{said}"
    found = cache.get(key)
    if not isinstance(found, Ranking):
        found = rank(model, weights=weights)
        cache.set(key, found, KEPT)
    return found
