"""`manage.py export_record`: the record of a decision as a PDF file."""

from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.kit.refusals import MoveRefused
from decisions.models import Decision, DecisionVersion
from decisions.record.rendering import draw
from decisions.services import records


class Command(BaseCommand):
    """Writes the PDF; exit 1 when there is no such decision or nothing to export, 2 when the file cannot be written."""

    help = "Write the record of a decision as a PDF."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the reference, where to write, and optionally an earlier version."""
        parser.add_argument("reference", help="a decision, such as D-2026-0001")
        parser.add_argument("--output", required=True, type=Path, help="the PDF to write")
        # `--version` is Django's own.
        parser.add_argument("--number", type=int, help="an approved version by its number; default: the one in force")

    def handle(self, *args: Any, **options: Any) -> None:
        """Draw in this process, which has no threads, and write."""
        subject = _subject(options["reference"], options["number"])
        try:
            exported = records.export(subject, by=None, draw=partial(draw, fonts=Path(settings.FONTS_DIR)))
        except MoveRefused as refused:
            raise CommandError("\n".join(map(str, refused.reasons))) from None
        output: Path = options["output"]
        try:
            output.write_bytes(exported.pdf)
        except OSError as error:
            raise CommandError(f"{output} cannot be written: {error.strerror}.", returncode=2) from None
        self.stderr.write(f"Wrote {output}, SHA-256 {exported.sha256}.")


def _subject(reference: str, number: int | None) -> Decision | DecisionVersion:
    decision = Decision.objects.filter(reference=reference).first()
    if decision is None:
        raise CommandError(f"There is no decision {reference}.")
    if number is None:
        return decision
    version = decision.versions.filter(number=number).first()
    if version is None:
        raise CommandError(f"{reference} has no approved version {number}.")
    return version
