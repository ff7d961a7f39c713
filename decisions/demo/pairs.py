"""Two pairs of the demonstration's metrics: one quiet, one in which speed is paid for by the people who make it."""

from approvals.models import User
from metrics.models import Metric, TradeOffPair
from metrics.services import pairing

PAIRS = (
    (
        "support_resolution_rate",
        "csat",
        {
            "kind": "speed_quality",
            "why": "A case closed in a hurry counts as resolved, and its customer may see it otherwise.",
        },
    ),
    (
        "support_resolution_rate",
        "change_fatigue_index",
        {
            "kind": "other",
            "left_pole": "Pace",
            "right_pole": "Rest",
            "window": 24,
            "why": "Each new rule that speeds cases up is one more change for the teams to carry.",
        },
    ),
)


def pair_up(accounts: dict[str, User]) -> None:
    """Have the steward watch both pairs, unless they are watched already."""
    for left, right, told in PAIRS:
        stated = TradeOffPair.objects.watched().exclude(kind=TradeOffPair.Kind.COUNTER)
        if not stated.filter(left__key=left, right__key=right).exists():
            metrics = {metric.key: metric for metric in Metric.objects.filter(key__in=[left, right])}
            pairing.make_pair(
                left=metrics[left], right=metrics[right], owner=accounts["owner"], by=accounts["steward"], **told
            )
