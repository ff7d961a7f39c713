"""What the checks of data quality catch in the demonstration: a slip of the decimal point, and a drop that is real."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from approvals.models import User
from decisions.services import doubting
from metrics.domain.quality.catalogue import Setting, Severity
from metrics.models import Metric, QualityIncident, QualityScore
from metrics.services import incidents, quality, quality_settings

SLIPPED, REAL = "cost_per_case", "escalation_rate"
DAYS = 30


def check(accounts: dict[str, User], *, last_week: date, now: datetime) -> None:
    """Have the checks run, with one that weighs more than usual and a control figure, unless they have."""
    slipped = Metric.objects.get(key=SLIPPED)
    if slipped.control_figures.exists():
        return
    _weigh(slipped, accounts["steward"])
    quality_settings.enter_figure(
        slipped,
        period=last_week - timedelta(weeks=5),
        segment="",
        value=Decimal("14"),
        tolerance=Decimal(5),
        percent=True,
        source="The ledger's monthly closing, accounts 4100 to 4180",
        by=accounts["steward"],
    )
    _remember(slipped, now)
    quality.sweep(now)
    for incident in QualityIncident.objects.open().filter(metric__key=REAL):
        reason = "The new guide came out that week: fewer cases had to be handed over. The log agrees."
        incidents.resolve(incident, reason=reason, by=accounts["steward"])
    quality.sweep(timezone.now())
    doubting.mark(now)


def _weigh(metric: Metric, by: User) -> None:
    """Let an outlier of the metric put in doubt what rests on it."""
    wanted = quality_settings.settings_of(metric)
    usual = wanted["outliers"]
    wanted["outliers"] = Setting(kind=usual.kind, on=True, severity=Severity.HIGH, parameters=usual.parameters)
    quality_settings.save(metric, wanted=wanted, expected_version=0, by=by)


def _remember(metric: Metric, now: datetime) -> None:
    """Write the score of the days before today, when nothing was wrong."""
    days = [now.date() - timedelta(days=number) for number in range(1, DAYS)]
    kept = [QualityScore(metric=metric, day=day, score=100) for day in days]
    QualityScore.objects.bulk_create(kept, ignore_conflicts=True)
