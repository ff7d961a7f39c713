from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("metrics", "0004_lifecycle"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations: ClassVar = [
        migrations.CreateModel(
            name="Comparison",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("cadence", models.CharField(max_length=24, unique=True)),
                ("compared_at", models.DateTimeField(blank=True, null=True)),
                ("compared", models.PositiveIntegerField(default=0)),
                ("left_out", models.PositiveIntegerField(default=0)),
                ("leased_until", models.DateTimeField(blank=True, null=True)),
                ("turns", models.PositiveIntegerField(default=0)),
            ],
            options={
                "ordering": ["cadence"],
            },
        ),
        migrations.CreateModel(
            name="Dispute",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("definition", "Definition"), ("value", "Value")], max_length=10)),
                ("segment", models.CharField(blank=True, max_length=80)),
                ("period_start", models.DateTimeField(blank=True, null=True)),
                ("revision", models.PositiveIntegerField(blank=True, null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("upheld", "Upheld"),
                            ("declined", "Declined"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="open",
                        max_length=9,
                    ),
                ),
                ("opened_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("steps_taken", models.PositiveIntegerField(default=0)),
                ("answer", models.TextField(blank=True)),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                ("mended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "answered_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "definition",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="disputes",
                        to="metrics.metricdefinition",
                    ),
                ),
                (
                    "metric",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="disputes", to="metrics.metric"
                    ),
                ),
            ],
            options={
                "ordering": ["-opened_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="DisputeEscalation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("step", models.PositiveIntegerField()),
                ("at", models.DateTimeField()),
                (
                    "dispute",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="escalations", to="metrics.dispute"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["step", "pk"],
            },
        ),
        migrations.CreateModel(
            name="DisputeVoice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reason", models.TextField()),
                ("at", models.DateTimeField()),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                (
                    "dispute",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="voices", to="metrics.dispute"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="Likeness",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("periods", models.PositiveIntegerField()),
                ("of_values", models.FloatField()),
                ("of_changes", models.FloatField()),
                (
                    "comparison",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="pairs", to="metrics.comparison"
                    ),
                ),
                (
                    "first",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="metrics.metric"
                    ),
                ),
                (
                    "second",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="metrics.metric"
                    ),
                ),
            ],
            options={
                "ordering": ["-of_changes", "pk"],
            },
        ),
        migrations.CreateModel(
            name="RelevanceReview",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("due", "Not held yet"),
                            ("confirmed", "Still relevant"),
                            ("change", "To be changed"),
                            ("deprecate", "To be deprecated"),
                        ],
                        default="due",
                        max_length=9,
                    ),
                ),
                ("counted_from", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("steps_taken", models.PositiveIntegerField(default=0)),
                ("said", models.TextField(blank=True)),
                ("every_days", models.PositiveIntegerField(blank=True, null=True)),
                ("held_at", models.DateTimeField(blank=True, null=True)),
                (
                    "held_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "metric",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="relevance_reviews",
                        to="metrics.metric",
                    ),
                ),
            ],
            options={
                "ordering": ["-counted_from", "-pk"],
            },
        ),
        migrations.AddIndex(
            model_name="dispute",
            index=models.Index(condition=models.Q(("state", "open")), fields=["due_at"], name="dispute_due"),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "definition"), ("state", "open")),
                fields=("definition",),
                name="one_dispute_of_a_definition",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "value"), ("state", "open")),
                fields=("metric", "segment", "period_start"),
                name="one_dispute_of_a_value",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("definition__isnull", False), ("kind", "definition")),
                    models.Q(("kind", "value"), ("period_start__isnull", False), ("revision__isnull", False)),
                    _connector="OR",
                ),
                name="dispute_about_something",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["upheld", "declined"]), _negated=True),
                    models.Q(models.Q(("answer", ""), _negated=True), ("answered_at__isnull", False)),
                    _connector="OR",
                ),
                name="dispute_answered_with_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="disputeescalation",
            constraint=models.UniqueConstraint(fields=("dispute", "person"), name="dispute_reaches_once"),
        ),
        migrations.AddConstraint(
            model_name="disputevoice",
            constraint=models.UniqueConstraint(fields=("dispute", "person"), name="one_voice_a_person"),
        ),
        migrations.AddConstraint(
            model_name="likeness",
            constraint=models.UniqueConstraint(fields=("first", "second"), name="likeness_once"),
        ),
        migrations.AddIndex(
            model_name="relevancereview",
            index=models.Index(condition=models.Q(("state", "due")), fields=["due_at"], name="relevance_review_due"),
        ),
        migrations.AddConstraint(
            model_name="relevancereview",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "due")), fields=("metric",), name="one_relevance_review_due"
            ),
        ),
        migrations.AddConstraint(
            model_name="relevancereview",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state", "due"),
                    models.Q(
                        models.Q(("said", ""), _negated=True), ("held_at__isnull", False), ("every_days__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="relevance_review_says_why",
            ),
        ),
    ]
