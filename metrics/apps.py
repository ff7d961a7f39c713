"""The app of metrics."""

from django.apps import AppConfig


class MetricsConfig(AppConfig):
    """Registers what other apps must know of metrics."""

    name = "metrics"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell approvals of metric definitions; imported here, where models exist."""
        from metrics import subjects

        subjects.register()
