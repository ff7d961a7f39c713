"""What the recommendation, the schedule and the provenance of each section still lack."""

from collections.abc import Iterator

from decisions.domain.brief import brief
from decisions.domain.dossier import SECTIONS, Dossier, Provenance
from decisions.domain.evidence import TITLES, claims, pieces, supported
from decisions.domain.obstacles.common import Known, Obstacle, blank, metric, person, wrong
from decisions.domain.obstacles.options import label


def recommendation(dossier: Dossier, known: Known) -> Iterator[Obstacle]:
    """Yield what the recommendation still lacks; a vetoed option cannot be recommended."""
    section = dossier.recommendation
    chosen = next((option for option in dossier.options.options if option.id == section.option), None)
    if chosen is None:
        yield Obstacle("Recommend one of the options.", "recommendation", "option")
    else:
        for criterion in vetoes(dossier, chosen.id):
            sentence = f"“{label(chosen)}” is excluded by the veto on “{criterion}”; recommend another option."
            yield wrong(sentence, "recommendation", "option")
    missing = "Name who answers for the recommended option."
    yield from person(section.owner, known, missing=missing, section="recommendation", anchor="owner")
    if blank(section.rationale):
        yield Obstacle("Write why this option is recommended.", "recommendation", "rationale")


def vetoes(dossier: Dossier, option: str) -> tuple[str, ...]:
    """Return the names of the criteria whose veto excludes the option: its likely score misses the threshold."""
    likely = {score.criterion: score.estimate.likely for score in dossier.criteria.scores if score.option == option}
    found = []
    for criterion in dossier.criteria.criteria:
        value, threshold = likely.get(criterion.id), criterion.threshold
        if not criterion.veto or value is None or threshold is None:
            continue
        if value < threshold if criterion.direction == "max" else value > threshold:
            found.append(criterion.name or criterion.id)
    return tuple(found)


def schedule(dossier: Dossier, known: Known) -> Iterator[Obstacle]:
    """Yield what commitments and the review plan still lack."""
    section = dossier.schedule
    if not section.commitments:
        yield Obstacle("Write at least one commitment: who does what by when.", "schedule", "commitments")
    for item in section.commitments:
        anchor, name = f"commitment-{item.id}", brief(item.text, 60) or item.id
        if blank(item.text):
            yield Obstacle(f"Say what commitment “{item.id}” is about.", "schedule", anchor)
        missing = f"Name who undertakes “{name}”."
        yield from person(item.owner, known, missing=missing, section="schedule", anchor=anchor)
        if item.due_on is None:
            yield Obstacle(f"Say by when “{name}” is done.", "schedule", anchor)
    if section.review_every_days is None:
        yield Obstacle("Say every how many days the decision is reviewed.", "schedule", "review_every_days")


def provenance(dossier: Dossier, known: Known) -> Iterator[Obstacle]:
    """Yield, for each section, the evidence, assumption owner or refresh date that it lacks."""
    held = supported(dossier)
    for key, title in SECTIONS:
        if key not in held:
            yield Obstacle(f"Name an evidence source for “{title}”.", key, "evidence")
        yield from _provenance(key, title, getattr(dossier, key).provenance, known)
    yield from _pieces(dossier, known)


def _pieces(dossier: Dossier, known: Known) -> Iterator[Obstacle]:
    """Yield what single pieces of evidence lack, wherever they stand."""
    existing = claims(dossier)
    for piece in pieces(dossier):
        item, section, anchor = piece.evidence, piece.section, f"piece-{piece.place}"
        if blank(item.title) and blank(item.reference):
            yield Obstacle(f"Say what evidence “{item.id}” of “{TITLES[section]}” is.", section, anchor)
        elif item.kind == "metric":
            yield from metric(item.reference, known, section=section, anchor=anchor)
        elif item.kind == "file" and blank(item.sha256):
            yield Obstacle(f"Upload the file of “{piece.name}”, or make it a document.", section, anchor)
        if not blank(item.owner):
            yield from person(item.owner, known, missing="", section=section, anchor=anchor)
        if any(key not in existing for key in item.supports):
            sentence = f"Choose anew what “{piece.name}” supports: something it named no longer exists."
            yield Obstacle(sentence, section, anchor)


def _provenance(key: str, title: str, given: Provenance, known: Known) -> Iterator[Obstacle]:
    missing = f"Name the assumption owner of “{title}”."
    yield from person(given.assumption_owner, known, missing=missing, section=key, anchor="assumption_owner")
    if given.refresh_on is None:
        yield Obstacle(f"Say when the data of “{title}” must be refreshed.", key, "refresh_on")
