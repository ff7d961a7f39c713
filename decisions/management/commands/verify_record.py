"""`manage.py verify_record`: tell a true record, evidence pack or proof of growth from a false one; no database."""

from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.core.management.base import BaseCommand, CommandError, CommandParser

from approvals.services import keys
from decisions.record.verify import NotTrue, read_key, verify_file


class Command(BaseCommand):
    """Exit 0 when everything holds, 1 naming the first thing that does not, 2 when a file cannot be read."""

    help = "Verify a record: its data, signatures, proofs, and the bytes of the file."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file and optionally the key to trust."""
        parser.add_argument("file", type=Path, help="a record (PDF), evidence pack (ZIP) or consistency proof (JSON)")
        parser.add_argument("--public-key", type=Path, help="the key to trust; default: those of this installation")

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify under each trusted key; the newest finding speaks when none holds."""
        _refuse_unreadable(options["file"])
        finding = "There is no public key to verify with; name one with --public-key."
        for key in _trusted(options["public_key"]):
            try:
                self.stdout.write(verify_file(options["file"], key))
            except NotTrue as wrong:
                finding = str(wrong)
            else:
                return
        raise CommandError(finding)


def _refuse_unreadable(path: Path) -> None:
    try:
        path.open("rb").close()
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.", returncode=2) from None


def _trusted(path: Path | None) -> list[Ed25519PublicKey]:
    if path is None:
        return list(keys.known_keys().values())
    try:
        return [read_key(path.read_bytes())]
    except ValueError as error:
        raise CommandError(str(error), returncode=2) from None
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.", returncode=2) from None
