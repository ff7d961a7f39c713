"""Pages of templates, lessons, reviews and new cycles: what they show, refuse and keep."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from approvals.models import ApprovalRequest, Unsent
from decisions.domain.template import Check, template_from
from decisions.models import AssumptionOutcome, Decision, DecisionTemplate, Lesson, Review
from decisions.services import lessons, moves, proposing, reviews, templates
from decisions.services.lessons import Raised
from tests.decisions.views.test_size import check, large
from tests.factories import decisions as make
from tests.factories import metrics
from tests.factories.approvals import administrator, approver, approvers, sign, signed_in
from tests.factories.learning import SCORES, held, in_effect, proposal, typed

CLOSING = {"outcome": "missed", "reason": "Rate fell.", "process": "sound", "process_reason": "All were tried."}


def html(client, url, data=None):
    answer = client.get(url) if data is None else client.post(url, data, follow=True)
    return answer.content.decode()


@pytest.fixture
def admin(db):
    """An administrator's browser."""
    return signed_in(administrator())


def review_url(decision: Decision) -> str:
    return reverse("review", args=[reviews.open_review(decision, by=decision.owner).pk])


class TestTemplates:
    def test_a_version_is_written_section_by_section_submitted_and_shown_with_its_signature(self, admin):
        signer = approver()
        admin.post("/templates/standard/begin/")
        page = admin.get("/templates/standard/edit/risks/")
        data = {
            "guidance": "Name **two** downsides.",
            "version": page.context["form"].initial["version"],
            "at_least-scenarios": "2",
            "each": ["scenarios.handoff"],
            "required": ["text"],
            "go": "next",
        }
        assert admin.post("/templates/standard/edit/risks/", data).url == "/templates/standard/edit/criteria/"
        row = DecisionTemplate.objects.proposed().get()
        assert [check.of for check in template_from(row.sections).part("risks").checks] == [
            "scenarios",
            "scenarios.handoff",
        ]
        head = {"name": row.name, "note": "One is not enough.", "offered": "on", "version": row.version}
        admin.post("/templates/standard/edit/", head)
        assert admin.post("/templates/standard/submit/").url.startswith("/approvals/")
        sign(ApprovalRequest.objects.get(), signer)
        shown = html(admin, "/templates/standard/")
        for words in (
            "Name <strong>two</strong> downsides.",
            "At least 2 scenarios.",
            "One is not enough.",
            str(signer),
        ):
            assert words in shown

    def test_a_number_that_is_none_is_refused_beside_its_field_and_kept(self, admin):
        row = proposal()
        data = {"guidance": "Kept words.", "version": row.version, "at_least-criteria": "many"}
        answer = admin.post("/templates/standard/edit/criteria/", data)
        assert answer.status_code == 422
        text = answer.content.decode()
        assert "Give a whole number from 1 to 1,000, or nothing." in text
        assert "Kept words." in text
        assert 'value="many"' in text

    def test_somebody_who_saved_in_between_is_a_conflict(self, admin):
        row = proposal()
        data = {"guidance": "Mine.", "version": row.version - 1}
        answer = admin.post("/templates/standard/edit/criteria/", data)
        assert answer.status_code == 409
        assert "Mine." in answer.content.decode()

    def test_versions_are_compared_word_by_word(self, admin):
        in_effect(Check(kind="at_least", of="options", value=4))
        shown = html(admin, "/templates/standard/diff/")
        assert "Version 2" in shown
        assert "<ins>At least 4 options.</ins>" in shown
        assert html(admin, "/templates/standard/diff/?from=2&to=2").count("Nothing differs") == 1

    def test_guidance_and_demands_stand_beside_the_section_that_is_written(self, desk, registry, who):
        in_effect(Check(kind="at_least", of="options", value=4))
        draft = make.draft(who)
        shown = html(desk, reverse("decision_edit", args=[draft.reference, "options"]))
        assert "What belongs here" in shown
        assert "At least 4 options." in shown
        assert "Name at least 4 options in “Option details”; there are 3." in shown
        assert "Decision template, version 2" in html(desk, reverse("decision", args=[draft.reference]))

    def test_a_new_decision_follows_the_template_chosen(self, desk, admin):
        row = proposing.create(key="hiring", name="Hiring", source=templates.current(), by=administrator())
        DecisionTemplate.objects.filter(pk=row.pk).update(state="current", approved_at=timezone.now())
        assert "Hiring" in html(desk, "/decisions/new/")
        data = {"title": "Whom?", "tier": "tactical", "classification": "internal", "template": "hiring"}
        desk.post("/decisions/new/", data)
        assert Decision.objects.get().template == row
        assert desk.post("/decisions/new/", data | {"template": "nowhere"}).status_code == 422


class TestReviews:
    def test_a_review_is_held_in_the_browser_and_then_only_read(self, desk, standing):
        url = review_url(standing)
        assert "Did it hold?" in html(desk, url)
        data = typed(Review.objects.get(), **{"lesson-1": "Try first.", "about-1": "options", "score-q1": "20"})
        shown = html(desk, url, data)
        for words in ("As foreseen.", "Try first.", "<strong>Yes: Option C</strong>", "Brier score 0.04", "Keep it"):
            assert words in shown
        assert "<form method" not in shown.split("<main")[1].split("</main>")[0]
        assert desk.post(url, data).status_code == 409
        assert "Review held" in html(desk, reverse("decision", args=[standing.reference]))

    @pytest.mark.parametrize(
        ("fields", "sentence"),
        [
            ({"findings": ""}, "Write what the review found."),
            ({"verdict": "close"}, "Say how well it was taken."),
            ({"score-q1": "12x"}, "Enter a number"),
            ({"score-q1": "120"}, "between 0 and 100"),
            ({"held-a1": "broke"}, "Its conditions say otherwise"),
        ],
    )
    def test_what_is_wrong_is_said_and_what_was_typed_is_kept(self, desk, standing, fields, sentence):
        answer = desk.post(review_url(standing), typed(Review.objects.get(), **{"note-a1": ""} | fields))
        assert answer.status_code == 422
        text = answer.content.decode()
        assert sentence in text
        assert "As foreseen." in text or "findings" in fields

    def test_what_was_typed_and_not_sent_is_there_again_for_its_writer_alone(self, desk, standing):
        url = review_url(standing)
        begun = {"findings": "Half a sen\x00tence", "held-a1": "held", "lesson-2": "Ask more.", "score-q1": "2"}
        kept = desk.post(url, begun, headers={"X-Autosave": "1"})
        assert (kept.status_code, "not sent yet" in kept["X-Saved"]) == (204, True)
        shown = html(desk, url)
        for words in ("Half a sentence", "Ask more.", "is here again", "<details open>"):
            assert words in shown
        assert "Half a sentence" not in html(signed_in(approver()), url)
        assert desk.post(url, {"findings": "x" * 200_001}, headers={"X-Autosave": "1"}).status_code == 422
        assert desk.post(url, {"throw_away": "1"}).status_code == 302
        assert "Half a sentence" not in html(desk, url)
        desk.post(url, begun, headers={"X-Autosave": "1"})
        desk.post(url, typed(Review.objects.get()))
        assert not Unsent.objects.exists()

    def test_a_reader_sees_the_figures_without_the_form(self, standing):
        shown = html(signed_in(approver()), review_url(standing))
        assert "Success metrics" in shown
        assert "Did it hold?" not in shown

    def test_what_is_due_waits_in_the_inbox_and_leads_to_the_review(self, desk, standing):
        Decision.objects.update(next_review_on=timezone.localdate())
        shown = html(desk, "/")
        assert "Hold the review" in shown
        assert f'href="/reviews/{standing.reviews.get().pk}/"' in shown

    def test_the_ending_names_one_of_four_and_its_record_too(self, desk, standing, who):
        moves.close(standing, by=who, **CLOSING)
        shown = html(desk, reverse("decision", args=[standing.reference]))
        assert "Bad luck" in shown
        assert "All were tried." in shown
        record = desk.get(reverse("decision_record_json", args=[standing.reference])).json()
        assert record["closing"]["process_reason"] == "All were tried."
        assert record["template"] == {"key": "standard", "name": "Decision template", "number": 1}

    def test_a_held_review_is_in_the_record(self, desk, standing):
        review = held(standing, scores=SCORES)
        record = desk.get(reverse("decision_record_json", args=[standing.reference])).json()
        (found,) = record["reviews"]
        assert (found["digest"], found["content"]["findings"]) == (review.digest, review.findings)


class TestLessonsAndCycles:
    def test_a_lesson_is_accepted_and_leads_to_the_proposed_version(self, admin, standing, who):
        lesson = lessons.raise_all(standing, [Raised(section="options", text="Try first.")], by=who, at=timezone.now())[
            0
        ]
        answer = admin.post(f"/lessons/{lesson.pk}/", {"answer": "accept", f"l{lesson.pk}-guidance": ""})
        assert answer.status_code == 422
        data = {"answer": "accept", f"l{lesson.pk}-guidance": "Try it.", f"l{lesson.pk}-template": "standard"}
        assert admin.post(f"/lessons/{lesson.pk}/", data).url == "/templates/standard/edit/"
        assert "version 2 (proposed)" in html(admin, "/lessons/")

    def test_a_mark_is_confirmed_on_its_page(self, desk, standing, who):
        moves.close(standing, by=who, **CLOSING, lessons="Ask sooner.")
        answer = desk.post(reverse("decision_move", args=[standing.reference, "new-cycle"]))
        shown = html(desk, answer.url)
        assert "3 of 3 still to be looked at" in shown
        assert "Ask sooner." in shown
        shown = html(desk, answer.url, {"key": "scores:b"})
        assert "2 of 3 still to be looked at" in shown
        assert desk.post(answer.url, {"key": "scores:nothing"}).status_code == 409


def test_a_large_review_stays_small(desk, who, db):
    keys = [metrics.metric(key=f"metric_number_{n}", name=f"A metric with a long name {n}").key for n in range(8)]
    for key in (make.RESOLUTION, make.BACKLOG):
        metrics.metric(key=key)
    whole = large(who.username, keys)
    approvers(2)
    names = ("metrics", "options", "impacts", "costs", "risks", "criteria", "recommendation", "schedule")
    decision = make.in_force(who, **{name: getattr(whole, name) for name in names})
    Decision.objects.update(in_force_since=timezone.now() - timedelta(weeks=52))
    for key in keys:
        metrics.weekly(metrics.registry.Metric.objects.get(key=key), [50 + n % 20 for n in range(52)])
    url = review_url(decision)
    check(desk, url)
    judged = {f"held-a{n}": "unknown" for n in range(20)}
    scored = {f"score-q{n}": str(30 + n) for n in range(12)}
    desk.post(url, {"findings": "Much.", "verdict": "keep", **judged, **scored})
    assert Review.objects.filter(held_at__isnull=False).exists()
    check(desk, url)


@pytest.mark.parametrize("number", [2, 60])
def test_lists_stay_small(desk, admin, standing, who, number):
    """Rows are copied in the table: what is measured is the page, not the services."""
    review = held(standing, lessons=tuple(Raised(section="options", text=f"Lesson {n}.") for n in range(number)))
    outcome = AssumptionOutcome.objects.get()
    for n in range(number):
        review.pk, review.due_on = None, review.due_on + timedelta(days=1000 + n)
        review.save()
        outcome.pk, outcome.review = None, review
        outcome.save()
    for n in range(number):
        version = DecisionTemplate.objects.create(key="standard", number=10 + n, name="Copy", state="replaced")
        Lesson.objects.filter(text=f"Lesson {n}.").update(template=version, state="accepted")
    for client in (desk, admin):
        check(client, "/reviews/", "/lessons/", "/templates/", "/templates/standard/", "/templates/standard/diff/")
    moves.close(standing, by=who, **CLOSING)
    again = moves.new_cycle(standing, by=who)
    check(desk, reverse("decision_refresh", args=[again.reference]), reverse("decision", args=[again.reference]))
