"""Run the checks of data quality: on the arrival of values, and when time alone may change what they say.

Who records values only marks the metric, with the newest observation, in the same transaction; a wake-up after the
commit, and the sweep, have workers claim it by a conditional UPDATE with a lease. A run reads outside any transaction
and stores in one: outcomes, incidents, the day's score, and that it looked. Running twice changes nothing but counts.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from approvals.services import ledger
from approvals.services.notices import notify
from config.kit import leases, wake
from config.kit.prepared import PreparedInsert
from metrics.access import keepers_of
from metrics.domain.quality.catalogue import Setting
from metrics.domain.quality.judging import ScoreLine, Verdict, outcome_of, score, score_lines
from metrics.models import Metric, QualityResult, QualityScore, QualityState
from metrics.services import incidents
from metrics.services.entries import cadence_of
from metrics.services.incidents import Judged
from metrics.services.quality_material import materials, next_due
from metrics.services.quality_settings import TOPIC, settings_of

LEASE = timedelta(seconds=60)
PAUSE = timedelta(seconds=5)
"""Between two looks at one metric, however many values come in the meantime."""
MOST_FAILURES = 3
RETRY_AFTER = timedelta(hours=6)  # once it failed as often as that
AT_ONCE, IN_A_SWEEP = 10, 60

logger = logging.getLogger(__name__)

NEWEST = PreparedInsert(QualityState, ["metric_id", "newest"], unique=["metric"], change=["newest"])


@dataclass(frozen=True)
class _Claim:
    """A metric taken in hand: up to which observation, and the turn, which a slower worker no longer holds."""

    pk: int
    turn: int
    newest: int
    failures: int
    due_at: datetime | None


def mark(metric: Metric, newest: int) -> None:
    """Note, in the caller's transaction, that values up to an observation are to be looked at."""
    NEWEST.run_last(metric_id=metric.pk, newest=newest)
    wake.publish(TOPIC, every=1)


def sweep(now: datetime) -> dict[str, int]:
    """Look at what is due, by values or by time, and tell the owners of what nobody has taken in hand."""
    _enter_missing()
    done = compute(IN_A_SWEEP, now=now)
    told = incidents.tell_owners(now)
    return done | ({"owners told": told} if told else {})


def compute(limit: int = AT_ONCE, *, now: datetime | None = None) -> dict[str, int]:
    """Look at up to `limit` metrics that are due; returns how often each thing happened."""

    def one() -> str | None:
        moment = now or timezone.now()
        claim = _claim(moment)
        return None if claim is None else _take(claim, moment)

    return wake.take_turn(one, limit=limit, topic=TOPIC)


def _enter_missing() -> None:
    """Give every metric in use its turn: those of before there were checks, and those just made."""
    known = QualityState.objects.filter(metric=OuterRef("pk"))
    missing = Metric.objects.in_use().filter(~Exists(known)).values_list("pk", flat=True)
    QualityState.objects.bulk_create([QualityState(metric_id=pk) for pk in missing[:1000]], ignore_conflicts=True)


def _due(now: datetime) -> "QuerySet[QualityState]":
    arrived = Q(newest__gt=F("looked"), looked_at__lte=now - PAUSE)
    rows = QualityState.objects.exclude(metric__state=Metric.State.RETIRED)
    return rows.filter(arrived | Q(due_at__lte=now) | Q(looked_at=None))


@transaction.atomic
def _claim(now: datetime) -> _Claim | None:
    """Take the metric that has waited longest."""
    free = leases.free(_due(now), now)
    found = leases.first(free.order_by(F("looked_at").asc(nulls_first=True), "pk"))
    if found is None or not leases.take(free, found, until=now + LEASE, counter="turns"):
        return None
    # Counted before the work, so that one that kills its worker is given up, too; a run that ends sets it back.
    QualityState.objects.filter(pk=found.pk).update(failures=F("failures") + 1)
    return _Claim(found.pk, found.turns + 1, found.newest, found.failures + 1, found.due_at)


def _take(claim: _Claim, now: datetime) -> str:
    """Run a claimed metric's checks; a failure is kept with it and stops nobody else."""
    try:
        return _run(claim, now)
    except Exception as error:  # the next one must not suffer from this one, whatever is wrong with it
        logger.exception("The checks of quality state %s failed at turn %s.", claim.pk, claim.turn)
        return _failed(claim, f"{type(error).__name__}: {error}"[:1000], now)


def _failed(claim: _Claim, text: str, now: datetime) -> str:
    """Try again after the lease, and after a few times a good deal later; the steward hears of that."""
    if claim.failures < MOST_FAILURES:
        _mine(claim).update(error=text, leased_until=now + LEASE * claim.failures)
        return "failed"
    given_up = {"looked": claim.newest, "looked_at": now, "due_at": now + RETRY_AFTER, "failures": 0}
    if _mine(claim).update(error=text, leased_until=None, **given_up):
        metric = Metric.objects.select_related("steward").get(quality=claim.pk)
        notify(
            to=keepers_of(metric),
            cause_key=f"quality:{metric.pk}:{claim.newest}:failed",
            title=f"The checks of {metric.name} could not be run",
            url=reverse("metric_quality", args=[metric.key]),
            body=f"They are tried again in {RETRY_AFTER.total_seconds() / 3600:g} hours. {text}",
        )
    return "given up"


def _mine(claim: _Claim) -> "QuerySet[QualityState]":
    """Return the claimed row, while the claim still holds."""
    return QualityState.objects.filter(pk=claim.pk, turns=claim.turn)


def _run(claim: _Claim, now: datetime) -> str:
    """Judge outside any transaction, store in one."""
    metric = Metric.objects.select_related("definition", "steward").get(quality=claim.pk)
    settings = settings_of(metric)
    judged = list(_judged(metric, settings, now))
    hours = settings["timeliness"].parameters["hours"]
    due_at = next_due(cadence_of(metric), hours, now)
    with transaction.atomic(), ledger.gathered():
        # Its lock puts two runs of one metric in order; the one whose lease went to another stores nothing.
        held = _mine(claim).select_for_update(no_key=True).first()
        if held is None:
            return "lost"
        if held.due_at != claim.due_at:
            due_at = held.due_at or due_at  # somebody set the checks anew meanwhile
        _keep_results(metric, judged, now)
        incidents.follow(metric, judged, now)
        lines = score_lines((each.setting, each.outcome.verdict) for each in judged)
        figure = _keep_score(metric, lines, now)
        seen = {"looked": claim.newest, "looked_at": now, "due_at": due_at, "score": figure}
        _mine(claim).update(**seen, failures=0, leased_until=None, error="")
    return "looked at"


def _judged(metric: Metric, settings: Mapping[str, Setting], now: datetime) -> Iterable[Judged]:
    """Yield what each check that is on says of each segment."""
    accepted = incidents.accepted_by(metric)
    for segment, material in materials(metric, settings, now).items():
        for key, setting in settings.items():
            if setting.on and not (segment and setting.kind.whole_only):
                found = outcome_of(setting, material, accepted.get((segment, key), ()))
                yield Judged(segment=segment, setting=setting, outcome=found)


def _keep_results(metric: Metric, judged: Iterable[Judged], now: datetime) -> None:
    """Keep what each check says, and since when; what is no longer asked is dropped."""
    known = {(row.segment, row.check_key): row for row in metric.quality_results.all()}
    rows = []
    for each in judged:
        before = known.pop(each.key, None)
        same = before is not None and before.verdict == each.outcome.verdict
        rows.append(
            QualityResult(
                metric=metric,
                segment=each.segment,
                check_key=each.setting.kind.key,
                severity=each.setting.severity,
                verdict=each.outcome.verdict,
                sentence=each.outcome.sentence,
                since=before.since if same and before else now,
                at=now,
            )
        )
    QualityResult.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["metric", "segment", "check_key"],
        update_fields=["severity", "verdict", "sentence", "since", "at"],
    )
    QualityResult.objects.filter(pk__in=[row.pk for row in known.values()]).delete()


def _keep_score(metric: Metric, lines: list[ScoreLine], now: datetime) -> int | None:
    """Keep the day's score as it now stands, with how it is made; a day on which nothing can be judged has none."""
    figure = score(lines)
    if figure is None:
        return None
    made = [
        {"check": line.check, "severity": line.severity, "weight": line.weight, "verdict": line.verdict}
        for line in lines
        if line.verdict != Verdict.UNKNOWN
    ]
    QualityScore.objects.bulk_create(
        [QualityScore(metric=metric, day=metric.local_day(now), score=figure, lines=made)],
        update_conflicts=True,
        unique_fields=["metric", "day"],
        update_fields=["score", "lines"],
    )
    return figure
