"""Rows of the access matrix for evidence packs and verification."""

from decisions.services import packing
from tests.access.decisions import one_in_force
from tests.access_matrix import HIDDEN, OK, REFUSED, UNUSABLE, Page, People


def waiting_pack(who: People) -> str:
    pack = packing.order(by=who["owner"], decisions=[one_in_force(who)])
    return f"/packs/{pack.pk}/"


PAGES = [
    Page("pack_list", "/packs/"),
    Page("pack_list", "/packs/", REFUSED, method="POST", state="nothing to pack"),
    Page("pack", waiting_pack, HIDDEN, {"owner": OK}, state="waiting"),
    Page("pack_file", lambda who: waiting_pack(who) + "file/", HIDDEN, {"owner": REFUSED}, state="waiting"),
    Page("verify", "/verify/"),
    Page("verify", "/verify/", UNUSABLE, method="POST"),
    Page("verifier_file", "/verify/verify.py"),
    Page("public_key", "/verify/public-key.pem"),
]
