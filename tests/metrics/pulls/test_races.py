"""Many workers at once: each pull is made by one of them, and its values are stored once."""

import pytest

from approvals.services.defaults import ensure_defaults
from metrics.models import Observation, Pull, PullRun
from metrics.services import pulling
from tests.factories.metrics import weeks_ago
from tests.factories.pulls import pull, source_file
from tests.together import many_at_once

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS, PULLS = 6, 4


def test_each_pull_is_made_by_one_worker():
    ensure_defaults()
    target = source_file([(weeks_ago(1).isoformat(), 5), (weeks_ago(2).isoformat(), 6)])
    for _ in range(PULLS):
        pull(target=target, state=Pull.State.ON)

    made = sum(many_at_once(lambda _: sum(pulling.run_due(PULLS, together=WORKERS).values()), WORKERS))
    left = sum(pulling.run_due(PULLS, together=WORKERS).values())  # what nobody took while they met
    assert made + left == PULLS
    assert set(PullRun.objects.values_list("turn", "outcome")) == {(1, "good")}
    assert Observation.objects.count() == PULLS * 2
