"""The steward's pages: desk, disputes, relevance, reports, families; by what they show and what they cost."""

from datetime import timedelta

import pytest
from django.utils import timezone

from approvals.services import unsent
from metrics.domain.disputing import Move
from metrics.models import Comparison, Condition, Dispute, Likeness, Metric, MetricDefinition
from metrics.services import disputes, likeness, relevance
from tests.factories.approvals import administrator, auditor, owner, person, signed_in, steward
from tests.factories.metrics import condition, metric, weekly, weeks_ago

pytestmark = pytest.mark.django_db
MOST_QUERIES = 15
MOST_BYTES = 60 * 1024
REASON = "Twelve were counted twice."


@pytest.fixture
def kept():
    made = metric(key="backlog_growth", name="Backlog growth", owner=owner(), steward=steward())
    weekly(made, [5, 6, 7])
    return made


def disputed(target, by=None):
    row = target.observations.order_by("-period_start")[0]
    return disputes.dispute_value(target, period=row.period_start, reason=REASON, by=by or person())


def text(client, url):
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


class TestDisputing:
    def test_from_the_value_to_its_correction(self, kept):
        who, day = person(), weeks_ago(1).isoformat()
        client = signed_in(who)
        assert f"disputes/?period={day}" in text(client, f"/metrics/{kept.key}/radius/?period={day}")
        assert f'value="{day}"' in text(client, f"/metrics/{kept.key}/disputes/?period={day}")
        data = {"about": "value", "period": day, "segment": "", "reason": REASON}
        place = client.post(f"/metrics/{kept.key}/disputes/", data).url
        assert "Disputed" in text(client, f"/metrics/{kept.key}/")
        assert "Uphold" not in text(client, place)
        assert client.post(place, {"act": "uphold", "reason": "Mine."}).status_code == 403
        client = signed_in(kept.steward)
        answer = client.post(place, {"act": "uphold", "reason": "  "})
        assert answer.status_code == 422
        assert "This field is required" in answer.content.decode()
        client.post(place, {"act": "uphold", "reason": "It is 5."})
        page = text(client, place)
        assert f"/metrics/{kept.key}/record/?period={day}" in page
        client.post(f"/metrics/{kept.key}/record/", {"period_start": day, "value": "5", "reason": "Disputed."})
        assert "Upheld, corrected" in text(client, place)
        assert "Disputed</a>" not in text(client, f"/metrics/{kept.key}/")

    @pytest.mark.parametrize(
        "data, sentence",
        [
            ({"about": "value", "period": "", "reason": REASON}, "Name a day"),
            ({"about": "value", "period": "31.12.2026", "reason": REASON}, "year-month-day"),
            ({"about": "value", "period": "0001-01-01", "reason": REASON}, "between 1990 and 2100"),
            ({"about": "value", "period": "1999-01-04", "reason": REASON}, "no value for this period"),
            ({"about": "nonsense", "reason": REASON}, "valid choice"),
            ({"about": "definition", "reason": ""}, "required"),
            ({"about": "definition", "reason": "a\x00b"}, "NUL"),
        ],
    )
    def test_bad_input_comes_back_with_a_sentence_and_what_was_typed(self, kept, data, sentence):
        answer = signed_in(person()).post(f"/metrics/{kept.key}/disputes/", data)
        assert answer.status_code == 422
        assert sentence in answer.content.decode()
        assert data["reason"] != REASON or REASON in answer.content.decode()
        assert not Dispute.objects.exists()

    def test_a_dispute_of_another_metric_is_not_found_here(self, kept):
        other = metric()
        weekly(other, [1])
        client = signed_in(person())
        for number in (disputed(other).pk, 0, 10**15):
            assert client.get(f"/metrics/{kept.key}/disputes/{number}/").status_code == 404

    def test_its_pages_cost_the_same_at_any_size(self, kept, django_assert_max_num_queries):
        client, made = signed_in(kept.steward), disputed(kept)
        places = (f"/metrics/{kept.key}/disputes/", f"/metrics/{kept.key}/disputes/{made.pk}/")
        costs = []
        for place in places:
            with django_assert_max_num_queries(MOST_QUERIES) as few:
                client.get(place)
            costs.append(len(few))
        for _ in range(6):
            disputes.join(made, reason="It is 71.", by=person())
        for row in kept.observations.order_by("period_start")[:2]:
            disputes.dispute_value(kept, period=row.period_start, reason=REASON, by=person())
        for place, cost in zip(places, costs, strict=True):
            with django_assert_max_num_queries(cost):
                client.get(place)

    def test_all_of_them_stand_in_one_list_for_who_may_see_them(self, kept, django_assert_max_num_queries):
        disputed(kept)
        hidden = metric(owner=owner(), steward=steward(), classification="confidential", name="Hidden one")
        disputes.dispute_definition(hidden, version=1, reason="=1+1", by=hidden.owner)
        client = signed_in(auditor())
        with django_assert_max_num_queries(MOST_QUERIES):
            assert "Hidden one" in text(client, "/metrics/disputes/?state=open")
        assert "Hidden one" not in text(client, "/metrics/disputes/?state=upheld")
        assert "'=1+1" in b"".join(client.get("/metrics/disputes.csv").streaming_content).decode()
        assert "Hidden one" not in text(signed_in(person()), "/metrics/disputes/")


class TestDesk:
    def test_an_empty_desk_says_what_would_stand_there(self):
        assert "disputes to answer" in text(signed_in(steward()), "/metrics/desk/")

    def test_it_gathers_what_waits_by_kind(self, kept):
        disputed(kept)
        relevance.sweep(timezone.now())
        kept.relevance_reviews.update(due_at=timezone.now())
        Condition.objects.filter(pk=condition(kept).pk).update(failures=3, failing_since=timezone.now())
        metric(name="Nobody’s own", steward=kept.steward, approved=False)
        page = text(signed_in(kept.steward), "/metrics/desk/")
        for words in (
            "Disputes to answer",
            REASON,
            "Relevance to review",
            "Conditions that cannot be evaluated",
            "Definitions to finish",
            "Nobody answers for",
            "It has no owner.",
        ):
            assert words in page
        only = text(signed_in(kept.steward), "/metrics/desk/?kind=relevance-to-review")
        assert "Still worth" not in only
        assert REASON not in only

    def test_it_is_nobody_elses(self, kept):
        disputed(kept)
        for who in (steward(), owner(), auditor(), administrator()):
            assert REASON not in text(signed_in(who), "/metrics/desk/")

    def test_whom_a_late_dispute_reaches_finds_it_there(self, kept):
        made = disputed(kept)
        from_steward = disputes.dispute_definition(kept, version=1, reason="Mine too.", by=kept.steward)
        page = text(signed_in(kept.owner), "/metrics/desk/")
        assert f"/disputes/{from_steward.pk}/" in page
        assert f"/disputes/{made.pk}/" not in page

    def test_it_costs_the_same_at_any_size(self, kept, django_assert_max_num_queries):
        client = signed_in(kept.steward)
        client.get("/metrics/desk/")
        with django_assert_max_num_queries(MOST_QUERIES) as few:
            client.get("/metrics/desk/")
        for number in range(12):
            made = metric(name=f"Metric {number}", steward=kept.steward, approved=False)
            disputes.dispute_definition(made, version=1, reason=REASON * 5, by=kept.owner)
        with django_assert_max_num_queries(len(few)):
            page = client.get("/metrics/desk/")
        assert len(page.content) < MOST_BYTES
        assert "All 12" in page.content.decode()

    def test_the_way_there_is_a_stewards(self):
        assert 'href="/metrics/desk/"' in text(signed_in(steward()), "/calendar/")
        assert 'href="/metrics/desk/"' not in text(signed_in(owner()), "/calendar/")


class TestRelevance:
    @pytest.mark.parametrize(
        "outcome, place", [("confirmed", "relevance"), ("change", "definition"), ("deprecate", "lifecycle")]
    )
    def test_it_leads_on_to_where_it_is_done(self, kept, outcome, place):
        data = {"outcome": outcome, "said": "Because.", "every_days": "182"}
        answer = signed_in(kept.steward).post(f"/metrics/{kept.key}/relevance/", data)
        assert answer.url == f"/metrics/{kept.key}/{place}/"
        assert "Because." in text(signed_in(kept.steward), f"/metrics/{kept.key}/relevance/")

    def test_what_was_typed_and_not_sent_is_there_again_until_it_is(self, kept):
        place, client = f"/metrics/{kept.key}/relevance/", signed_in(kept.steward)
        typed = {"outcome": "change", "said": "Nobody looks at", "every_days": "90"}
        assert client.post(place, typed, headers={"X-Autosave": "1"}).status_code == 204
        assert "Nobody looks at" in text(client, place)
        assert not kept.relevance_reviews.exclude(state="due").exists()
        assert unsent.remove_old(timezone.now() + timedelta(days=29)) == 0
        assert client.post(place, typed | {"outcome": "confirmed"}).status_code == 302
        assert "not sent yet" not in text(client, place)

    def test_a_sentence_is_asked_for_and_the_choice_kept(self, kept):
        data = {"outcome": "change", "said": "", "every_days": "90"}
        answer = signed_in(kept.steward).post(f"/metrics/{kept.key}/relevance/", data)
        assert answer.status_code == 422
        assert '<option value="90" selected>' in answer.content.decode()


def csv(client, report):
    return b"".join(client.get(f"/metrics/reports.csv?report={report}").streaming_content).decode()


class TestReports:
    COURSE = (3, 7, 4, 9, 12, 8, 15, 11, 6, 14, 10, 5, 13, 2)

    def test_what_is_calculated_alike_or_defined_in_the_same_words_is_redundant(self):
        a, b = metric(key="a_part", formula="parts made"), metric(key="b_part", formula="parts kept")
        for key, expression in (("sum_one", "a_part + b_part"), ("sum_two", "sum(b_part, a_part)")):
            metric(key=key, expression=expression)
        metric(key="words_one", formula="opened cases per week")
        metric(key="words_two", formula="Opened cases, per week.")
        rows = csv(signed_in(auditor()), "redundant")
        assert "sum_two,Sum two,sum_one,Sum one,Calculated alike" in rows
        assert "words_two,Words two,words_one" in rows
        assert f"{a.key}," not in rows
        assert f"{b.key}," not in rows

    def test_what_moves_together_is_redundant_to_who_sees_both(self):
        one = metric(key="one", formula="a b c")
        hidden = metric(key="hidden_one", formula="d e f", classification="confidential")
        for each in (one, hidden):
            weekly(each, self.COURSE)
        likeness.sweep(timezone.now())
        assert Likeness.objects.count() == 1
        assert "r 1.000 of values, 1.000 of changes, over 14 periods" in csv(signed_in(auditor()), "redundant")
        assert "hidden" not in csv(signed_in(steward()), "redundant")
        assert "2 metrics compared" in text(signed_in(auditor()), "/metrics/reports/")
        assert Comparison.objects.count() == 1

    def test_what_nothing_rests_on_is_unused_after_a_while_and_told_to_who_manages_it(self):
        for key in ("lonely", "watched", "fresh"):
            metric(key=key)
        condition(Metric.objects.get(key="watched"))
        long_ago = timezone.now() - timedelta(days=100)
        for each in Metric.objects.exclude(key="fresh"):
            Metric.objects.filter(pk=each.pk).update(created_at=long_ago)
            each.definitions.update(approved_at=long_ago)
        rows = csv(signed_in(steward()), "unused")
        assert "lonely," in rows
        assert "watched," not in rows
        assert "fresh," not in rows
        assert "lonely," not in csv(signed_in(owner()), "unused")
        assert "lonely" not in text(signed_in(steward()), "/metrics/reports/?report=unused&days=200")
        assert "lonely" in text(signed_in(steward()), "/metrics/reports/?report=unused&days=nonsense")

    @pytest.mark.parametrize("state", ["planned", "announced"])
    def test_what_is_to_end_is_neither_redundant_nor_unused(self, state):
        kept, ends = (metric(key=key, formula="opened cases per week") for key in ("kept", "ends"))
        long_ago, today = timezone.now() - timedelta(days=100), timezone.localdate()
        Metric.objects.update(created_at=long_ago)
        MetricDefinition.objects.update(approved_at=long_ago)
        client = signed_in(steward())
        assert "ends,Ends,kept" in csv(client, "redundant")
        days = {"announce_on": today, "remove_on": today, "reason": "One is enough.", "approved_at": timezone.now()}
        ends.deprecations.create(state=state, successor=kept, proposed_by=steward(), **days)
        assert "ends," not in csv(client, "redundant")
        assert "ends," not in csv(client, "unused")
        assert "kept," in csv(client, "unused")

    @pytest.mark.parametrize("until, stale", [(1, False), (2, False), (3, True)])
    def test_what_has_no_value_for_a_period_more_than_it_should_is_stale(self, until, stale):
        weekly(metric(key="weekly_one"), [1, 2], until=until)
        assert ("weekly_one," in csv(signed_in(steward()), "stale")) is stale

    def test_whose_owner_has_left_is_ownerless(self):
        gone = owner(is_active=False)
        metric(key="left_alone", owner=owner(), steward=steward())
        Metric.objects.filter(key="left_alone").update(owner=gone)
        assert f"Its owner {gone} has left." in csv(signed_in(steward()), "ownerless")

    @pytest.mark.parametrize("report", ["redundant", "unused", "stale", "ownerless"])
    def test_each_costs_the_same_at_any_size(self, report, django_assert_max_num_queries):
        client, place = signed_in(steward()), f"/metrics/reports/?report={report}&days=1"
        metric()
        client.get(place)
        with django_assert_max_num_queries(MOST_QUERIES) as few:
            client.get(place)
        for _ in range(8):
            metric()
        Metric.objects.update(created_at=timezone.now() - timedelta(days=30))
        with django_assert_max_num_queries(len(few)):
            assert len(client.get(place).content) < MOST_BYTES


class TestFamilies:
    def test_each_says_how_its_metrics_stand(self, kept):
        for number in range(10):
            metric(name=f"Queue {number}", family="Queues", approved=number > 2)
        disputed(kept)
        page = text(signed_in(owner()), "/metrics/?view=families")
        assert "Queues" in page
        assert "3 draft, 7 approved" in page
        assert "All 10" in page
        assert "1 in doubt" in page
        assert "Backlog growth" in text(signed_in(owner()), "/metrics/?doubt=yes")
        assert "Queue 1" not in text(signed_in(owner()), "/metrics/?view=families&state=approved&family=Queues&find=9")

    def test_they_cost_the_same_at_any_size(self, kept, django_assert_max_num_queries):
        client = signed_in(kept.steward)
        client.get("/metrics/?view=families")
        with django_assert_max_num_queries(MOST_QUERIES) as few:
            client.get("/metrics/?view=families")
        for number in range(10):
            metric(family=f"Family {number}")
        with django_assert_max_num_queries(len(few)):
            assert len(client.get("/metrics/?view=families").content) < MOST_BYTES


def test_upheld_disputes_stay_on_the_desk_until_they_are_corrected(kept):
    made = disputed(kept)
    disputes.answer(made, move=Move.UPHOLD, reason="So it is.", by=kept.owner)
    assert "Upheld, to be corrected" in text(signed_in(kept.steward), "/metrics/desk/")
