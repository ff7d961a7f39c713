"""Make the pulls that are due: claimed by one worker at a time, fetched outside transactions, kept in one.

A worker that dies loses its lease, and the next claim counts that as a failure: a pull that kills its workers stops
like one whose source is away. Failures are told to the metric's steward once, when the pull is given up; so is that
values arrive again.
"""

import logging
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from traceback import format_tb

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from approvals.services import ledger, notices
from config.kit import leases, wake
from config.kit.canonical import utc_text
from config.kit.locking import locked
from config.kit.refusals import BadInput, MoveRefused
from metrics.access import keepers_of
from metrics.domain.answers import NoAnswer, Readings, readings
from metrics.domain.intake import Status
from metrics.domain.pacing import gives_up, retry_after
from metrics.models import Pull, PullRun
from metrics.services import fetching, observations
from metrics.services.arrivals import entries_of
from metrics.services.entries import cadence_of
from metrics.services.pulls import TOPIC
from metrics.services.reaching import Reach

LEASE = timedelta(seconds=120)  # above the time limit of an answer and the time that 10,000 rows take to keep
AT_ONCE, IN_A_SWEEP = 2, 200  # pulls in one go: a task that waits for slow servers keeps others waiting
# Half of the workers stay free for what people wait for, however many servers hang.
MOST_TOGETHER = max(1, settings.CELERY_WORKER_CONCURRENCY // 2)
SHOWN_REFUSALS = 5
KEPT_RUNS = 500  # the newest of each pull
DIED = "The worker that made it died."
Outcome = PullRun.Outcome

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Means:
    """What a run needs of the world, so that a test can bring its own."""

    reach: Reach = field(default_factory=Reach)
    clock: Callable[[], datetime] = timezone.now
    chance: Callable[[], float] = random.random


def sweep(now: datetime) -> dict[str, int]:
    """Make everything that is due, here and now."""
    return run_due(IN_A_SWEEP, together=IN_A_SWEEP)


def run_due(limit: int = AT_ONCE, *, means: Means | None = None, together: int = MOST_TOGETHER) -> dict[str, int]:
    """Make up to `limit` pulls that are due, one after another; returns how often each thing happened.

    Does nothing while `together` pulls are in the hands of workers already.
    """
    world = means or Means()

    def one() -> str | None:
        run = _claim(world.clock(), together)
        return None if run is None else _make(run, world)

    return wake.take_turn(one, limit=limit, topic=TOPIC)


@transaction.atomic
def _claim(now: datetime, together: int) -> PullRun | None:
    """Take the pull that has waited longest in hand, and enter that it runs."""
    if Pull.objects.filter(leased_until__gt=now).count() >= together:
        return None
    free = leases.free(Pull.objects.due(now), now)
    found = leases.first(free.order_by("next_run_at", "pk"))
    if found is None or not leases.take(free, found, until=now + LEASE, counter="turns"):
        return None
    found.refresh_from_db()
    left = PullRun.objects.filter(pull=found, outcome=Outcome.RUNNING)
    if left.update(outcome=Outcome.FAILED, finished_at=now, error=DIED) and _failed(found, DIED, now, chance=0.5):
        return _claim(now, together)
    return PullRun.objects.create(pull=found, turn=found.turns, started_at=now, asked_by=found.asked_by)


def _make(run: PullRun, means: Means) -> str:
    """Fetch, outside any transaction, and keep what came; whatever goes wrong stops neither this nor the next pull."""
    pull = Pull.objects.select_related("metric").get(pk=run.pull_id)
    try:
        rows = fetching.rows_of(pull, now=run.started_at, reach=means.reach)
        found = readings(rows, cadence=cadence_of(pull.metric), now=run.started_at)
        return _keep(run, found, means)
    except NoAnswer as error:
        return _end_badly(run, str(error), means)
    except (MoveRefused, BadInput) as refusal:
        return _end_badly(run, str(refusal), means)
    except Exception as error:  # noqa: BLE001 - the next pull must not suffer from this one, whatever is wrong with it
        # Its words could be the answer's; where it happened is all that may be logged.
        where = "".join(format_tb(error.__traceback__))
        logger.error("Pull %s broke off with %s.\n%s", pull.pk, type(error).__name__, where)
        return _end_badly(run, f"Premise could not read the answer ({type(error).__name__}).", means)


def _mine(run: PullRun) -> Pull | None:
    """Return the pull, locked, while this run still holds it."""
    rows = Pull.objects.select_related("metric__steward")
    return locked(rows.filter(pk=run.pull_id, turns=run.turn, state=Pull.State.ON)).first()


def _keep(run: PullRun, found: Readings, means: Means) -> str:
    """Record the values and end the run, together; values of a run that was lost are not recorded."""
    with transaction.atomic(), ledger.gathered():
        pull = _mine(run)
        if pull is None:
            return "lost"
        arrived = entries_of(pull, found)
        results = observations.record(pull.metric, arrived.entries, by=None, source=arrived.source) if arrived else []
        refused = found.refused + [f"{_day(each)}: {each.sentence}" for each in results if each.status == "refused"]
        counts = Counter(str(each.status) for each in results)
        run.rows = len(found.ready) + len(found.refused) + found.waiting + found.empty
        run.stored, run.revised = counts[Status.STORED], counts[Status.REVISED]
        run.unchanged = arrived.unchanged + counts[Status.UNCHANGED]
        run.refused, run.waiting = len(refused), found.waiting + counts[Status.WAITING]
        run.refusals = refused[:SHOWN_REFUSALS]
        if refused and run.refused == run.rows:
            return _close(run, pull, f"None of its {run.rows} rows could be taken. {refused[0]}", means)
        return _close(run, pull, "", means)


def _day(result: observations.RowResult) -> str:
    return result.period_start.date().isoformat() if result.period_start else f"Row {result.row}"


def _end_badly(run: PullRun, sentence: str, means: Means) -> str:
    with transaction.atomic(), ledger.gathered():
        pull = _mine(run)
        return "lost" if pull is None else _close(run, pull, sentence, means)


def _close(run: PullRun, pull: Pull, sentence: str, means: Means) -> str:
    """End a run, well or with a sentence of what went wrong, and say when the next one is."""
    now = means.clock()
    run.finished_at, run.error = now, sentence[:300]
    run.outcome = Outcome.FAILED if sentence else Outcome.PARTLY if run.refused else Outcome.GOOD
    run.save()
    PullRun.objects.filter(pull=pull, turn__lte=run.turn - KEPT_RUNS).delete()
    pull.last_run_at, pull.leased_until, pull.asked_by = now, None, None
    if sentence:
        return "stopped" if _failed(pull, run.error, now, chance=means.chance()) else "failed"
    if pull.told:
        _tell(pull, "again", "Values arrive again", "The pull answers as it should.", since=pull.failing_since or now)
    pull.told, pull.failures, pull.failing_since, pull.error = False, 0, None, ""
    pull.last_good_at, pull.next_run_at = now, now + timedelta(minutes=pull.every)
    pull.save()
    return "made"


def _failed(pull: Pull, sentence: str, now: datetime, *, chance: float) -> bool:
    """Count one more failure in a row and put the next try off; says whether that was the last one."""
    pull.failures += 1
    pull.error, pull.failing_since = sentence, pull.failing_since or now
    stops = gives_up(pull.failures)
    if stops:
        pull.state, pull.next_run_at, pull.leased_until, pull.told = Pull.State.FAILED, None, None, True
        words = f"{pull.failures} times in a row nothing came, so it runs no more. {sentence}"
        _tell(pull, "stopped", "A pull was stopped", words, since=pull.failing_since)
        payload = {"pull": pull.pk, "name": pull.name, "failures": pull.failures, "error": sentence}
        ledger.append(pull.metric.stream, "pull.stopped", by=None, subject=pull.metric.key, payload=payload)
    elif pull.leased_until is None:
        pull.next_run_at = now + retry_after(pull.failures, chance)
    pull.save()
    return stops


def _tell(pull: Pull, what: str, title: str, body: str, *, since: datetime) -> None:
    """Tell whoever keeps the metric, once for each run of failures."""
    notices.notify(
        to=keepers_of(pull.metric),
        cause_key=f"pull:{pull.pk}:{what}:{utc_text(since)}",
        title=f"{title}: {pull.name}, of {pull.metric.name}",
        url=reverse("pull", args=[pull.metric.key, pull.pk]),
        body=body,
    )
