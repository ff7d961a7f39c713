"""`manage.py create_api_token NAME --scope SCOPE…`: a key for a program."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from approvals.models import User
from approvals.services.people import SCOPES, create_token
from config.kit.refusals import BadInput


class Command(BaseCommand):
    """Print the token once, as JSON; it cannot be shown again."""

    help = "Create a token for the API and print it once."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the program's name, its scopes and, where it acts for a person, that person."""
        parser.add_argument("name", help="what will use the token")
        parser.add_argument("--scope", nargs="+", action="extend", required=True, help=f"any of {', '.join(SCOPES)}")
        parser.add_argument(
            "--user", "--username", dest="username", help="act as this person instead of an own account"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Create and print."""
        user = None
        if options["username"]:
            user = User.objects.filter(username=options["username"], is_active=True).first()
            if user is None:
                raise CommandError(f"There is no active person {options['username']}.")
        scopes = [part for scope in options["scope"] for part in scope.replace(",", " ").split()]
        try:
            token, text = create_token(name=options["name"], scopes=scopes, user=user)
        except BadInput as error:
            raise CommandError(str(error)) from error
        self.stderr.write("Keep this token; it is not shown again.")
        shown = {"name": token.name, "user": token.user.username, "scopes": token.scopes, "token": text}
        self.stdout.write(json.dumps(shown))
