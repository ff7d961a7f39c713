"""Take the metrics of a catalogue over into the registry, as drafts, and report row by row."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.kit.refusals import BadInput
from metrics.domain.catalogue_reading import BadCatalogue
from metrics.services import catalogues, cataloguing, previewing


class Command(BaseCommand):
    """Exit code 1 when any row clashes or is refused, 2 when the file is no catalogue; good rows land all the same."""

    help = "Create and change metrics by a catalogue; what is in force stays, a change becomes a draft."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file or the name of a shipped set, a prefix, and whether to keep anything."""
        parser.add_argument("file", help="a catalogue's file, or the name of a set that comes with Premise")
        parser.add_argument("--dry-run", action="store_true", help="report what would happen; keep nothing")
        parser.add_argument("--prefix", default="", help="stands before each key")
        parser.add_argument("--pairs", action="store_true", help="watch the set's pairs too")

    def handle(self, *args: Any, **options: Any) -> None:
        """Take everything over that can be, and print it as JSON."""
        prefix = options["prefix"]
        try:
            catalogue = _catalogue(options["file"])
            shown = previewing.preview(catalogue, by=None, prefix=prefix)
        except BadCatalogue as mistake:
            raise CommandError("\n".join(mistake.sentences), returncode=2) from mistake
        except BadInput as mistake:
            raise CommandError(str(mistake), returncode=2) from mistake
        if options["dry_run"]:
            rows = [{"metric": row.key, "would": row.verdict, "detail": row.why} for row in shown.rows]
            failed = shown.counts[previewing.CLASH]
        else:
            chosen = {row.key: row.version for row in shown.rows}
            pairs = [(row.pair.left, row.pair.right) for row in shown.pairs if row.verdict == previewing.CREATE]
            done = cataloguing.take_over(
                catalogue, chosen=chosen, by=None, prefix=prefix, pairs=pairs if options["pairs"] else ()
            )
            rows = [{"metric": each.key, "did": each.verdict, "detail": each.sentence} for each in done]
            failed = sum(each.verdict == cataloguing.REFUSED for each in done)
        told = {"catalogue": catalogue.name, "version": catalogue.version, "digest": catalogue.digest, "rows": rows}
        self.stdout.write(json.dumps(told | {"dry_run": options["dry_run"]}, indent=2))
        if failed:
            self.stderr.write(f"{failed} of {len(rows)} rows could not be taken over.")
            sys.exit(1)


def _catalogue(named: str) -> Any:
    """Return a shipped set, or what a file holds."""
    if named in catalogues.shipped():
        return catalogues.shipped()[named]
    try:
        return catalogues.read(Path(named).read_bytes())
    except OSError as error:
        raise CommandError(f"{named} cannot be read: {error.strerror}.", returncode=2) from error
