"""Rows of the access matrix for a person's own settings."""

from approvals.services import feeds
from tests.access_matrix import FOUND, HIDDEN, Page, People


def _calendar(people: People) -> str:
    """The owner's private address: whoever has it reads it, as calendar programs do."""
    return f"/calendar/{feeds.renew(people['owner'])}.ics"


PAGES = [
    Page("person_settings", "/settings/"),
    Page("person_settings", "/settings/", FOUND, method="POST", data={"time_zone": "UTC"}),
    Page("mail_settings", "/settings/mail/", FOUND, method="POST", data={"email_notices": "daily", "digest_hour": "7"}),
    Page("calendar_settings", "/settings/calendar/", FOUND, method="POST"),
    Page("calendar_feed", _calendar, public=True),
    Page(
        "calendar_feed",
        "/calendar/1.abc:forged.ics",
        HIDDEN,
        dict.fromkeys(("anonymous", "inactive"), HIDDEN),
        state="forged",
    ),
]
