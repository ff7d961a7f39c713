"""Encrypt every kept credential anew with the newest key, so that older keys can be thrown away."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from metrics.services.pulls import reseal


class Command(BaseCommand):
    """Prints how many as JSON; exit 1 when some cannot be decrypted any more."""

    help = "Encrypt the credentials of pulls anew with the first key in CREDENTIALS_KEY."

    def handle(self, *args: Any, **options: Any) -> None:
        """Seal anew."""
        count, unreadable = reseal()
        self.stdout.write(json.dumps({"resealed": count, "unreadable": unreadable}))
        if unreadable:
            raise CommandError("These cannot be decrypted with any key; give them again on their pages.")
