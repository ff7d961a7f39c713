import django.db.models.deletion
import django.db.models.functions.comparison
from django.conf import settings
from django.db import migrations, models
from typing import ClassVar


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("metrics", "0009_experiments"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations: ClassVar = [
        migrations.CreateModel(
            name='TradeOffPair',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('left_pole', models.CharField(blank=True, max_length=60)),
                ('right_pole', models.CharField(blank=True, max_length=60)),
                ('kind', models.CharField(choices=[('speed_quality', 'Speed and quality'), ('innovation_compliance', 'Innovation and compliance'), ('cost_premium', 'Cost and premium'), ('global_local', 'Global and local'), ('other', 'Another trade-off'), ('counter', 'Metric and counter-metric')], max_length=24)),
                ('why', models.TextField(blank=True)),
                ('window', models.PositiveSmallIntegerField(default=12)),
                ('sustained', models.PositiveSmallIntegerField(default=2)),
                ('version', models.PositiveIntegerField(default=1)),
                ('made_at', models.DateTimeField(auto_now_add=True)),
                ('watched_since', models.DateTimeField()),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('closed_because', models.TextField(blank=True)),
                ('looked_at', models.DateTimeField(blank=True, null=True)),
                ('looked_by', models.CharField(blank=True, max_length=48)),
                ('next_look_at', models.DateTimeField(blank=True, null=True)),
                ('trouble', models.CharField(blank=True, max_length=300)),
                ('latest', models.JSONField(default=dict)),
                ('left', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pairs_left', to='metrics.metric')),
                ('made_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('right', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pairs_right', to='metrics.metric')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='TradeOffMark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('pair', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='marks', to='metrics.tradeoffpair')),
            ],
        ),
        migrations.CreateModel(
            name='TradeOffEpisode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('improved', models.CharField(choices=[('left', 'The left metric improved'), ('right', 'The right metric improved')], max_length=5)),
                ('key_start', models.DateTimeField()),
                ('start', models.DateTimeField()),
                ('fired', models.DateTimeField()),
                ('end', models.DateTimeField(blank=True, null=True)),
                ('ending', models.CharField(blank=True, max_length=12)),
                ('moves', models.JSONField(default=dict)),
                ('found_at', models.DateTimeField(auto_now_add=True)),
                ('retracted_at', models.DateTimeField(blank=True, null=True)),
                ('answered_at', models.DateTimeField(blank=True, null=True)),
                ('answer', models.TextField(blank=True)),
                ('answered_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('pair', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='episodes', to='metrics.tradeoffpair')),
            ],
            options={
                'ordering': ['-start'],
            },
        ),
        migrations.CreateModel(
            name='CatalogueOrigin',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('catalogue', models.CharField(max_length=80)),
                ('version', models.CharField(max_length=24)),
                ('digest', models.CharField(max_length=64)),
                ('entry', models.CharField(max_length=64)),
                ('entry_digest', models.CharField(max_length=64)),
                ('imported_at', models.DateTimeField()),
                ('imported_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('metric', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='origin', to='metrics.metric')),
            ],
            options={
                'indexes': [models.Index(fields=['catalogue', 'entry'], name='origin_entry')],
            },
        ),
        migrations.AddConstraint(
            model_name='tradeoffpair',
            constraint=models.UniqueConstraint(django.db.models.functions.comparison.Least('left', 'right'), django.db.models.functions.comparison.Greatest('left', 'right'), condition=models.Q(('closed_at', None)), name='trade_off_pair_once'),
        ),
        migrations.AddConstraint(
            model_name='tradeoffpair',
            constraint=models.CheckConstraint(condition=models.Q(('left', models.F('right')), _negated=True), name='no_metric_is_its_own_counter'),
        ),
        migrations.AddConstraint(
            model_name='tradeoffepisode',
            constraint=models.UniqueConstraint(fields=('pair', 'improved', 'key_start'), name='trade_off_episode_once'),
        ),
    ]
