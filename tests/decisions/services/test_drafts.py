"""Earlier drafts: who wrote what, and having one back."""

import dataclasses

import pytest
from django.core.exceptions import PermissionDenied

from approvals.models import LedgerEntry
from config.kit.canonical import parse
from config.kit.refusals import BadInput, StaleWrite
from decisions.domain.dossier import Prose
from decisions.models import CONTRIBUTE
from decisions.services import drafting, drafts, people
from tests.factories.approvals import owner

pytestmark = pytest.mark.django_db


@pytest.fixture
def who():
    return owner(username="kim", first_name="Kim", last_name="Berg")


@pytest.fixture
def draft(who):
    return drafting.create_decision(title="Whether", by=who)


def write(decision, text, by, expected):
    section = dataclasses.replace(Prose(), text=text)
    return drafting.save_section(decision, "constraints", section, expected_version=expected, by=by)


def text_of(decision):
    return decision.sections.get(key="constraints").content["text"]


def test_what_nobody_wrote_has_no_author_and_no_draft(draft):
    assert [each.section for each in drafts.contributors(draft)] == ["frame"]
    assert not drafts.drafts(draft, "constraints")


def test_contributors_are_those_who_saved_a_section(draft, who):
    colleague = owner(username="lee")
    people.invite(draft, colleague, grant=CONTRIBUTE, by=who)
    write(draft, "One", who, 1)
    write(draft, "Two", colleague, 2)
    write(draft, "Three", colleague, 3)
    write(draft, "Three", who, 4)
    found = drafts.by_section(drafts.contributors(draft))["constraints"]
    assert [(each.person, each.saves) for each in found] == [("Kim Berg", 1), ("lee", 2)]
    assert [run.saves for run in drafts.runs(list(drafts.drafts(draft, "constraints")))] == [2, 1]


def test_a_draft_is_put_back_as_a_new_save_and_on_the_ledger(draft, who):
    write(draft, "One", who, 1)
    write(draft, "Two", who, 2)
    stored = drafts.restore_draft(draft, "constraints", version=2, expected_version=3, by=who)
    assert (text_of(draft), stored.version) == ("One", 4)
    assert [each.version for each in drafts.drafts(draft, "constraints")] == [4, 3, 2]
    entry = LedgerEntry.objects.latest("seq")
    assert entry.verb == "section.restored"
    assert parse(entry.payload) == {"section": "constraints", "draft": 2, "saved_as": 4}


def test_putting_back_over_somebody_else_s_save_is_refused(draft, who):
    write(draft, "One", who, 1)
    write(draft, "Two", who, 2)
    with pytest.raises(StaleWrite):
        drafts.restore_draft(draft, "constraints", version=2, expected_version=2, by=who)
    assert text_of(draft) == "Two"


@pytest.mark.parametrize("version", [0, 3, 99])
def test_what_was_never_a_draft_or_is_what_stands_is_refused(draft, who, version):
    write(draft, "One", who, 1)
    write(draft, "Two", who, 2)
    with pytest.raises(BadInput):
        drafts.restore_draft(draft, "constraints", version=version, expected_version=3, by=who)


def test_only_those_who_write_may_put_back(draft, who):
    write(draft, "One", who, 1)
    with pytest.raises(PermissionDenied):
        drafts.restore_draft(draft, "constraints", version=2, expected_version=2, by=owner())


def test_the_base_is_what_stood_at_a_version(draft, who):
    write(draft, "One", who, 1)
    write(draft, "Two", who, 2)
    assert [drafts.base_of(draft, "constraints", version).text for version in (1, 2, 3, 9)] == ["", "One", "Two", ""]
