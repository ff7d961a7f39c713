"""Rows of the access matrix for a person's own settings."""

from tests.access_matrix import FOUND, Page

PAGES = [
    Page("person_settings", "/settings/"),
    Page("person_settings", "/settings/", FOUND, method="POST", data={"time_zone": "UTC"}),
]
