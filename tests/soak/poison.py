"""Work that fails every time: it stops, is shown and told, and holds nobody else up."""

import time
from datetime import timedelta

from django.utils import timezone

from approvals.models import Notice
from decisions import outbox
from decisions.models import DecisionVersion, Reevaluation, SignalReceipt
from decisions.services import receiving
from tests.factories import metrics
from tests.factories.approvals import administrator
from tests.soak.kills import BREAKING, watched_metrics
from tests.soak.outcome import Outcome


def run(*, breaches: int, poisoned: int) -> Outcome:
    """Break so many decisions, the approved text of some of which cannot be read; the clock is turned on by hand."""
    administrator()
    targets = watched_metrics(breaches)
    sick = {f"{target.key}" for target in targets[:: max(1, breaches // poisoned)][:poisoned]}
    DecisionVersion.objects.filter(decision__metrics__metric__key__in=sick).update(text="not to be read")
    begun = time.monotonic()
    for target in targets:
        entry = metrics.entry(metrics.weeks_ago(1), BREAKING)
        metrics.observations.record(target, [entry], by=None, source="soak")
    now = timezone.now()
    first = receiving.receive_signals(breaches * 2, now=now)
    held_up = breaches - poisoned - first.get("opened", 0)
    for attempt in range(1, receiving.MOST_ATTEMPTS + 3):
        receiving.receive_signals(breaches * 2, now=now + timedelta(hours=attempt))
    given_up = SignalReceipt.objects.filter(state=SignalReceipt.State.FAILED)
    _, shown = outbox.check()
    wrong = abs(given_up.count() - poisoned) + abs(shown["given_up"] - poisoned)
    wrong += sum(receipt.attempts != receiving.MOST_ATTEMPTS for receipt in given_up)
    wrong += abs(Notice.objects.filter(cause_key__endswith=":given-up").count() - poisoned)
    lost = breaches - poisoned - Reevaluation.objects.count()
    return Outcome(breaches, lost + held_up, 0, wrong, round(time.monotonic() - begun, 1))
