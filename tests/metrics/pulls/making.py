"""Sources with values, and pulls that are made at once."""

from decimal import Decimal
from typing import Any

from django.utils import timezone

from metrics.models import Metric, Pull, PullRun
from metrics.services import pulling
from metrics.services.pulling import Means
from tests.factories.metrics import weeks_ago
from tests.factories.pulls import source_file


def rows(*values: Any, until: int = 1) -> list[tuple[str, Any]]:
    """Rows of the weeks up to so many weeks ago."""
    return [(weeks_ago(until + len(values) - 1 - place).isoformat(), value) for place, value in enumerate(values)]


def figures(*given: tuple[Any, ...], name: str = "flow.sqlite3") -> str:
    return source_file(given, name=name)


def make(made: Pull, **means: Any) -> PullRun:
    """Have the pull made now; returns its run."""
    Pull.objects.filter(pk=made.pk, state=Pull.State.ON).update(next_run_at=timezone.now())
    pulling.run_due(1, means=Means(**means))
    made.refresh_from_db()
    return made.runs.first()


def counts(run: PullRun) -> tuple[int, int, int, int]:
    return run.stored, run.revised, run.unchanged, run.refused


def current(of: Metric) -> list[Decimal | None]:
    return list(of.observations.current().order_by("period_start").values_list("value", flat=True))
