"""Comments: where they stand, who may settle them, who is told, what the ledger keeps."""

import pytest
from django.core.exceptions import PermissionDenied

from approvals import subjects
from approvals.models import Comment, LedgerEntry, Notice
from approvals.services import comments
from config.kit.canonical import parse
from config.kit.refusals import BadInput, MoveRefused
from tests.factories.approvals import approver, auditor, owner, policy, request_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(thing):
    policy()
    approver()
    return request_for(thing, by=owner())


def verbs():
    return [entry.verb for entry in LedgerEntry.objects.order_by("seq")][-2:]


def test_a_comment_stands_at_its_section_and_its_opener_is_told(asked):
    row = comments.add(request=asked, by=approver(), body="Why a day?", section="content")
    assert (row.kind, row.subject_id, row.label, row.is_open) == ("thing", "T-1", "Content", True)
    assert Notice.objects.get(to=asked.opened_by, cause_key=f"comment:{row.pk}").title.endswith("Thing T-1")
    entry = LedgerEntry.objects.latest("seq")
    assert entry.verb == "request.commented"
    assert parse(entry.payload)["section"] == "content"


def test_a_subject_can_be_talked_about_without_a_request(thing):
    thing.register()
    row = comments.add(kind="thing", subject_id="T-9", by=owner(), body="Before anybody is asked.")
    assert row.request is None
    assert verbs()[-1] == "comment.added"


def test_a_place_the_subject_does_not_have_is_refused(asked, monkeypatch):
    kind = subjects.get("thing")
    monkeypatch.setitem(subjects._kinds, "thing", type(kind)(**{**vars(kind), "places": lambda *_: {}}))
    with pytest.raises(BadInput, match="has been removed"):
        comments.add(request=asked, by=approver(), body="Here.", section="options", anchor="option-o9")


def test_a_reply_stands_with_its_thread_and_opens_it_again(asked):
    who = approver()
    first = comments.add(request=asked, by=who, body="Why a day?", section="content")
    comments.resolve(first, by=who)
    reply = comments.add(by=asked.opened_by, body="Because of the contract.", reply_to=first)
    again = comments.add(by=who, body="Which one?", reply_to=reply)
    assert [reply.reply_to, again.reply_to] == [first, first]
    assert (again.section, again.label, again.request) == ("content", "Content", asked)
    first.refresh_from_db()
    assert first.is_open


def test_only_who_began_it_or_writes_the_content_settles_a_thread(asked):
    who = approver()
    row = comments.add(request=asked, by=who, body="Why a day?")
    with pytest.raises(PermissionDenied):
        comments.resolve(row, by=approver())
    comments.resolve(row, by=who)
    with pytest.raises(MoveRefused, match="resolved already"):
        comments.resolve(row, by=who)
    comments.reopen(row, by=who)
    with pytest.raises(MoveRefused, match="open already"):
        comments.reopen(row, by=who)
    assert verbs() == ["comment.resolved", "comment.reopened"]
    assert Comment.objects.about("thing", "T-1").unresolved().count() == 1


def test_an_auditor_says_nothing_and_settles_nothing(asked):
    row = comments.add(request=asked, by=approver(), body="Why a day?")
    with pytest.raises(BadInput):
        comments.add(request=asked, by=auditor(), body="I say.")
    assert not comments.may_settle(auditor(), row)


@pytest.mark.parametrize("body", ["", "   ", "\x00", "\ud800", "x" * 10_001])
def test_words_that_cannot_be_kept_are_refused(asked, body):
    with pytest.raises(BadInput):
        comments.add(request=asked, by=approver(), body=body)
