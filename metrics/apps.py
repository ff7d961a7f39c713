"""The app of metrics."""

from django.apps import AppConfig


class MetricsConfig(AppConfig):
    """Registers what other apps must know of metrics."""

    name = "metrics"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell approvals of what is approved here; imported here, where models exist."""
        from metrics import correction_subject, ending_subject, subjects

        subjects.register()
        ending_subject.register()
        correction_subject.register()
