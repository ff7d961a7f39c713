"""What every test shares: fast passwords, plain static files, and ledger guards that make way for emptied tables."""

from typing import Any

import pytest
from django.db import connection
from django.test import TransactionTestCase

from approvals import guards

_empty_tables = TransactionTestCase._fixture_teardown


def _lift_guards_then_empty_tables(self: TransactionTestCase) -> None:
    """Let Django empty the tables after a test that commits; the post_migrate it sends puts the guards back."""
    guards.lift(connection)
    _empty_tables(self)


TransactionTestCase._fixture_teardown = _lift_guards_then_empty_tables  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def _quick_and_plain(settings: Any) -> None:
    """Hash passwords fast, and serve static files without a manifest, which only `collectstatic` writes."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
