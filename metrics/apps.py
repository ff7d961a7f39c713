"""The app of metrics."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class MetricsConfig(AppConfig):
    """Registers what other apps must know of metrics."""

    name = "metrics"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell approvals of what is approved here; imported here, where models exist."""
        from approvals import roles
        from approvals.services import people
        from config.kit import shell
        from metrics import correction_subject, destinations, ending_subject, guards, subjects
        from metrics.services import holds

        shell.allow("desk", lambda user: roles.has_role(user, roles.STEWARDS))
        subjects.register()
        ending_subject.register()
        correction_subject.register()
        destinations.register()
        people.keep_while(holds.keeps_person)
        post_migrate.connect(guards.after_migrate, sender=self)
