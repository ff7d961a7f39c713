"""Where an obstacle is mended: its page and the place on it."""

from django.urls import reverse

from decisions.domain.obstacles import Obstacle

LISTS = {"evidence", "success_metrics", "guardrails", "criteria", "commitments", "options", "scenarios", "risks"}

ITEMS = {("option", "options"), ("scenario", "risks"), ("assumption", "criteria")}


def place_of(reference: str, obstacle: Obstacle) -> str:
    """Return the address at which the obstacle is mended."""
    noun, _, identifier = obstacle.anchor.partition("-")
    if noun == "score":
        return f"{reverse('decision_options', args=[reference])}#id_m-{identifier}"
    if noun == "assumptions":
        return reverse("decision_assumptions", args=[reference])
    page = reverse("decision_edit", args=[reference, obstacle.section])
    if noun == "condition":
        assumption, _, condition = identifier.rpartition("-")
        return f"{page}?item={assumption}#condition-{condition}"
    if (noun, obstacle.section) in ITEMS:
        return f"{page}?item={identifier}"
    only = f"?only={identifier.partition('-')[0]}" if noun == "impact" else ""
    return f"{page}{only}#{_fragment(obstacle.anchor)}"


def _fragment(anchor: str) -> str:
    """Return the id on the section's page: of a field, a list, or a row."""
    if anchor in {"assumption_owner", "refresh_on"}:
        return f"id_p-{anchor}"
    if anchor == "trade_off":
        return "id_f-trade_off__first_pole"
    if anchor.startswith("risks-"):
        return "risks"
    if anchor.startswith("side_effect-"):
        return "side_effects"
    return anchor if anchor in LISTS or "-" in anchor else f"id_f-{anchor}"
