"""Rows of the access matrix for what the project itself answers."""

from tests.access_matrix import Page

PAGES = [
    # The suite runs neither worker nor beat, and readiness says so to everybody.
    Page("readyz", "/readyz", 503, public=True),
]
