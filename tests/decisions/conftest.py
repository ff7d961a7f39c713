"""What decisions rest on in many of these tests: two metrics with values, and people who may sign."""

from pathlib import Path
from typing import Any

import pytest

from metrics.models import Metric
from tests.factories import metrics
from tests.factories.approvals import approvers
from tests.factories.decisions import BACKLOG, RESOLUTION


@pytest.fixture
def var(settings: Any, tmp_path: Path) -> Path:
    """A place of its own for keys and checkpoint files."""
    settings.VAR = tmp_path
    return tmp_path


@pytest.fixture
def backlog(kept: Any) -> Metric:
    """Both metrics and three approvers; the backlog has three quiet weeks, the last one two weeks ago."""
    return kept(quiet_weeks)


def quiet_weeks() -> Metric:
    approvers(3)
    metrics.weekly(metrics.metric(key=RESOLUTION), [82, 84, 83], until=2)
    growth = metrics.metric(key=BACKLOG, direction="lower", baseline=3, target=2, tolerance_low=0, tolerance_high=5)
    metrics.weekly(growth, [3, 4, 3], until=2)
    return growth
