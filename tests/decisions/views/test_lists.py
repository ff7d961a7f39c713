import csv
from datetime import date, timedelta

import pytest
from django.utils import timezone

from decisions.models import CommitmentRecord, Decision, Reevaluation
from decisions.queries.portfolio import annotated, found, rows_of
from decisions.services import drafting, moves, questions
from metrics.models import Condition, Metric
from tests.factories import decisions as make
from tests.factories import metrics
from tests.factories.approvals import approver, approvers, auditor, owner, sign, signed_in


def html(client, url):
    answer = client.get(url)
    assert answer.status_code == 200, url
    return answer.content.decode()


def hide(decision):
    Decision.objects.filter(pk=decision.pk).update(classification="confidential")


class TestInbox:
    def test_an_empty_one_says_what_to_do_first(self, desk):
        assert "Begin a decision" in html(desk, "/")

    def test_a_reader_is_told_where_to_look(self, db):
        assert "Look at the decisions" in html(signed_in(auditor()), "/")

    def test_a_request_waits_for_its_approver_and_for_others_at_its_owner(self, desk, draft, who):
        signer, _ = approvers(2)
        request = moves.submit(draft, by=who)
        assert f'href="/approvals/{request.pk}/"' in html(signed_in(signer), "/").split("Waiting for others")[0]
        assert f'href="/approvals/{request.pk}/"' in html(desk, "/").split("Waiting for others")[1]

    def test_a_question_waits_for_the_owner_and_is_counted(self, desk, standing, who):
        asked = questions.question(standing, by=who, text="Still so?", severity="critical")
        Reevaluation.objects.filter(pk=asked.pk).update(due_at=timezone.now())
        page = html(desk, "/")
        assert f'href="/reevaluations/{asked.pk}/"' in page.split("Waiting for you")[0]
        assert '<span class="vh">, waiting: </span>1' in page

    def test_a_returned_draft_comes_back_with_its_reason(self, desk, draft, who):
        signer, _ = approvers(2)
        request = moves.submit(draft, by=who)
        sign(request, signer, "return", "Add a fourth option.")
        page = html(desk, "/")
        assert "Add a fourth option." in page
        assert ">Returned<" in page

    def test_a_commitment_is_due_on_its_day(self, desk, standing, who):
        CommitmentRecord.objects.filter(decision=standing).update(due_on=timezone.localdate(), owner=who)
        assert "Train the first team." in html(desk, "/").split("Waiting for you")[0]

    def test_a_broken_condition_is_seen_by_those_who_may_see_its_decision(self, desk, standing):
        metrics.weekly(Metric.objects.get(key=make.BACKLOG), [50], until=0)
        Condition.objects.filter(watcher=standing.reference).update(state="breached")
        assert ">Broken<" in html(desk, "/")
        hide(standing)
        assert ">Broken<" not in html(signed_in(owner()), "/")

    def test_a_review_ahead_is_listed(self, desk, standing):
        Decision.objects.filter(pk=standing.pk).update(next_review_on=timezone.localdate() + timedelta(days=9))
        assert "Review by Ona Lund" in html(desk, "/")


class TestPortfolio:
    @pytest.fixture
    def three(self, registry, who, kept):
        def decisions():
            first = make.in_force(who)
            second = make.draft(who)
            third = make.draft(owner(username="other"))
            Decision.objects.filter(pk=second.pk).update(title="Alpha", tier="strategic")
            Decision.objects.filter(pk=third.pk).update(title="Beta")
            return first, second, third

        return kept(decisions)

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("", {0, 1, 2}),
            ("?state=in_force", {0}),
            ("?tier=strategic", {1}),
            ("?owner=other", {2}),
            ("?standing=sound", {0}),
            ("?standing=questioned", set()),
            ("?metric=backlog_growth", {0}),
            ("?q=alp", {1}),
            ("?q=D-2026+beta", {2}),
            ("?state=nonsense", set()),
            ("?standing=nonsense", set()),
            ("?sort=nonsense&page=99999999999", {0, 1, 2}),
        ],
    )
    def test_filters_live_in_the_address(self, desk, three, query, expected):
        page = html(desk, "/decisions/" + query)
        shown = {place for place, decision in enumerate(three) if f'href="/decisions/{decision.reference}/"' in page}
        assert shown == expected

    def test_the_file_holds_what_the_page_shows(self, desk, three):
        answer = desk.get("/decisions.csv?tier=strategic")
        rows = list(csv.DictReader(b"".join(answer.streaming_content).decode().splitlines()))
        assert [row["Title"] for row in rows] == ["Alpha"]
        assert rows[0]["Standing"] == ""

    def test_a_cell_that_looks_like_a_formula_is_quoted(self, desk, three):
        Decision.objects.filter(pk=three[1].pk).update(title="=1+1")
        body = b"".join(desk.get("/decisions.csv").streaming_content).decode()
        assert "'=1+1" in body

    def test_strangers_find_nothing_confidential_by_any_road(self, three):
        for decision in three:
            hide(decision)
        stranger = signed_in(owner())
        assert "No decision yet" in html(stranger, "/decisions/")
        assert len(b"".join(stranger.get("/decisions.csv").streaming_content).splitlines()) == 1
        assert "Nothing found" in html(stranger, "/search/?q=alpha")
        assert three[0].reference not in html(stranger, "/calendar/")
        assert "Owner:" not in html(stranger, "/")

    def test_sorting_turns_round(self, desk, three):
        up = html(desk, "/decisions/?sort=title")
        down = html(desk, "/decisions/?sort=-title")
        assert up.index("Alpha") < up.index("Beta")
        assert down.index("Beta") < down.index("Alpha")
        assert 'aria-sort="descending"' in down

    def test_nothing_that_fits_offers_the_way_back(self, desk, three):
        assert "Show all decisions" in html(desk, "/decisions/?q=zzz")


class TestStandingFilter:
    """The filter in SQL agrees with the pure function for every combination of facts."""

    @pytest.mark.parametrize("due", [None, -1, 1])
    @pytest.mark.parametrize("stale", [None, -1, 0, 1])
    @pytest.mark.parametrize("state", ["draft", "in_force", "questioned", "closed"])
    def test_each_decision_is_found_under_exactly_its_standing(self, draft, due, stale, state):
        now = timezone.now()
        Decision.objects.filter(pk=draft.pk).update(
            state=state, version=1, evidence_due_on=None if stale is None else now.date() + timedelta(days=stale)
        )
        if due is not None:
            Reevaluation.objects.create(
                decision=draft,
                version=1,
                cause="person",
                question="?",
                opened_at=now,
                due_at=now + timedelta(hours=due),
            )
        (row,) = rows_of(annotated(Decision.objects.filter(pk=draft.pk)), now=now)
        words = ["sound", "near break", "evidence overdue", "questioned", "overdue answer"]
        hits = [word for word in words if found(draft.owner, {"standing": word}, now=now)]
        assert hits == ([str(row.standing)] if row.standing else [])


class TestCalendar:
    def test_a_month_shows_reviews_commitments_and_refresh_dates(self, desk, standing, who):
        day = date(2027, 3, 15)
        Decision.objects.filter(pk=standing.pk).update(next_review_on=day, evidence_due_on=day)
        CommitmentRecord.objects.filter(decision=standing).update(due_on=day)
        page = html(desk, "/calendar/?month=2027-03")
        assert "March 2027" in page
        for kind in ("Review", "Refresh", "Commitment"):
            assert f">{kind}<" in page

    @pytest.mark.parametrize("month", ["", "x", "2027-13", "0001-01", "9999-12", "2027-03-01", "2027-3"])
    def test_a_month_that_makes_no_sense_is_this_month(self, desk, month):
        assert f"{timezone.localdate():%B %Y}" in html(desk, f"/calendar/?month={month}")

    def test_a_signature_is_due_for_its_approver_only(self, draft, who):
        signer, _ = approvers(2)
        request = moves.submit(draft, by=who)
        stage = request.stages.get(state="open")
        stage.due_at = timezone.now()
        stage.save()
        assert ">Sign<" in html(signed_in(signer), "/calendar/")
        assert ">Sign<" not in html(signed_in(owner()), "/calendar/")


class TestSearch:
    def test_it_finds_decisions_metrics_and_people(self, desk, draft):
        page = html(desk, "/search/?q=exceptions")
        assert f'href="/decisions/{draft.reference}/"' in page
        assert 'href="/metrics/backlog_growth/"' in html(desk, "/search/?q=backlog")
        assert "their decisions" in html(desk, "/search/?q=lund")

    @pytest.mark.parametrize("text", ["", "   ", "zzz", "%", "_", "'", "x" * 5000, "\U0001f419", "a b c d e f g h i"])
    def test_any_words_are_an_answer(self, desk, db, text):
        assert desk.get("/search/", {"q": text}).status_code == 200

    def test_a_nul_is_refused_with_a_sentence(self, desk, db):
        assert desk.get("/search/?q=a%00b").status_code == 422


def test_an_approver_s_inbox_is_not_cluttered_by_drafts(draft):
    drafting.create_decision(title="Another", by=draft.owner)
    assert "Nothing waits for you" in html(signed_in(approver()), "/")
