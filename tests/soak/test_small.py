"""The soak at the size of a suite: a few kills, a few breaches, a short ledger."""

import pytest
import redis

from tests.soak import kills, tampering


def test_a_worker_killed_in_between_loses_and_doubles_nothing(transactional_db: None, valkey: redis.Redis):
    outcome = kills.run(decided=2, episodes=2, kills=2, broker=None)
    assert (outcome.tried, outcome.lost, outcome.doubled, outcome.wrong) == (4, 0, 0, 0)


@pytest.mark.django_db
def test_no_tampering_goes_unnamed():
    outcome = tampering.run(entries=6)
    assert outcome.tried > 80
    assert outcome.wrong == 0
