"""How people read a day, one way in pages, record and charts."""

from datetime import date


def day_text(value: date) -> str:
    """Write a day (or the day of a time) as 2 Mar 2027."""
    return f"{value.day} {value:%b %Y}"
