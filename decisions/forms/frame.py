"""The frame of a decision: what stands above the sections."""

from decisions.domain.dossier import Frame
from decisions.forms import fields
from decisions.forms.items import ItemForm

TIERS = [("operational", "Operational"), ("tactical", "Tactical"), ("strategic", "Strategic")]
CLASSIFICATIONS = [("internal", "Internal: everybody who signs in"), ("confidential", "Confidential: by invitation")]
LANGUAGES = [("en", "English"), ("ja", "日本語"), ("th", "ไทย"), ("de", "Deutsch"), ("fr", "Français")]


class FrameForm(ItemForm):
    """Title, tier, classification, people and language."""

    item: Frame

    title = fields.line("Title", "What is to be decided, in one line.", **fields.WIDE)
    tier = fields.choice("Tier", TIERS, "How far it reaches; the approval policy follows from it.")
    classification = fields.choice("Classification", CLASSIFICATIONS)
    owner = fields.person("Owner", "Answers for the decision and its re-evaluations.")
    owner_of_last_resort = fields.person("Owner of last resort", "Takes over when nobody answers.")
    language = fields.choice("Language of the text", LANGUAGES)

    def prepare(self, offers: object) -> None:
        """Keep a stored language that is not in the short list."""
        stored = self.initial.get("language", "")
        if stored and stored not in dict(LANGUAGES):
            self.fields["language"] = fields.choice("Language of the text", [*LANGUAGES, (stored, stored)])
