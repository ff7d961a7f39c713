"""Seed the demo into a database that nobody uses yet."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Runs `demo` on the first start; never beside real people, for everybody knows the demo's password."""

    help = "Seed the demo when there is nobody in the database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare `--resume`, for a seeding that was cut off."""
        parser.add_argument("--resume", action="store_true", help="go on: the people are the demo's")

    def handle(self, *_: str, **options: Any) -> None:
        """Seed, or do nothing."""
        if options["resume"] or not get_user_model().objects.exists():
            call_command("demo", stdout=self.stdout, stderr=self.stderr)
