"""Do every periodic job once."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from decisions.services.sweeping import sweep


class Command(BaseCommand):
    """Prints what each job did as JSON; exit 1 when one failed."""

    help = "Do every periodic job once, in order: settling, conditions, signals, escalations."

    def handle(self, *args: Any, **options: Any) -> None:
        """Sweep."""
        done = sweep()
        self.stdout.write(json.dumps(done, default=str))
        failed = [name for name, result in done.items() if isinstance(result, dict) and "error" in result]
        if failed:
            raise CommandError(f"These jobs failed: {', '.join(failed)}.")
