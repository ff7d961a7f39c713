"""Note from which period on wholes may stand without a segment that came late."""

from datetime import datetime, time
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.db import migrations, models


def fill(apps: Any, schema_editor: Any) -> None:
    """Fill in the day on which the segment became a part."""
    segments = apps.get_model("metrics", "MetricSegment").objects
    for row in segments.exclude(missed_at=None).exclude(opened_from=None).select_related("metric"):
        row.missed_from = datetime.combine(row.opened_from, time(), ZoneInfo(row.metric.time_zone))
        row.save(update_fields=["missed_from"])


class Migration(migrations.Migration):
    dependencies: ClassVar = [("metrics", "0013_late_segments")]

    operations: ClassVar = [
        migrations.AddField("metricsegment", "missed_from", models.DateTimeField(blank=True, null=True)),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
