"""The app of decisions."""

from django.apps import AppConfig


class DecisionsConfig(AppConfig):
    """Registers what approvals and metrics may not import: what a decision is, and which metrics it rests on."""

    name = "decisions"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make decisions known; imported here, where models exist."""
        from config.health import register as check_health
        from config.kit import shell
        from decisions import answers, destinations, outbox, subjects, template_subjects
        from decisions.queries import inbox

        subjects.register()
        template_subjects.register()
        answers.register()
        destinations.register()
        check_health("outbox", outbox.check)
        shell.register("inbox", inbox.waiting_count)
