"""`manage.py rank`: the ranking of a decision's options, or of a model in a file, as JSON."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from decisions.domain.scoring import ModelError, Request, by_name, model_from, ranking_json, request_from
from decisions.models import Decision
from decisions.services import drafting, versions

REFUSED, UNREADABLE = 1, 2


class Command(BaseCommand):
    """Ranks the version in force, else the draft; exit 1 when the model is refused, 2 when it cannot be read."""

    help = "Print the ranking of a decision's options, or of a model in a file, as JSON."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take a reference or a file, not both."""
        source = parser.add_mutually_exclusive_group(required=True)
        source.add_argument("reference", nargs="?", help="a decision, such as D-2026-0001")
        source.add_argument("--file", help="a model as JSON; - reads standard input")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the ranking."""
        try:
            ranking = _request(options).answer()
        except ModelError as refused:
            raise CommandError("\n".join(refused.sentences), returncode=REFUSED) from None
        self.stdout.write(json.dumps(ranking_json(ranking), indent=2, ensure_ascii=False))


def _request(options: dict[str, Any]) -> Request:
    if options["file"] is not None:
        return request_from(_text(options["file"]))
    decision = Decision.objects.filter(reference=options["reference"]).first()
    if decision is None:
        raise CommandError(f"There is no decision {options['reference']}.", returncode=UNREADABLE)
    dossier = versions.dossier_in_force(decision) if decision.version else drafting.dossier_of(decision)
    return Request(model=by_name(model_from(dossier)))


def _text(name: str) -> str:
    try:
        return (sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()).decode("utf-8-sig")
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror}.", returncode=UNREADABLE) from None
    except (UnicodeDecodeError, ValueError):
        raise CommandError(f"{name} cannot be read: it is not text in UTF-8.", returncode=UNREADABLE) from None
