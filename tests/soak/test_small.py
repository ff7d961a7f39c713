"""The soak at the size of a suite: a few kills, a few breaches, a short ledger."""

import shutil

import pytest
import redis
from django.conf import settings

from tests.soak import approving, history, kills, poison, tampering


@pytest.fixture(autouse=True)
def no_checkpoints() -> None:
    """Signed files of another test's ledger would rightly accuse this one's."""
    shutil.rmtree(settings.VAR / "checkpoints", ignore_errors=True)


def test_a_worker_killed_in_between_loses_and_doubles_nothing(transactional_db: None, valkey: redis.Redis):
    outcome = kills.run(breaches=6, kills=2, broker=None)
    assert (outcome.tried, outcome.lost, outcome.doubled, outcome.wrong) == (6, 0, 0, 0)


@pytest.mark.django_db
def test_poisoned_signals_stop_are_shown_and_hold_nobody_up():
    outcome = poison.run(breaches=6, poisoned=2)
    assert (outcome.tried, outcome.lost, outcome.doubled, outcome.wrong) == (6, 0, 0, 0)


@pytest.mark.django_db
def test_what_is_kept_of_conditions_is_what_a_rebuild_makes():
    outcome = history.run(events=150)
    assert (outcome.lost, outcome.doubled, outcome.wrong) == (0, 0, 0)


@pytest.mark.django_db
def test_no_tampering_goes_unnamed():
    outcome = tampering.run(entries=6)
    assert outcome.tried > 80
    assert outcome.wrong == 0


@pytest.mark.parametrize("race", approving.RACES)
def test_what_approvers_do_at_the_same_moment_happens_in_one_order(transactional_db: None, race: str):
    outcome = approving.RACES[race](rounds=2)
    assert (outcome.tried, outcome.wrong) == (2, 0)
