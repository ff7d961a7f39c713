"""Every address; each app brings its own."""

from django.urls import include, path

from config.api import api

urlpatterns = [
    path("", include("decisions.urls")),
    path("", include("metrics.urls")),
    path("", include("approvals.urls")),
    path("accounts/", include("allauth.urls")),
    path("api/v1/", api.urls),
]
