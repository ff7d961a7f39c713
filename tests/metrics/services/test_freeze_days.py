"""The days of freezes: those of each metric, wherever the person is who declares or ends one."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from config.kit.refusals import BadInput, MoveRefused
from metrics.models import Metric
from metrics.queries import waiting
from metrics.services import freezes
from tests.factories.approvals import steward
from tests.factories.metrics import metric
from tests.metrics.services.test_freezes import declare

pytestmark = pytest.mark.django_db


@pytest.fixture
def keeper():
    return steward()


EAST, WEST = "Pacific/Kiritimati", "Etc/GMT+12"  # never on the same day, whatever the hour


class TestWhereItIsAnotherDay:
    """A window's days are those of each metric, wherever the person is who declares or ends it."""

    def test_which_days_it_is_in_the_evening(self):
        evening = datetime(2026, 11, 22, 20, tzinfo=UTC)
        zones = ["Asia/Tokyo", "America/Los_Angeles", "Europe/Lisbon"]
        assert freezes.days_in(zones, evening) == [date(2026, 11, 22), date(2026, 11, 23)]
        assert freezes.days_in([], evening) == [date(2026, 11, 22)]

    def test_a_day_that_is_over_for_the_metric_is_over_in_the_persons_evening(self, keeper):
        target = metric(name="Backlog", steward=keeper, time_zone=EAST)
        today = timezone.localdate(timezone=ZoneInfo(WEST))
        with timezone.override(WEST), pytest.raises(BadInput) as refusal:
            declare(keeper, metric=target, changed={"begins_on": today, "ends_on": today})
        [sentence] = refusal.value.errors["ends_on"]
        assert sentence.startswith(f"That day is over where Backlog is kept ({EAST}); a freeze ends today or later")

    def test_a_day_that_runs_for_the_metric_can_be_frozen_and_ended_from_the_persons_tomorrow(self, keeper):
        target = metric(steward=keeper, time_zone=WEST)
        day = target.local_day(timezone.now())
        with timezone.override(EAST):
            made = declare(keeper, metric=target, changed={"begins_on": day, "ends_on": day})
            assert freezes.holding(target, timezone.now()) == freezes.window_of(made)
            assert freezes.end(made, by=keeper, reason="Done.").ended_by == keeper

    def test_over_several_it_runs_until_the_day_is_over_for_the_last(self, keeper):
        east, west = (metric(family="Support", steward=keeper, time_zone=zone) for zone in (EAST, WEST))
        now = timezone.now()
        days = {"begins_on": west.local_day(now), "ends_on": west.local_day(now)}
        made = declare(keeper, family="Support", changed=days)
        assert [bool(freezes.holding(each, now)) for each in (east, west)] == [False, True]
        found = waiting.hold_of(made, waiting.days_now([made], now)[made.pk], user=keeper, managed=set())
        assert (found.state, found.may_end) == ("Frozen", True)
        west.state = Metric.State.RETIRED
        west.save()
        with pytest.raises(MoveRefused):
            freezes.end(made, by=keeper, reason="Done.")
        [days] = waiting.days_now([made], now).values()
        assert waiting.hold_of(made, days, user=keeper, managed=set()).state == "Over"
