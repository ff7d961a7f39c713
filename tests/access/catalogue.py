"""Rows of the access matrix for the catalogue."""

from tests.access_matrix import FORBIDDEN, HIDDEN, OK, UNUSABLE, Page

STEWARDS = {"steward": OK}

PAGES = [
    Page("catalogue_list", "/metrics/catalogue/"),
    Page("catalogue_set", "/metrics/catalogue/strategic/"),
    Page("catalogue_set", "/metrics/catalogue/strategic/", FORBIDDEN, STEWARDS, method="POST", state="nothing chosen"),
    Page("catalogue_set", "/metrics/catalogue/nothing/", HIDDEN, state="there is none"),
    Page("catalogue_file", "/metrics/catalogue/strategic.json"),
    Page("catalogue_upload", "/metrics/catalogue/upload/", FORBIDDEN, {"steward": UNUSABLE}, method="POST"),
    Page("catalogue_export", "/metrics/catalogue/export.json"),
]
