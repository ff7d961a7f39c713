"""Rows of the access matrix for accounts and tokens."""

from approvals.services.people import create_token
from tests.access_matrix import FORBIDDEN, FOUND, HIDDEN, OK, UNUSABLE, Page, People

ADMINISTRATORS_ONLY = {"administrator": OK}


def somebody(people: People) -> str:
    return f"/people/{people['owner'].pk}/"


def a_token(people: People) -> str:
    token, _ = create_token(name="reader", scopes=["metrics:read"])
    return f"/people/programs/{token.pk}/revoke/"


PAGES = [
    Page("people_list", "/people/", FORBIDDEN, ADMINISTRATORS_ONLY),
    Page("people_list", "/people/", FORBIDDEN, {"administrator": UNUSABLE}, method="POST"),
    Page("person", somebody, FORBIDDEN, ADMINISTRATORS_ONLY),
    Page("person", somebody, FORBIDDEN, {"administrator": FOUND}, method="POST", data={"act": "reopen"}),
    Page("person", "/people/999999999/", FORBIDDEN, {"administrator": HIDDEN}, state="unknown"),
    Page("token_list", "/people/programs/", FORBIDDEN, ADMINISTRATORS_ONLY),
    Page("token_list", "/people/programs/", FORBIDDEN, {"administrator": UNUSABLE}, method="POST"),
    Page("token_revoke", a_token, FORBIDDEN, {"administrator": FOUND}, method="POST"),
]
