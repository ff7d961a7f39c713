"""Rows of the access matrix for pairs of metrics."""

from django.utils import timezone

from metrics.models import TradeOffEpisode, TradeOffPair
from metrics.services import pairing
from tests.access_matrix import FORBIDDEN, FOUND, HIDDEN, OK, UNUSABLE, Page, People
from tests.factories.metrics import metric


def _pair(people: People, **fields: object) -> TradeOffPair:
    left, right = metric(owner=people["owner"]), metric(owner=people["owner"], **fields)
    return pairing.make_pair(left=left, right=right, kind="speed_quality", by=None)


def internal(rest: str = "") -> object:
    return lambda people: f"/metrics/pairs/{_pair(people).pk}/{rest}"


def hidden(rest: str = "") -> object:
    return lambda people: f"/metrics/pairs/{_pair(people, classification='confidential').pk}/{rest}"


def alert(people: People) -> str:
    now = timezone.now()
    made = TradeOffEpisode.objects.create(pair=_pair(people), improved="left", key_start=now, start=now, fired=now)
    return f"/metrics/pairs/alerts/{made.pk}/answer/"


STEWARDS = {"steward": OK}
POST = {"kind": "cost_premium", "window": 12, "sustained": 3, "version": 1}

PAGES = [
    Page("trade_off_pairs", "/metrics/pairs/"),
    Page("trade_off_pairs_csv", "/metrics/pairs.csv"),
    Page("trade_off_pair", internal(), state="internal"),
    Page("trade_off_pair", hidden(), HIDDEN, {"owner": OK, "auditor": OK}, state="with a confidential metric"),
    Page("trade_off_pair_new", "/metrics/pairs/new/", FORBIDDEN, STEWARDS),
    Page("trade_off_pair_new", "/metrics/pairs/new/", FORBIDDEN, {"steward": UNUSABLE}, method="POST", state="empty"),
    Page("trade_off_pair_edit", internal("edit/"), FORBIDDEN, STEWARDS, state="watched"),
    Page("trade_off_pair_edit", internal("edit/"), FORBIDDEN, {"steward": FOUND}, "POST", POST, state="watched"),
    Page("trade_off_pair_edit", hidden("edit/"), HIDDEN, {"owner": FORBIDDEN, "auditor": FORBIDDEN}, state="hidden"),
    Page(
        "trade_off_pair_close",
        internal("close/"),
        FORBIDDEN,
        {"steward": FOUND},
        method="POST",
        data={"reason": "They moved apart."},
        state="watched",
    ),
    Page(
        "trade_off_answer",
        alert,
        FORBIDDEN,
        {"steward": FOUND, "owner": FOUND},
        method="POST",
        data={"answer": "Two more people on Mondays."},
        state="open",
    ),
]
