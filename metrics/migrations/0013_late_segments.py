"""Note which segments turned out to be parts of periods whose wholes were made already."""

from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.db import migrations, models
from django.db.models import Exists, F, Min, OuterRef

WHOLES = "premise.aggregation"


def open_what_was_brought_along(apps: Any, schema_editor: Any) -> None:
    """Make a part, from its first value on, of what came to a ratio only with restricted segments of its sums."""
    Segment, Observation = apps.get_model("metrics", "MetricSegment"), apps.get_model("metrics", "Observation")
    brought = Segment.objects.filter(dimension="", metric__definition__aggregation="ratio").exclude(name="")
    for row in brought.select_related("metric__definition"):
        made = row.metric.definition
        read = Observation.objects.filter(
            metric__key__in=[made.aggregation_numerator, made.aggregation_denominator], segment=row.name
        )
        first = read.aggregate(first=Min("period_start"))["first"]
        if first is not None:
            row.dimension = made.aggregation_over
            row.opened_from = first.astimezone(ZoneInfo(row.metric.time_zone)).date()
            row.save(update_fields=["dimension", "opened_from"])


def note_what_is_missed(apps: Any, schema_editor: Any) -> None:
    """Note the segments that were entered after wholes of later periods; a whole by now made anew is not found."""
    Segment, Observation = apps.get_model("metrics", "MetricSegment"), apps.get_model("metrics", "Observation")
    rows = Segment.objects.exclude(name="").exclude(metric__definition__aggregation="").exclude(opened_from=None)
    for row in rows.exclude(metric__definition=None).select_related("metric"):
        older = Observation.objects.filter(
            metric=row.metric_id, segment="", source=WHOLES, recorded_at__lt=row.created_at
        )
        later = Observation.objects.filter(
            metric=row.metric_id, segment="", period_start=OuterRef("period_start"), revision__gt=OuterRef("revision")
        )
        older = older.exclude(value=None).exclude(Exists(later))
        newest = older.order_by("-period_start").values_list("period_start", flat=True).first()
        if newest is not None and newest.astimezone(ZoneInfo(row.metric.time_zone)).date() > row.opened_from:
            Segment.objects.filter(pk=row.pk).update(missed_at=F("created_at"))


class Migration(migrations.Migration):
    dependencies: ClassVar = [("metrics", "0012_waiting_files")]

    operations: ClassVar = [
        migrations.AddField("metricsegment", "missed_at", models.DateTimeField(blank=True, null=True)),
        migrations.RunPython(open_what_was_brought_along, migrations.RunPython.noop),
        migrations.RunPython(note_what_is_missed, migrations.RunPython.noop),
    ]
