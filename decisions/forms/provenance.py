"""What every section carries: where its claims come from, who answers for its assumptions, when its data goes stale."""

from django import forms

from decisions.domain.dossier import Evidence, Provenance
from decisions.domain.evidence import is_pinned
from decisions.forms import fields
from decisions.forms.items import ItemForm, RowForm, rows_of
from decisions.forms.offers import Offers

EVIDENCE_KINDS = [("link", "Link"), ("document", "Document"), ("metric", "Metric")]


class ProvenanceForm(ItemForm):
    """The owner of a section's assumptions, and the day its data must be refreshed."""

    assumption_owner = fields.person("Assumption owner", "Answers for what this section takes for granted.")
    refresh_on = fields.day("Refresh the data by", "From this day on the section counts as overdue.")

    item: Provenance


class EvidenceForm(RowForm):
    """One source."""

    item_type = Evidence
    letter = "e"
    noun = "source"

    title = fields.line("Source")
    kind = fields.choice("Kind", EVIDENCE_KINDS)
    reference = fields.line("Address or number")
    retrieved_on = fields.day("Retrieved on")
    refresh_on = fields.day("Stale from")

    def prepare(self, offers: Offers) -> None:
        """Leave files and pinned values what they are; they come in, and change, through the register."""
        if self.item.kind in {"file", "experiment"} or is_pinned(self.item):
            kept = [("file", "File"), ("experiment", "Experiment")]
            self.fields["kind"].choices = [*EVIDENCE_KINDS, *kept]  # type: ignore[attr-defined]
            for name in ("kind", "reference"):
                self.fields[name].disabled = True

    def clean_reference(self) -> str:
        """Refuse addresses that a browser would run instead of open."""
        reference: str = self.cleaned_data["reference"]
        scheme = reference.partition(":")[0].strip().casefold()
        if scheme in {"javascript", "data", "vbscript", "file"}:
            raise forms.ValidationError("Give an address that starts with https://, or a document number.")
        return reference


EvidenceRows = rows_of(EvidenceForm, at_most=20)
