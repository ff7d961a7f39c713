"""The app of approvals."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ApprovalsConfig(AppConfig):
    """Joins the shell, watches the ledger's guards, and lays what every install needs after each migrate."""

    name = "approvals"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register with what is below."""
        from approvals import checks, destinations, models, policy_subject, queries, roles, subjects  # noqa: F401 importing registers the checks
        from approvals.services import defaults
        from config.kit import shell

        policy_subject.register()
        page, asked = "approvals/<int:request_id>/", models.ApprovalRequest
        destinations.register(page, "request_id", queries.visible_to, subjects.requests_seen, of=asked)
        destinations.register(f"{page}people/", "request_id", queries.exchanged_by, of=asked)
        shell.register("approvals", queries.awaiting_count)
        shell.allow("new_decision", lambda user: roles.has_role(user, roles.OWNERS))
        shell.allow("audit", lambda user: roles.has_role(user, roles.AUDITORS, roles.ADMINISTRATORS))
        shell.allow("people", lambda user: roles.has_role(user, roles.ADMINISTRATORS))
        post_migrate.connect(defaults.lay_foundations, sender=self)
