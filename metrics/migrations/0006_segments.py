from typing import Any, ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def enter_segments(apps: Any, schema_editor: Any) -> None:
    """Give each segment that values carry already its row."""
    observations = apps.get_model("metrics", "Observation").objects.exclude(segment="").order_by()
    found = list(observations.values_list("metric_id", "segment").distinct())
    segments = apps.get_model("metrics", "MetricSegment").objects
    segments.bulk_create(segments.model(metric_id=metric, name=name) for metric, name in found)
    apps.get_model("metrics", "Metric").objects.filter(pk__in={pk for pk, _ in found}).update(segmented=True)


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("auth", "0012_alter_user_first_name_max_length"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("metrics", "0005_disputes"),
    ]
    operations: ClassVar = [
        migrations.AddField(
            model_name="historicalmetric",
            name="segmented",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="historicalmetric",
            name="segments_restricted",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="historicalmetricdefinition",
            name="aggregation",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "Not at all: it is recorded by itself"),
                    ("sum", "The sum of the segments"),
                    ("mean", "The plain mean of the segments"),
                    ("weighted", "The mean weighted by sample size"),
                    ("ratio", "The ratio of the sums of two other metrics"),
                    ("min", "The lowest segment"),
                    ("max", "The highest segment"),
                    ("last", "The segment recorded last"),
                ],
                db_default="",
                default="",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="historicalmetricdefinition",
            name="aggregation_denominator",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
        migrations.AddField(
            model_name="historicalmetricdefinition",
            name="aggregation_numerator",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
        migrations.AddField(
            model_name="historicalmetricdefinition",
            name="aggregation_over",
            field=models.CharField(blank=True, db_default="", default="", max_length=40),
        ),
        migrations.AddField(
            model_name="historicalmetricdefinition",
            name="missing_parts",
            field=models.CharField(
                choices=[
                    ("withhold", "There is no value"),
                    ("last", "The last known value counts"),
                    ("zero", "They count as zero"),
                ],
                db_default="withhold",
                default="withhold",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="metric",
            name="segmented",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="metric",
            name="segments_restricted",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="metricdefinition",
            name="aggregation",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "Not at all: it is recorded by itself"),
                    ("sum", "The sum of the segments"),
                    ("mean", "The plain mean of the segments"),
                    ("weighted", "The mean weighted by sample size"),
                    ("ratio", "The ratio of the sums of two other metrics"),
                    ("min", "The lowest segment"),
                    ("max", "The highest segment"),
                    ("last", "The segment recorded last"),
                ],
                db_default="",
                default="",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="metricdefinition",
            name="aggregation_denominator",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
        migrations.AddField(
            model_name="metricdefinition",
            name="aggregation_numerator",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
        migrations.AddField(
            model_name="metricdefinition",
            name="aggregation_over",
            field=models.CharField(blank=True, db_default="", default="", max_length=40),
        ),
        migrations.AddField(
            model_name="metricdefinition",
            name="missing_parts",
            field=models.CharField(
                choices=[
                    ("withhold", "There is no value"),
                    ("last", "The last known value counts"),
                    ("zero", "They count as zero"),
                ],
                db_default="withhold",
                default="withhold",
                max_length=8,
            ),
        ),
        migrations.CreateModel(
            name="MetricSegment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("dimension", models.CharField(blank=True, max_length=40)),
                ("name", models.CharField(blank=True, max_length=80)),
                ("restricted", models.BooleanField(default=False)),
                ("opened_from", models.DateField(blank=True, null=True)),
                ("closed_from", models.DateField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "metric",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="segments", to="metrics.metric"
                    ),
                ),
            ],
            options={
                "ordering": ["metric", "dimension", "name"],
                "permissions": [("contribute_metricsegment", "Can record values of the segment")],
            },
        ),
        migrations.CreateModel(
            name="MetricSegmentGroupObjectPermission",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "content_object",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="metrics.metricsegment"),
                ),
                ("group", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="auth.group")),
                ("permission", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="auth.permission")),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="MetricSegmentUserObjectPermission",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "content_object",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="metrics.metricsegment"),
                ),
                ("permission", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="auth.permission")),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddConstraint(
            model_name="metricsegment",
            constraint=models.UniqueConstraint(fields=("metric", "name"), name="segment_once_per_metric"),
        ),
        migrations.AddConstraint(
            model_name="metricsegment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("opened_from", None),
                    ("closed_from", None),
                    ("closed_from__gt", models.F("opened_from")),
                    _connector="OR",
                ),
                name="segment_closes_after_it_opens",
            ),
        ),
        migrations.AlterUniqueTogether(
            name="metricsegmentgroupobjectpermission",
            unique_together={("group", "permission", "content_object")},
        ),
        migrations.AlterUniqueTogether(
            name="metricsegmentuserobjectpermission",
            unique_together={("user", "permission", "content_object")},
        ),
        migrations.RunPython(enter_segments, migrations.RunPython.noop),
    ]
