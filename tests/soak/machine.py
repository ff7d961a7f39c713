"""Any order of acts on a decision, its requests and its changes: what must always hold, over thousands of steps."""

import sys
import time

from tests.decisions.services.test_state_machine import live
from tests.factories import decisions, metrics
from tests.factories.approvals import approvers
from tests.soak.kills import Outcome

STEPS_OF_A_LIFE = 50


def run(*, steps: int) -> Outcome:
    """Take so many steps, in lives of fifty; wrong is 1 when an invariant broke; the shortest way there is printed."""
    begun = time.monotonic()
    approvers(3)
    metrics.weekly(metrics.metric(key=decisions.RESOLUTION), [82, 84, 83], until=2)
    growth = metrics.metric(key=decisions.BACKLOG, direction="lower", baseline=3, target=2)
    metrics.weekly(growth, [3, 4, 3], until=2)
    wrong = 0
    try:
        live(examples=-(-steps // STEPS_OF_A_LIFE), steps=STEPS_OF_A_LIFE)
    except Exception as broken:  # noqa: BLE001 whatever the invariants raise is the finding
        sys.stderr.write(f"{broken}\n")
        wrong = 1
    return Outcome(tried=steps, lost=0, doubled=0, wrong=wrong, seconds=round(time.monotonic() - begun, 1))
