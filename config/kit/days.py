"""How people read a day or a time, one way in pages, record and charts."""

from datetime import date, datetime


def day_text(value: date) -> str:
    """Write a day (or the day of a time) as 2 Mar 2027."""
    return f"{value.day} {value:%b %Y}"


def moment_text(value: datetime) -> str:
    """Write a time, already in the reader's zone, as 2 Mar 2027, 14:05 CET."""
    return f"{day_text(value)}, {value:%H:%M} {value.tzname()}"
