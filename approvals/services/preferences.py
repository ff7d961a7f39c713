"""How a person wants Premise to be: time zone, theme, keyboard shortcuts."""

from approvals.models import User


def save_preferences(*, by: User, time_zone: str, theme: str, shortcuts: bool) -> User:
    """Store the person's own preferences; nobody sets another's."""
    by.time_zone, by.theme, by.shortcuts = time_zone, theme, shortcuts
    by.save(update_fields=["time_zone", "theme", "shortcuts"])
    return by
