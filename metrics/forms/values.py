"""Which values to look at."""

from datetime import date, datetime, time, timedelta

from django import forms

from config.kit.text import SaneDateField
from metrics.domain.periods import zone_named
from metrics.models import Metric


class KnownForm(forms.Form):
    """A day to look back from: what was known when it ended."""

    known = SaneDateField(label="As known on", required=False, help_text="Empty: every revision up to now.")

    def moment(self, metric: Metric) -> datetime | None:
        """Return the end of the day in the metric's time zone; None for no day, or one that is not a day."""
        day: date | None = self.cleaned_data.get("known") if self.is_valid() else None
        return datetime.combine(day + timedelta(days=1), time(), zone_named(metric.time_zone)) if day else None
