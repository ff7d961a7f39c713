"""What a dossier says that cannot be true together, each with its path: what no draft should be started from."""

from collections.abc import Iterator

from decisions.domain.dossier import Dossier, Estimate
from decisions.domain.reading import Fault
from decisions.domain.scoring import Complaint, model_from, placed_complaints

ORDER = "Low may not be above likely, nor likely above high."


def contradictions(dossier: Dossier) -> Iterator[Fault]:
    """Yield every contradiction; what is only missing is none."""
    yield from _estimates(dossier)
    weights = [criterion.weight for criterion in dossier.criteria.criteria]
    for complaint in placed_complaints(model_from(dossier)):
        if complaint.missing or (not complaint.criterion and not complaint.option and None in weights):
            continue
        yield Fault(_path(dossier, complaint), complaint.sentence)


def _estimates(dossier: Dossier) -> Iterator[Fault]:
    """Yield estimates outside the scores whose numbers do not rise."""
    for index, impact in enumerate(dossier.impacts.impacts):
        if not _rises(impact.estimate):
            yield Fault(f"impacts.impacts[{index}].estimate", ORDER)
    for index, cost in enumerate(dossier.costs.costs):
        for name in ("cost", "effort_days"):
            if not _rises(getattr(cost, name)):
                yield Fault(f"costs.costs[{index}].{name}", ORDER)


def _rises(estimate: Estimate) -> bool:
    given = [part for part in (estimate.low, estimate.likely, estimate.high) if part is not None]
    return given == sorted(given)


def _path(dossier: Dossier, complaint: Complaint) -> str:
    if complaint.part == "score":
        pairs = [(score.criterion, score.option) for score in dossier.criteria.scores]
        return f"criteria.scores[{pairs.index((complaint.criterion, complaint.option))}].estimate"
    if complaint.criterion:
        place = [criterion.id for criterion in dossier.criteria.criteria].index(complaint.criterion)
        return f"criteria.criteria[{place}].{complaint.part}"
    if complaint.option:
        place = [option.id for option in dossier.options.options].index(complaint.option)
        return f"options.options[{place}].{complaint.part or 'name'}"
    return "criteria.criteria"
