"""The pages of pairs: both series, what was told, what a steward changes, and who sees none of it."""

import pytest
from django.utils import timezone

from metrics.models import TradeOffPair
from metrics.queries import pair_facts
from metrics.services import colliding
from tests.factories.approvals import auditor, person, steward
from tests.factories.metrics import metric, weekly
from tests.metrics.services.test_pairs import DOWN, UP, collided, pair_of

pytestmark = pytest.mark.django_db


def test_the_page_shows_both_series_and_says_which_improved_at_whose_cost(client):
    pair, left, right = collided()
    client.force_login(left.owner)
    page = client.get(f"/metrics/pairs/{pair.pk}/").content.decode()
    assert f"{left.name} improves while {right.name} gets worse" in page
    assert "improved: from 10.5" in page
    assert "It would have alerted once in" in page
    assert page.count("<svg") >= 2


def test_an_owner_answers_and_the_chore_is_gone_from_the_desk(client):
    pair, left, _ = collided()
    owner = left.owner
    assert [chore.title for chore in pair_facts.chores(owner, timezone.now())]
    client.force_login(owner)
    [episode] = pair.episodes.all()
    address = f"/metrics/pairs/alerts/{episode.pk}/answer/"
    assert client.post(address, {"answer": ""}).status_code == 422
    client.post(address, {"answer": "Two more people on Mondays."})
    assert "Two more people on Mondays." in client.get(f"/metrics/pairs/{pair.pk}/").content.decode()
    assert not list(pair_facts.chores(owner, timezone.now()))
    assert not list(pair_facts.chores(auditor(), timezone.now()))


def test_a_steward_makes_changes_and_closes_a_pair(client):
    left, right = metric(), metric()
    client.force_login(steward())
    made = {"left": left.key, "right": right.key, "kind": "speed_quality", "window": 12, "sustained": 2}
    assert client.post("/metrics/pairs/new/", made | {"right": "nothing"}).status_code == 422
    client.post("/metrics/pairs/new/", made)
    pair = TradeOffPair.objects.get()
    poles = {"left_pole": "Cost", "right_pole": "Premium"}
    changed = poles | {"kind": "cost_premium", "window": 20, "sustained": 3, "version": 1}
    client.post(f"/metrics/pairs/{pair.pk}/edit/", changed)
    pair.refresh_from_db()
    assert (pair.kind, pair.window, pair.sustained, pair.version) == ("cost_premium", 20, 3, 2)
    assert client.post(f"/metrics/pairs/{pair.pk}/edit/", changed).status_code == 302, "the same, sent twice"
    late = client.post(f"/metrics/pairs/{pair.pk}/edit/", changed | {"window": 30, "kind": "global_local"})
    assert late.status_code == 409
    assert late.context["differences"] == [
        ("Kind of trade-off", "Cost and premium", "Global and local"),
        ("Window (periods)", "20", "30"),
    ]
    again = changed | {"window": 30, "version": late.context["form"]["version"].value()}
    assert client.post(f"/metrics/pairs/{pair.pk}/edit/", again).status_code == 302
    assert client.post(f"/metrics/pairs/{pair.pk}/close/", {"reason": ""}).status_code == 422
    client.post(f"/metrics/pairs/{pair.pk}/close/", {"reason": "One is no longer kept."})
    assert "No pairs yet" in client.get("/metrics/pairs/").content.decode()


def test_a_pair_with_a_hidden_metric_is_nowhere_for_who_may_not_see_it(client):
    left, hidden = metric(), metric(classification="confidential")
    weekly(left, UP)
    weekly(hidden, DOWN)
    pair_of_hidden = TradeOffPair.objects.create(left=left, right=hidden, kind="other", watched_since=timezone.now())
    colliding.look_at_due()
    client.force_login(person())
    assert hidden.name not in client.get("/metrics/pairs/").content.decode()
    assert hidden.name not in client.get("/metrics/pairs.csv").getvalue().decode()
    assert client.get(f"/metrics/pairs/{pair_of_hidden.pk}/").status_code == 404
    assert "none yet" in client.get(f"/metrics/{left.key}/").content.decode()


def test_the_metrics_page_and_the_list_name_an_alert(client):
    pair, left, _ = collided()
    client.force_login(person())
    page = client.get(f"/metrics/{left.key}/").content.decode()
    assert f"/metrics/pairs/{pair.pk}/" in page
    assert "one at the other&#x27;s cost" in page
    assert client.get("/metrics/pairs.csv").getvalue().decode().splitlines()[1].endswith(",yes")


@pytest.mark.parametrize("number", [1, 6])
def test_the_pages_ask_few_queries_at_any_size(client, django_assert_max_num_queries, number):
    left = metric()
    weekly(left, UP)
    pairs = [pair_of(left, metric()) for _ in range(number)]
    client.force_login(steward())
    with django_assert_max_num_queries(12):
        assert len(client.get("/metrics/pairs/").content) < 60_000
    with django_assert_max_num_queries(15):
        client.get(f"/metrics/pairs/{pairs[0].pk}/")


@pytest.mark.parametrize("key", ["<b>", " ", "%", "ü", "nothing"])
def test_pairs_of_what_is_no_metric_are_none(client, key):
    client.force_login(steward())
    answer = client.get("/metrics/pairs/", {"metric": key})
    assert answer.status_code == 200
    assert "No pair fits" in answer.text
