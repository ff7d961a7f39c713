"""`manage.py verify_ledger`: is the ledger what was written?"""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from approvals.services.verification import Report, verify, verify_entry


class Command(BaseCommand):
    """Report as JSON on standard output, sentences on standard error; exit 1 when anything does not hold."""

    help = "Verify the ledger's entries, chain, head and signed checkpoints; exit 1 names the first that does not hold."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what part of the ledger to look at."""
        part = parser.add_mutually_exclusive_group()
        part.add_argument("--since", type=int, default=0, metavar="SEQ", help="only what was written after this entry")
        part.add_argument("--entry", type=int, metavar="SEQ", help="only this entry, and its place under a checkpoint")
        parser.add_argument(
            "--checkpoints", type=Path, metavar="FOLDER", help="checkpoint files kept elsewhere than PREMISE_VAR"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify and report."""
        folder = options["checkpoints"]
        if folder is not None and not folder.is_dir():
            # With no checkpoint from elsewhere all would seem to hold, though nothing was compared.
            raise CommandError(f"There is no folder {folder}, so there are no checkpoints to compare with.")
        if options["entry"] is not None:
            report = verify_entry(options["entry"])
        else:
            report = verify(since=options["since"], folder=folder, progress=self._progress)
        self._say(report)
        self.stdout.write(json.dumps(report.as_json()))
        if not report.ok:
            sys.exit(1)

    def _progress(self, done: int, whole: int) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"{done:,} of {whole:,}")

    def _say(self, report: Report) -> None:
        for sentence in report.problems:
            self.stderr.write(sentence)
        for sentence in report.warnings:
            self.stderr.write(f"Note: {sentence}")
        if report.ok:
            self.stderr.write(f"All holds: {report.entries:,} entries, {report.checkpoints:,} signed checkpoints.")
