"""Every periodic job once, in order, so that a lost wake-up loses nothing."""

import logging
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from django.utils import timezone

from approvals.services import emergencies, mailing, orphans, reminders, unsent
from decisions.services import (
    correcting,
    doubting,
    grounds,
    learning,
    muting,
    overdue,
    packing,
    receiving,
    reevaluations,
    reminding,
    retirements,
    reviews,
    unnamed,
)
from metrics.services import (
    colliding,
    conditions,
    dispute_escalations,
    ending,
    erasing,
    forecasting,
    likeness,
    pulling,
    quality,
    relevance,
    waiting_files,
)

MOST_SIGNALS = 1000

logger = logging.getLogger(__name__)

JOBS: tuple[tuple[str, Callable[[datetime], Any]], ...] = (
    ("pulls", pulling.sweep),
    ("endings", ending.sweep),
    ("conditions", conditions.sweep),
    ("signals", lambda now: receiving.receive_signals(MOST_SIGNALS, now=now)),
    ("corrections", correcting.tell_of_corrections),
    ("overdue", grounds.question_overdue),
    ("redefined", grounds.question_redefined),
    ("retired", retirements.question_retired),
    ("silences", muting.end),
    ("reviews", reviews.open_due),
    ("reminders", reminders.remind),
    ("due", reminding.remind),
    ("stale", overdue.tell),
    ("escalations", reevaluations.escalate),
    ("packs", packing.remove_expired),
    ("orphans", lambda now: orphans.end_orphans()),
    ("emergencies", emergencies.mark_late),
    ("learning", learning.fill),
    ("forecasts", forecasting.sweep),
    ("disputes", dispute_escalations.sweep),
    ("relevance", relevance.sweep),
    ("likeness", likeness.sweep),
    ("trade-offs", colliding.sweep),
    ("quality", quality.sweep),
    ("doubts", doubting.mark),
    ("erasures", erasing.sweep),
    ("files", waiting_files.remove_forgotten),
    ("evidence files", unnamed.remove),
    ("unsent", unsent.remove_old),
    # Last, because it waits for the mail server, and mails what the others had to say.
    ("mail", mailing.send),
)


def sweep(now: datetime | None = None, *, without: Collection[str] = ()) -> dict[str, Any]:
    """Do every job, each in its own transactions; returns what each did, or its error: none stops the others.

    `without`: jobs that another task of the caller does by itself.
    """
    now = now or timezone.now()
    done: dict[str, Any] = {}
    for name, job in JOBS:
        if name in without:
            continue
        try:
            done[name] = job(now)
        except Exception as error:  # the jobs after it must still be done
            logger.exception("The job %s failed.", name)
            done[name] = {"error": f"{type(error).__name__}: {error}"}
    return done
