"""Replay a break condition over history: `backtest --file CASE.json` (no database) or `backtest CONDITION_ID`."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from metrics.domain.cases import BadCase, read_case, run_case, written
from metrics.domain.conditions import parse
from metrics.models import Condition
from metrics.services.entries import cadence_of
from metrics.services.replaying import replay


class Command(BaseCommand):
    """Prints states and episodes as JSON; a case that cannot be evaluated is a sentence on standard error, exit 2."""

    help = "Replay a break condition over history and print its states and episodes as JSON."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take a condition's number or the file of a case."""
        parser.add_argument("condition", nargs="?", type=int, help="number of an armed condition")
        parser.add_argument("--file", help="a case as JSON; - reads it from standard input")

    def handle(self, *args: Any, **options: Any) -> None:
        """Evaluate and print."""
        if (options["file"] is None) == (options["condition"] is None):
            raise CommandError("Give either the number of a condition or --file CASE.json.", returncode=2)
        try:
            answer = (
                _stored(options["condition"])
                if options["file"] is None
                else run_case(read_case(_text(options["file"])))
            )
        except BadCase as mistake:
            raise CommandError("\n".join(mistake.sentences), returncode=2) from mistake
        self.stdout.write(json.dumps(answer, indent=2, allow_nan=False))


def _stored(number: int) -> dict[str, Any]:
    """Replay an armed condition over the values stored for its metric."""
    condition = Condition.objects.select_related("metric").filter(pk=number).first()
    if condition is None:
        raise BadCase([f"There is no condition {number}."])
    try:
        folded = replay(condition.metric, parse(condition.spec), as_of=timezone.now(), segment=condition.segment)
    except ValueError as mistake:
        raise BadCase([str(mistake)]) from mistake
    return written(folded, cadence_of(condition.metric))


def _text(name: str) -> str:
    try:
        return (sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()).decode("utf-8-sig")
    except UnicodeDecodeError as mistake:
        raise BadCase([f"{name} is not UTF-8 text."]) from mistake
    except (OSError, ValueError) as mistake:
        raise BadCase([f"{name} cannot be read: {getattr(mistake, 'strerror', None) or mistake}."]) from mistake
