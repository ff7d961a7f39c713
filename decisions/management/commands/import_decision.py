"""Create a draft from a file."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.kit.refusals import BadInput
from decisions.services import importing, people


class Command(BaseCommand):
    """Prints the reference as JSON; exit 1 with every reason when the file is refused."""

    help = "Create a draft from the shape that record.json carries under `dossier` (a whole record will do)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the file and the owner."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--owner", default="", help="user name of the draft's owner; else the dossier's own")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import."""
        owner = people.find(options["owner"])
        if options["owner"] and owner is None:
            raise CommandError(f"There is nobody active with the name “{options['owner']}”.")
        try:
            decision = importing.import_decision(importing.parse_file(options["file"].read_bytes()), owner=owner)
        except OSError as error:
            raise CommandError(f"The file cannot be read: {error.strerror}.") from error
        except BadInput as refusal:
            raise CommandError("\n".join(_lines(refusal))) from refusal
        self.stdout.write(json.dumps({"reference": decision.reference}))


def _lines(refusal: BadInput) -> list[str]:
    return [
        f"{path}: {sentence}" if path else sentence
        for path, sentences in refusal.errors.items()
        for sentence in sentences
    ]
