"""Every address; each app brings its own."""

from django.urls import include, path

from config import health
from config.api import api

urlpatterns = [
    path("api/v1/", api.urls),  # first: programs ask more often than people
    path("readyz", health.readyz, name="readyz"),
    path("", include("decisions.urls")),
    path("", include("metrics.urls")),
    path("", include("approvals.urls")),
    path("accounts/", include("allauth.urls")),
]

handler400 = "config.errors.bad_request"
handler403 = "config.errors.forbidden"
handler404 = "config.errors.not_found"
handler500 = "config.errors.server_error"
