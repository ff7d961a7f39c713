"""Rows of the access matrix for the catalogue."""

from metrics.models import WaitingFile
from metrics.services import catalogues, waiting_files
from tests.access_matrix import FORBIDDEN, HIDDEN, OK, UNUSABLE, Page, People

STEWARDS = {"steward": OK}


def of(role: str) -> object:
    """A catalogue that somebody of the role has sent."""

    def address(people: People) -> str:
        text = catalogues.shipped()["strategic"].text().encode()
        kept = waiting_files.keep(text, kind=WaitingFile.Kind.CATALOGUE, by=people[role])
        return f"/metrics/catalogue/waiting/{kept.pk}/"

    return address


waiting, waiting_own = of("owner"), of("steward")

PAGES = [
    Page("catalogue_list", "/metrics/catalogue/"),
    Page("catalogue_set", "/metrics/catalogue/strategic/"),
    Page("catalogue_set", "/metrics/catalogue/strategic/", FORBIDDEN, STEWARDS, method="POST", state="nothing chosen"),
    Page("catalogue_set", "/metrics/catalogue/nothing/", HIDDEN, state="there is none"),
    Page("catalogue_file", "/metrics/catalogue/strategic.json"),
    Page("catalogue_upload", "/metrics/catalogue/upload/", FORBIDDEN, {"steward": UNUSABLE}, method="POST"),
    Page("catalogue_waiting", waiting, FORBIDDEN, {"steward": HIDDEN}, state="somebody else's"),
    Page("catalogue_waiting", waiting_own, FORBIDDEN, STEWARDS, state="one's own"),
    Page("catalogue_waiting", waiting_own, FORBIDDEN, STEWARDS, method="POST", state="one's own"),
    Page("catalogue_export", "/metrics/catalogue/export.json"),
]
