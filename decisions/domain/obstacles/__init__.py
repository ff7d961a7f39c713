"""Why a draft may not yet be submitted: every reason at once, in the order of the template's sections."""

from collections.abc import Iterable, Iterator

from decisions.domain.dossier import SECTIONS, Dossier
from decisions.domain.obstacles.common import Known, KnownMetric, KnownSegment, Obstacle
from decisions.domain.obstacles.criteria import assumptions, contradictions, scenarios, scoring
from decisions.domain.obstacles.framing import framing
from decisions.domain.obstacles.options import MINIMUM_OPTIONS, options
from decisions.domain.obstacles.plan import provenance, recommendation, schedule, vetoes
from decisions.domain.parity import DEMANDED_OF_ALL, gaps

__all__ = ["MINIMUM_OPTIONS", "Known", "KnownMetric", "KnownSegment", "Obstacle", "obstacles", "vetoes"]

_ORDER = {key: place for place, key in enumerate(["frame", *(key for key, _ in SECTIONS)])}


def obstacles(dossier: Dossier, known: Known, owed: Iterable[Obstacle] = ()) -> Iterator[Obstacle]:
    """Yield every reason why the dossier may not be sent for approval; `owed` are reasons from outside its content."""
    found = [
        *framing(dossier, known),
        *options(dossier, known),
        *scoring(dossier),
        *assumptions(dossier, known),
        *scenarios(dossier, known),
        *recommendation(dossier, known),
        *schedule(dossier, known),
        *provenance(dossier, known),
        *(Obstacle(gap.sentence, gap.section, gap.anchor) for gap in gaps(dossier) if gap.facet not in DEMANDED_OF_ALL),
    ]
    found += contradictions(dossier, found)
    found += owed
    yield from sorted(dict.fromkeys(found), key=lambda obstacle: _ORDER[obstacle.section])
