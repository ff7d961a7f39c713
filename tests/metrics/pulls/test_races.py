"""Many workers at once: each pull is made by one of them, and its values are stored once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from approvals.services.defaults import ensure_defaults
from metrics.models import Observation, Pull, PullRun
from metrics.services import pulling
from tests.factories.metrics import weeks_ago
from tests.factories.pulls import pull, source_file

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS, PULLS = 6, 4


def test_each_pull_is_made_by_one_worker():
    ensure_defaults()
    target = source_file([(weeks_ago(1).isoformat(), 5), (weeks_ago(2).isoformat(), 6)])
    for _ in range(PULLS):
        pull(target=target, state=Pull.State.ON)

    def work(_: int) -> int:
        try:
            return sum(pulling.run_due(PULLS, together=WORKERS).values())
        finally:
            connection.close()

    with ThreadPoolExecutor(WORKERS) as pool:
        made = sum(pool.map(work, range(WORKERS)))
    left = sum(pulling.run_due(PULLS, together=WORKERS).values())  # what nobody took while they met
    assert made + left == PULLS
    assert set(PullRun.objects.values_list("turn", "outcome")) == {(1, "good")}
    assert Observation.objects.count() == PULLS * 2
