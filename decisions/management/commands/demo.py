"""Fill the database with the demonstration."""

import json
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from decisions.demo import checked, figures, lifecycle, pairs, people, pulled, story
from decisions.demo.registry import FIGURES
from decisions.models import Decision
from decisions.services import reevaluations

SIGNED = ("support_resolution_rate", "backlog_growth")
"""Definitions that are put in force by a signature; one is enough to show how, and signatures are slow on purpose."""


class Command(BaseCommand):
    """Idempotent: what is there already is left alone. Prints what there is as JSON."""

    help = "Write the demonstration: people, metrics with a year of values, one decision in each state."

    def handle(self, *args: Any, **options: Any) -> None:
        """Write what is missing."""
        now = timezone.now()
        last_week = newest_settled_week(now)
        accounts = people.ensure()
        for figure in FIGURES:
            figures.ensure(figure, accounts, last_week=last_week, signed=figure.key in SIGNED)
        story.tell(accounts, now=now)
        for figure in FIGURES:
            figures.let_arrive(figure, accounts, last_week=last_week)
        lifecycle.tell(accounts, now=now)
        pairs.pair_up(accounts)
        reevaluations.receive_signals()
        checked.check(accounts, last_week=last_week, now=now)
        pulled.let_flow(accounts, now=now)
        # Its presence lets the sign-in page name the accounts.
        (settings.VAR / "demo").touch()
        states = dict(Decision.objects.values_list("reference", "state"))
        self.stdout.write(json.dumps({"people": len(accounts), "metrics": len(FIGURES), "decisions": states}))


def newest_settled_week(now: datetime) -> date:
    """Return the Monday of the last week that is over."""
    return now.date() - timedelta(days=now.weekday() + 7)
