"""The pages of metrics."""

from django.urls import URLPattern, path

from metrics.views import definition, metric, pairs, people, radius, recording, registry

urlpatterns: list[URLPattern] = [
    path("metrics/", registry.metric_list, name="metric_list"),
    path("metrics.csv", registry.metric_csv, name="metric_csv"),
    path("metrics/new/", registry.metric_new, name="metric_new"),
    path("metrics/import/", recording.metric_import, name="metric_import"),
    path("metrics/pairs/", pairs.pair_list, name="trade_off_pairs"),
    path("metrics/pairs.csv", pairs.pair_csv, name="trade_off_pairs_csv"),
    path("metrics/pairs/new/", pairs.pair_new, name="trade_off_pair_new"),
    path("metrics/pairs/<int:pk>/", pairs.pair_page, name="trade_off_pair"),
    path("metrics/pairs/<int:pk>/edit/", pairs.pair_edit, name="trade_off_pair_edit"),
    path("metrics/pairs/<int:pk>/close/", pairs.pair_close, name="trade_off_pair_close"),
    path("metrics/pairs/alerts/<int:pk>/answer/", pairs.pair_answer, name="trade_off_answer"),
    path("metrics/<slug:key>/", metric.metric_page, name="metric"),
    path("metrics/<slug:key>/definition/", definition.metric_definition, name="metric_definition"),
    path("metrics/<slug:key>/submit/", definition.metric_submit, name="metric_submit"),
    path("metrics/<slug:key>/withdraw/", definition.metric_withdraw, name="metric_withdraw"),
    path("metrics/<slug:key>/record/", recording.metric_record, name="metric_record"),
    path("metrics/<slug:key>/people/", people.metric_people, name="metric_people"),
    path("metrics/<slug:key>/values/", metric.metric_values, name="metric_values"),
    path("metrics/<slug:key>/values.csv", metric.metric_values_csv, name="metric_values_csv"),
    path("metrics/<slug:key>/radius/", radius.metric_radius, name="metric_radius"),
    path("metrics/<slug:key>/history/", metric.metric_history, name="metric_history"),
]
