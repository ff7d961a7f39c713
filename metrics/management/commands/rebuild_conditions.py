"""Make the cached state of all conditions anew from their values."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from metrics.models import Metric
from metrics.services import conditions


class Command(BaseCommand):
    """What is stored about a condition is a cache; this writes how many rows of it were out of date (0 is healthy)."""

    help = "Evaluate every armed condition over its whole history and store the outcome."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take one metric's key, or none for all."""
        parser.add_argument("--metric", default="", help="the key of one metric; all of them when left out")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the number of conditions that differed, as JSON."""
        chosen = None
        if options["metric"]:
            chosen = Metric.objects.filter(key=options["metric"]).first()
            if chosen is None:
                raise CommandError(f"There is no metric with the key {options['metric']}.")
        self.stdout.write(json.dumps({"changed": conditions.rebuild(metric=chosen)}))
