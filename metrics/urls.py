"""The pages of metrics."""

from django.urls import URLPattern, path

from metrics.views import definition, metric, people, radius, recording, registry

urlpatterns: list[URLPattern] = [
    path("metrics/", registry.metric_list, name="metric_list"),
    path("metrics.csv", registry.metric_csv, name="metric_csv"),
    path("metrics/new/", registry.metric_new, name="metric_new"),
    path("metrics/import/", recording.metric_import, name="metric_import"),
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
