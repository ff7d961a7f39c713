"""Write metrics of the registry as a catalogue, which `import_catalogue` reads elsewhere."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from metrics.domain.catalogue_reading import NAME, VERSION
from metrics.models import Metric, TradeOffPair
from metrics.services import catalogues


class Command(BaseCommand):
    """Canonical JSON on standard output, or in a file: the same metrics, the same bytes."""

    help = "Export metrics as a catalogue: all that are in use, or those of a family, or those named."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take which metrics, and how the catalogue is called."""
        parser.add_argument("keys", nargs="*", help="keys of metrics; none: all that are in use")
        parser.add_argument("--family", help="only those of a family")
        parser.add_argument("--confidential", action="store_true", help="confidential metrics too")
        parser.add_argument("--name", default="registry")
        parser.add_argument("--edition", default="1.0", help="the catalogue's version")
        parser.add_argument("--output", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Write it."""
        if not NAME.fullmatch(options["name"]) or not VERSION.fullmatch(options["edition"]):
            raise CommandError("Call it by lower-case letters, digits and “-”, and its version like 1.0.", returncode=2)
        chosen = Metric.objects.in_use().with_definition()
        if options["keys"]:
            chosen = chosen.filter(key__in=options["keys"])
        if options["family"]:
            chosen = chosen.filter(family=options["family"])
        if not options["confidential"]:
            chosen = chosen.filter(classification=Metric.Classification.INTERNAL)
        if missing := set(options["keys"]) - set(chosen.values_list("key", flat=True)):
            raise CommandError(f"There is no such metric in use: {', '.join(sorted(missing))}.", returncode=2)
        told = {"name": options["name"], "version": options["edition"], "title": "Metrics of the registry"}
        pairs = TradeOffPair.objects.watched().with_metrics()
        text = catalogues.export(chosen, pairs=pairs, **told).text()
        if options["output"]:
            options["output"].write_text(text, encoding="utf-8")
        else:
            self.stdout.write(text)
