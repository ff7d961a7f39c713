"""What every test shares: the choice of database, ledger guards that make way for emptied tables, real servers."""

import gc
import os
import shutil
from pathlib import Path

import pytest
from django.conf import settings as site
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import TransactionTestCase
from hypothesis import HealthCheck, settings
from pytest_django import DjangoDbBlocker

from approvals import guards
from metrics import guards as value_guards

pytest_plugins = ["tests.background", "tests.browsing", "tests.scenes"]

# A busy machine is no failure: properties are judged by what holds, never by how long an example took.
settings.register_profile(
    "premise", deadline=None, derandomize="CI" in os.environ, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("premise")

DATABASE_FIXTURES = {"db", "transactional_db", "live_server"}

_empty_tables = TransactionTestCase._fixture_teardown

PAGES_THAT_ASK = {
    *("test_api", "test_audit", "test_known", "test_lists", "test_long_series", "test_read", "test_registry"),
    *("test_scoring_size", "test_size", "test_veiling"),
}
"""Tests of pages that are about queries of their own, or count them: those are made on both databases."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare `--database`; tests/settings.py reads it, before pytest has parsed anything."""
    parser.addoption("--database", choices=["sqlite", "postgresql"], default="sqlite", help="where the suite runs")
    parser.addoption("--only-database", action="store_true", help="leave out what asks no database: one run is enough")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what the run is not for: tests of PostgreSQL alone, and with `--only-database` those that ask none."""
    left_out = [item for item in items if not _belongs(item, config)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if _belongs(item, config)]


def _belongs(item: pytest.Item, config: pytest.Config) -> bool:
    if item.get_closest_marker("postgres"):
        return bool(config.getoption("--database") == "postgresql")
    return not config.getoption("--only-database") or _asks_a_database(item)


def pytest_collection_finish() -> None:
    """Spare what is loaded by now every later search for garbage, and search less often: it adds up."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000)


def _asks_a_database(item: pytest.Item) -> bool:
    journey = "journeys" in item.path.parts
    once = item.get_closest_marker("looks") or item.get_closest_marker("once")
    if once or (item.get_closest_marker("browser") and not journey):
        return False  # whole journeys are made on both; how a page behaves in a browser does not hang on the database
    if "views" in item.path.parts and item.path.stem not in PAGES_THAT_ASK:
        return False  # how a page takes a form: the services behind it are tested on both
    fixtures = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("django_db") is not None or bool(DATABASE_FIXTURES & fixtures)


def pytest_report_header() -> str:
    """Say which database the suite runs on."""
    return f"database: {connection.vendor}"


def _lift_guards_then_empty_tables(self: TransactionTestCase) -> None:
    """Let Django empty the tables after a test that commits; the post_migrate it sends puts the guards back."""
    guards.lift(connection)
    value_guards.lift(connection)
    _empty_tables(self)
    # Checkpoints of a ledger that is no more would rightly call the next one cut off.
    shutil.rmtree(Path(site.VAR) / "checkpoints", ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Note the migrations as applied: tables are made from the models, and readiness would miss them."""
    with django_db_blocker.unblock():
        recorder = MigrationRecorder(connection)
        recorder.ensure_schema()
        wanted = MigrationLoader(connection, ignore_no_migrations=True).disk_migrations
        recorder.migration_qs.bulk_create(recorder.Migration(app=app, name=name) for app, name in wanted)


TransactionTestCase._fixture_teardown = _lift_guards_then_empty_tables  # type: ignore[method-assign]
