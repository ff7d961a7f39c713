import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("metrics", "0006_segments"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Pull",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60)),
                (
                    "kind",
                    models.CharField(
                        choices=[("sql", "SQL"), ("json", "HTTP JSON"), ("prometheus", "Prometheus")], max_length=10
                    ),
                ),
                ("target", models.CharField(max_length=500)),
                ("statement", models.TextField(blank=True)),
                ("period_column", models.CharField(blank=True, max_length=200)),
                ("value_column", models.CharField(blank=True, max_length=200)),
                ("segment_column", models.CharField(blank=True, max_length=200)),
                ("sample_column", models.CharField(blank=True, max_length=200)),
                ("look_back", models.PositiveIntegerField(default=8)),
                ("header_name", models.CharField(blank=True, max_length=60)),
                ("sealed", models.TextField(blank=True, editable=False)),
                (
                    "every",
                    models.PositiveIntegerField(
                        choices=[
                            (5, "Every 5 minutes"),
                            (15, "Every 15 minutes"),
                            (60, "Every hour"),
                            (360, "Every 6 hours"),
                            (1440, "Every day"),
                        ],
                        default=60,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("off", "Not running"), ("on", "Running"), ("failed", "Stopped after failures")],
                        default="off",
                        max_length=6,
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                ("next_run_at", models.DateTimeField(blank=True, null=True)),
                ("leased_until", models.DateTimeField(blank=True, null=True)),
                ("turns", models.PositiveIntegerField(default=0)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("failing_since", models.DateTimeField(blank=True, null=True)),
                ("told", models.BooleanField(default=False)),
                ("error", models.CharField(blank=True, max_length=300)),
                ("last_run_at", models.DateTimeField(blank=True, null=True)),
                ("last_good_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "asked_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "metric",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="pulls", to="metrics.metric"
                    ),
                ),
            ],
            options={
                "ordering": ["name", "pk"],
            },
        ),
        migrations.CreateModel(
            name="PullRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("turn", models.PositiveIntegerField()),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("good", "Good"),
                            ("partly", "Rows refused"),
                            ("failed", "Failed"),
                        ],
                        default="running",
                        max_length=8,
                    ),
                ),
                ("rows", models.PositiveIntegerField(default=0)),
                ("stored", models.PositiveIntegerField(default=0)),
                ("revised", models.PositiveIntegerField(default=0)),
                ("unchanged", models.PositiveIntegerField(default=0)),
                ("refused", models.PositiveIntegerField(default=0)),
                ("waiting", models.PositiveIntegerField(default=0)),
                ("error", models.CharField(blank=True, max_length=300)),
                ("refusals", models.JSONField(default=list)),
                (
                    "asked_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "pull",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="runs", to="metrics.pull"
                    ),
                ),
            ],
            options={
                "ordering": ["-turn"],
            },
        ),
        migrations.AddIndex(
            model_name="pull",
            index=models.Index(condition=models.Q(("state", "on")), fields=["next_run_at"], name="pull_due"),
        ),
        migrations.AddConstraint(
            model_name="pull",
            constraint=models.UniqueConstraint(fields=("metric", "name"), name="pull_name_once"),
        ),
        migrations.AddConstraint(
            model_name="pull",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["sql", "json", "prometheus"])), name="pull_kind_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="pull",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["off", "on", "failed"])), name="pull_state_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="pull",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "on"), _negated=True), ("next_run_at__isnull", False), _connector="OR"
                ),
                name="pull_on_has_its_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="pullrun",
            constraint=models.UniqueConstraint(fields=("pull", "turn"), name="pull_run_turn_once"),
        ),
        migrations.AddConstraint(
            model_name="pullrun",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome", "running"), ("finished_at__isnull", False), _connector="OR"),
                name="pull_run_finished",
            ),
        ),
    ]
