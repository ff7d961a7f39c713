"""The review screen: what is on it, what it costs, what it does with bad input."""

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils.safestring import mark_safe

from approvals.domain.diff import compare
from approvals.domain.review import ReviewField, ReviewFigure, ReviewSection
from approvals.models import ApprovalRequest, Signature
from approvals.review import _shown
from approvals.services.comments import add
from approvals.services.requests import withdraw
from config.kit.charts import Figure
from tests.approvals.limits import LARGEST_PAGE, MOST_QUERIES
from tests.factories.approvals import (
    PASSWORD,
    approver,
    approvers,
    auditor,
    delegation,
    owner,
    person,
    policy,
    request_for,
    sign,
    signed_in,
)

pytestmark = pytest.mark.django_db


def post(client, request, **data):
    data = {"verdict": "approve", "comment": "", "password": PASSWORD, "digest": request.digest} | data
    return client.post(reverse("approval_sign", args=[request.pk]), data)


def test_an_approver_reads_and_signs(thing):
    policy()
    who = approver()
    request = request_for(thing, by=owner())
    client = signed_in(who)
    body = client.get(f"/approvals/{request.pk}/").content.decode()
    assert "Answer within a day" in body
    assert "I have reviewed this content and approve it." in body
    assert "Open the thing</a>" in body
    assert post(client, request).status_code == 302
    body = client.get(f"/approvals/{request.pk}/").content.decode()
    assert "You are counted" in body
    assert 'name="password"' not in body


def test_what_changed_since_the_approved_version_is_shown(thing):
    policy()
    who = approver()
    thing.before = {"objective": "Answer within a week", "cost": "1200"}
    request = request_for(thing, by=owner())
    body = signed_in(who).get(f"/approvals/{request.pk}/").content.decode()
    assert "<del>week</del>" in body
    assert "<ins>day</ins>" in body


def test_markup_in_content_stays_text(thing):
    policy()
    who = approver()
    request = request_for(thing, by=owner(), content={"objective": "<script>alert(1)</script>"})
    body = signed_in(who).get(f"/approvals/{request.pk}/").content.decode()
    assert "<script>alert" not in body
    assert "&lt;script&gt;" in body


@pytest.mark.parametrize(
    ("data", "status", "sentence"),
    [
        ({"password": "wrong"}, 422, "This is not your password."),
        ({"password": ""}, 422, "Enter your password to sign."),
        ({"password": "x" * 1_000_000}, 422, "at most 1000 characters"),
        ({"password": "\x00"}, 422, "Null characters"),
        ({"password": "\ud800"}, 422, "not your password"),
        ({"verdict": ""}, 422, "Choose a verdict."),
        ({"verdict": "maybe"}, 422, "Choose a verdict."),
        ({"verdict": "reject", "comment": " "}, 422, "Give the reason for rejecting."),
        ({"verdict": "return", "comment": " "}, 422, "Say what has to change"),
        ({"verdict": "approve_with_conditions", "comment": " "}, 422, "State the conditions"),
        ({"verdict": "reject", "comment": "x" * 1_000_000}, 422, "Use at most 10,000 characters"),
        ({"verdict": "reject", "comment": "a\x00b"}, 422, "NUL"),
        ({"digest": "0" * 64}, 409, "not the content of this request"),
        ({"digest": ""}, 409, "not the content of this request"),
        ({"digest": "x" * 100_000}, 422, ""),
        ({"for_whom": "999999"}, 302, ""),
    ],
)
def test_bad_input_comes_back_with_a_sentence_and_what_was_typed(thing, data, status, sentence):
    policy()
    who = approver()
    request = request_for(thing, by=owner())
    sent = {"comment": "Typed with care"} | data
    try:
        answer = post(signed_in(who), request, **sent)
    except UnicodeEncodeError:
        # The test client cannot send half a character; a browser sends its replacement, a wrong password.
        return
    assert answer.status_code == status
    body = answer.content.decode()
    assert sentence in body
    if status == 302:
        return
    assert Signature.objects.count() == 0
    assert "Error: " in body
    if sent["comment"] == "Typed with care":
        assert "Typed with care" in body
    assert "wrong" not in body


def test_a_session_alone_cannot_sign(thing):
    policy()
    who = approver()
    request = request_for(thing, by=owner())
    answer = signed_in(who).post(reverse("approval_sign", args=[request.pk]), {"verdict": "approve"})
    assert answer.status_code == 422
    assert Signature.objects.count() == 0


def test_signing_takes_a_post(thing):
    policy()
    who = approver()
    request = request_for(thing, by=owner())
    assert signed_in(who).get(reverse("approval_sign", args=[request.pk])).status_code == 405


def test_a_stale_screen_is_refused_and_shows_the_outcome(thing):
    policy()
    first, second = approvers(2)
    request = request_for(thing, by=owner())
    client = signed_in(second)
    client.get(f"/approvals/{request.pk}/")
    sign(request, first)
    answer = post(client, request)
    assert answer.status_code == 409
    assert "decided already: approved" in answer.content.decode()


def test_a_delegate_chooses_for_whom(thing):
    policy()
    away = approver(first_name="Ada", last_name="Away")
    stand_in = person()
    delegation(away, stand_in)
    request = request_for(thing, by=owner())
    client = signed_in(stand_in)
    body = client.get(f"/approvals/{request.pk}/").content.decode()
    assert "Ada Away, as their delegate" in body
    assert "Yourself" not in body
    assert post(client, request, for_whom=str(away.pk)).status_code == 302
    assert "for Ada Away" in client.get(f"/approvals/{request.pk}/").content.decode()


def test_withdrawing_needs_a_reason_and_keeps_signatures(thing):
    policy({"groups": ["Approvers"], "quorum_value": 2})
    first, _ = approvers(2)
    opener = owner()
    request = request_for(thing, by=opener)
    sign(request, first)
    client = signed_in(opener)
    url = reverse("approval_withdraw", args=[request.pk])
    answer = client.post(url, {"withdraw-reason": "  "})
    assert answer.status_code == 422
    assert "Give the reason for withdrawing." in answer.content.decode()
    assert client.post(url, {"withdraw-reason": "The budget changed."}).status_code == 302
    body = client.get(f"/approvals/{request.pk}/").content.decode()
    assert "The budget changed." in body
    assert str(first) in body
    assert client.post(url, {"withdraw-reason": "Again."}).status_code == 409


def test_the_owner_of_the_subject_may_withdraw_too(thing):
    policy()
    approver()
    chief = owner()
    thing.withdrawers.add(chief.pk)
    thing.seers.add(chief.pk)
    request = request_for(thing, by=owner())
    answer = signed_in(chief).post(reverse("approval_withdraw", args=[request.pk]), {"withdraw-reason": "Mine."})
    assert answer.status_code == 302
    assert thing.verdicts == [("T-1", "withdrawn")]


def test_the_conversation_is_read_by_all_and_written_by_those_involved(thing):
    policy()
    who, opener = approver(), owner()
    request = request_for(thing, by=opener)
    url = reverse("approval_comment", args=[request.pk])
    assert signed_in(who).post(url, {"comment-body": "Why <b>two</b>?"}).status_code == 302
    assert signed_in(who).post(url, {"comment-body": ""}).status_code == 422
    body = signed_in(opener).get(f"/approvals/{request.pk}/").content.decode()
    assert "Why &lt;b&gt;two&lt;/b&gt;?" in body
    assert signed_in(auditor()).post(url, {"comment-body": "I was here"}).status_code == 422


def test_somebody_elses_request_is_not_there(thing):
    policy()
    approver()
    request = request_for(thing, by=owner())
    client = signed_in(owner())
    assert client.get(f"/approvals/{request.pk}/").status_code == 404
    assert post(client, request).status_code == 404
    assert client.get(f"/approvals/{2**70}/").status_code == 404


def test_revocation_acts_on_the_next_request(thing):
    policy()
    who, _ = approvers(2)
    request = request_for(thing, by=owner())
    client = signed_in(who)
    assert client.get(f"/approvals/{request.pk}/").status_code == 200
    who.groups.clear()
    assert client.get(f"/approvals/{request.pk}/").status_code == 404


def large(thing, sections: int, comments: int, people: int) -> tuple[ApprovalRequest, Client]:
    """A request whose content, stages and conversation have the size given; every section has changed."""
    team = approvers(people)
    policy({"groups": ["Approvers"], "quorum": "all", "one_rejection_ends": False}, {"groups": ["Approvers"]})
    last = approvers(2)
    text = " ".join(f"word{number}" for number in range(120))
    thing.before = {f"section_{number}": f"{text} before" for number in range(sections)}
    content = {f"section_{number}": f"{text} after {number}" for number in range(sections)}
    request = request_for(thing, by=owner(), content=content)
    for who in team[: people - 1]:
        sign(request, who)
    for number in range(comments):
        add(request=request, by=last[0], body=f"Remark {number} {text}")
    return request, signed_in(team[-1])


@pytest.mark.parametrize(("sections", "comments", "people"), [(3, 2, 2), (60, 40, 12)])
def test_the_review_screen_stays_small(thing, sections, comments, people, django_assert_max_num_queries):
    request, client = large(thing, sections, comments, people)
    client.get(f"/approvals/{request.pk}/")
    with django_assert_max_num_queries(MOST_QUERIES):
        answer = client.get(f"/approvals/{request.pk}/")
    assert "Sign</button>" in answer.content.decode()
    assert len(answer.content) <= LARGEST_PAGE


def test_a_section_past_the_pages_budget_opens_on_demand(thing):
    request, client = large(thing, 60, 0, 2)
    body = client.get(f"/approvals/{request.pk}/").content.decode()
    assert "?section=content" in body or "Read this section" in body
    body = client.get(f"/approvals/{request.pk}/?section=content").content.decode()
    assert "after 59" in body.replace("<ins>", "").replace("</ins>", "")


def test_the_review_screen_stays_small_in_japanese(thing):
    policy()
    who = approver()
    content = {f"section_{number}": "判断の前提を確かめる。" * 60 for number in range(40)}
    request = request_for(thing, by=owner(), content=content)
    assert len(signed_in(who).get(f"/approvals/{request.pk}/").content) <= LARGEST_PAGE


def test_charts_past_the_pages_budget_are_drawn_on_a_page_of_their_own():
    drawing = Figure(title="Replay", wide=mark_safe("w" * 7_000), narrow=mark_safe("n" * 7_000))
    pictures = [ReviewFigure(heading=f"Condition {number}", text="Fired once.", figure=drawing) for number in (1, 2, 3)]
    section = ReviewSection(key="criteria", title="Criteria", fields=[ReviewField(label="Text")], figures=pictures)
    (first,) = _shown(compare(None, [section]), "", [], set())
    assert [drawn for _, drawn in first.pictures] == [True, True, False]
    page = render_to_string("approvals/_request_section.html", {"shown": first, "asked": None})
    assert page.count("w" * 7_000) == 2
    assert page.count('href="?section=criteria#section-criteria">See its chart</a>') == 1
    (opened,) = _shown(compare(None, [section]), "criteria", [], set())
    assert all(drawn for _, drawn in opened.pictures)


@pytest.mark.parametrize("many", [1, 40])
def test_the_list_stays_small(thing, many, django_assert_max_num_queries):
    policy()
    who = approver()
    opener = owner()
    for number in range(many):
        request_for(thing, by=opener, subject_id=f"open-{number}")
        withdraw(request_for(thing, by=opener, subject_id=f"gone-{number}"), by=opener, reason="Not yet.")
    for user in (who, opener):
        client = signed_in(user)
        client.get("/approvals/")
        with django_assert_max_num_queries(MOST_QUERIES):
            answer = client.get("/approvals/")
        assert f"Thing open-{many - 1}" in answer.content.decode()
        assert len(answer.content) <= LARGEST_PAGE
