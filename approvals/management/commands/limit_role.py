"""`manage.py limit_role`: let the application add to the ledger and never change it, by PostgreSQL's own rights."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from approvals.services.database_roles import limit
from config.kit.refusals import MoveRefused


class Command(BaseCommand):
    """Run as the role that migrates; prints what the named role may do now, exit 1 with the reason when refused."""

    help = "Limit a PostgreSQL role to what the application needs; with --reads-only, to what an auditor needs."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the role."""
        parser.add_argument("role", help="an existing role that owns none of the tables")
        parser.add_argument(
            "--reads-only", action="store_true", help="it may only read, and only what verify_ledger does"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Grant, and say what."""
        try:
            granted = limit(options["role"], reads_only=options["reads_only"])
        except MoveRefused as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(json.dumps(asdict(granted)))
