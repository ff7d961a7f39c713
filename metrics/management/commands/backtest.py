"""Replay a break condition over history: `backtest --file CASE.json` (no database) or `backtest CONDITION_ID`."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from metrics.domain.cases import BadCase, read_case, run_case


class Command(BaseCommand):
    """Prints states and episodes as JSON; a case that cannot be evaluated is a sentence on standard error, exit 2."""

    help = "Replay a break condition over history and print its states and episodes as JSON."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take a condition's number or the file of a case."""
        parser.add_argument("condition", nargs="?", help="number of an armed condition")
        parser.add_argument("--file", help="a case as JSON; - reads it from standard input")

    def handle(self, *args: Any, **options: Any) -> None:
        """Evaluate and print."""
        if options["file"] is None:
            raise CommandError("Name a case with --file CASE.json.", returncode=2)
        try:
            answer = run_case(read_case(_text(options["file"])))
        except BadCase as mistake:
            raise CommandError("\n".join(mistake.sentences), returncode=2) from mistake
        self.stdout.write(json.dumps(answer, indent=2, allow_nan=False))


def _text(name: str) -> str:
    try:
        return (sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()).decode("utf-8-sig")
    except UnicodeDecodeError as mistake:
        raise BadCase([f"{name} is not UTF-8 text."]) from mistake
    except (OSError, ValueError) as mistake:
        raise BadCase([f"{name} cannot be read: {getattr(mistake, 'strerror', None) or mistake}."]) from mistake
