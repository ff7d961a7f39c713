"""How a person wants Premise to be: time zone, theme, keyboard shortcuts, mail."""

from datetime import time

from approvals.models import User


def save_preferences(*, by: User, time_zone: str, theme: str, shortcuts: bool) -> User:
    """Store the person's own preferences; nobody sets another's."""
    by.time_zone, by.theme, by.shortcuts = time_zone, theme, shortcuts
    by.save(update_fields=["time_zone", "theme", "shortcuts"])
    return by


def save_mail_wishes(
    *, by: User, email_notices: str, digest_hour: int, quiet_from: time | None, quiet_until: time | None
) -> User:
    """Store how the person wants to be mailed; what waits already goes out by the new wishes."""
    by.email_notices, by.digest_hour, by.quiet_from, by.quiet_until = (
        email_notices,
        digest_hour,
        quiet_from,
        quiet_until,
    )
    by.save(update_fields=["email_notices", "digest_hour", "quiet_from", "quiet_until"])
    return by
