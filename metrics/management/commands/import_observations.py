"""Record values from a CSV file and report row by row."""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.kit.refusals import BadInput
from metrics.domain.intake import Status
from metrics.services import csv_rows, importing


class Command(BaseCommand):
    """Exit code 1 when any row is refused, or the file cannot be read; good rows land all the same."""

    help = f"Record values from a CSV file with the columns {', '.join(csv_rows.COLUMNS)}."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file, and whether to keep anything."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="report what would happen; keep nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write one JSON object, row by row as the rows are taken, so that a large file needs no memory."""
        counts: Counter[str] = Counter()
        try:
            with Path(options["file"]).open("rb") as data:
                imported = importing.import_csv(data, by=None, dry_run=options["dry_run"])
                self.stdout.write('{"rows": [', ending="")
                for number, row in enumerate(imported):
                    counts[row.status] += 1
                    told = {"row": row.row, "metric": row.metric, "status": row.status, "detail": row.sentence}
                    self.stdout.write(("," if number else "") + "\n  " + json.dumps(told), ending="")
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}.") from error
        except BadInput as error:
            raise CommandError(str(error)) from error
        if imported.passed_over:
            self.stderr.write(f"Columns that Premise writes itself are passed over: {', '.join(imported.passed_over)}.")
        totals = {status.value: counts[status] for status in Status}
        self.stdout.write("\n], " + json.dumps(totals | {"dry_run": options["dry_run"]})[1:])
        if counts[Status.REFUSED]:
            self.stderr.write(f"{counts[Status.REFUSED]} of {counts.total()} rows were refused.")
            sys.exit(1)
