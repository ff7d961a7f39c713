"""Starting a decision and saving its sections."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from approvals.models import LedgerEntry
from config.kit.refusals import BadInput, MoveRefused, StaleWrite
from decisions.domain.dossier import Prose
from decisions.models import CONTRIBUTE, VIEW, Authorship, Decision, Section
from decisions.services import drafting, people
from tests.factories.approvals import approver, auditor, owner, person
from tests.factories.decisions import draft, save, submitted

pytestmark = pytest.mark.django_db


def created(**fields: Any) -> Decision:
    by = fields.pop("by", None) or owner()
    return drafting.create_decision(title="Who decides", by=by, **fields)


def test_a_new_decision_is_a_draft_with_all_its_sections() -> None:
    decision = created(tier="strategic", classification="confidential")
    assert (decision.state, decision.version, decision.cycle) == ("draft", 0, 1)
    assert (decision.tier, decision.classification) == ("strategic", "confidential")
    assert [section.key for section in decision.sections.all()] == list(Section.KEYS)
    assert decision.sections.get(key="frame").content["owner"] == decision.owner.username
    assert LedgerEntry.objects.filter(stream=decision.stream, verb="decision.created").exists()
    assert decision.history.count() == 1


def test_references_count_up_within_a_year() -> None:
    one, two = created(), created()
    year, number = one.reference[2:6], int(one.reference[7:])
    assert one.reference == f"D-{year}-{number:04d}"
    assert two.reference == f"D-{year}-{number + 1:04d}"


@pytest.mark.parametrize("who", [approver, auditor, lambda: owner(is_active=False)])
def test_only_owners_start_decisions(who: Any) -> None:
    with pytest.raises(PermissionDenied):
        created(by=who())
    with pytest.raises(PermissionDenied):
        created(owner=who())
    assert not Decision.objects.exists()


@pytest.mark.parametrize(("title", "path"), [("", "frame.title"), ("x" * 301, "frame.title"), ("\x00", "frame.title")])
def test_a_title_is_needed_and_checked(title: str, path: str) -> None:
    with pytest.raises(BadInput) as refusal:
        drafting.create_decision(title=title, by=owner())
    assert list(refusal.value.errors) == [path]


def test_saving_stores_counts_and_remembers_who() -> None:
    decision = draft()
    section = save(decision, "constraints", text="Other words.")
    assert (section.version, section.content["text"], section.updated_by) == (2, "Other words.", decision.owner)
    assert section.history.count() == 2
    assert drafting.dossier_of(decision).constraints.text == "Other words."


def test_saving_what_is_stored_changes_nothing_even_from_an_old_version() -> None:
    decision = draft()
    save(decision, "constraints", text="Newer.")
    section = decision.sections.get(key="constraints")
    again = drafting.save_section(decision, "constraints", section.content, expected_version=1, by=decision.owner)
    assert again.version == 2
    assert again.history.count() == 2


def test_a_dataclass_saves_like_its_json() -> None:
    decision = draft()
    prose = Prose(text="As a value.")
    section = drafting.save_section(decision, "constraints", prose, expected_version=1, by=decision.owner)
    assert section.content["text"] == "As a value."


def test_a_stale_save_is_refused_with_what_is_stored() -> None:
    decision = draft()
    save(decision, "constraints", text="First.")
    with pytest.raises(StaleWrite) as refusal:
        drafting.save_section(decision, "constraints", Prose(text="Second."), expected_version=1, by=decision.owner)
    assert refusal.value.stored.content["text"] == "First."
    assert decision.sections.get(key="constraints").content["text"] == "First."


def test_numbers_are_stored_exactly() -> None:
    decision = draft()
    content = decision.sections.get(key="options").content
    content["options"][0]["position"] = "12.3456"
    save(decision, "options", **content)
    assert drafting.dossier_of(decision).options.options[0].position == Decimal("12.3456")


def test_bad_content_is_refused_by_path() -> None:
    decision = draft()
    with pytest.raises(BadInput) as refusal:
        save(decision, "options", options=[{"id": "a", "complexity": 9}, {"id": "a b"}])
    assert set(refusal.value.errors) == {"options.options[0].complexity", "options.options[1].id"}


def test_contributors_write_and_are_remembered_and_others_do_not() -> None:
    decision = draft()
    contributor, stranger = person(), person()
    people.invite(decision, contributor, grant=CONTRIBUTE, by=decision.owner)
    people.invite(decision, stranger, grant=VIEW, by=decision.owner)
    save(decision, "constraints", text="By a contributor.", by=contributor)
    with pytest.raises(PermissionDenied):
        save(decision, "constraints", text="By a stranger.", by=stranger)
    people.uninvite(decision, contributor, by=decision.owner)
    with pytest.raises(PermissionDenied):
        save(decision, "constraints", text="Too late.", by=contributor)
    assert contributor in people.authors_of(decision)
    assert stranger not in people.authors_of(decision)


def test_an_auditor_changes_nothing_whatever_was_granted() -> None:
    decision, reader = draft(), auditor()
    people.invite(decision, reader, grant=CONTRIBUTE, by=decision.owner)
    with pytest.raises(PermissionDenied):
        save(decision, "constraints", text="No.", by=reader)


def test_a_confidential_draft_does_not_exist_for_others() -> None:
    decision = created(classification="confidential")
    with pytest.raises(Http404):
        save(decision, "constraints", text="No.", by=owner())


def test_content_is_locked_while_it_is_in_review(backlog: Any) -> None:
    decision, _ = submitted()
    with pytest.raises(MoveRefused, match="locked"):
        save(decision, "constraints", text="Too late.")


def test_a_drafts_frame_carries_over_to_its_columns() -> None:
    decision, last = draft(), approver()
    save(decision, "frame", title="Another title", tier="strategic", owner_of_last_resort=last.username)
    decision.refresh_from_db()
    assert (decision.title, decision.tier, decision.owner_of_last_resort) == ("Another title", "strategic", last)


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"title": " "}, "frame.title"),
        ({"owner": "ghost"}, "frame.owner"),
        ({"owner_of_last_resort": "ghost"}, "frame.owner_of_last_resort"),
    ],
)
def test_a_frame_names_people_who_exist(fields: dict[str, str], path: str) -> None:
    with pytest.raises(BadInput) as refusal:
        save(draft(), "frame", **fields)
    assert list(refusal.value.errors) == [path]


def test_only_who_manages_gives_a_draft_to_another_owner() -> None:
    decision, heir, contributor = draft(), owner(), person()
    first = decision.owner
    people.invite(decision, contributor, grant=CONTRIBUTE, by=first)
    with pytest.raises(PermissionDenied):
        save(decision, "frame", by=contributor, owner=heir.username)
    save(decision, "frame", owner=heir.username)
    decision.refresh_from_db()
    assert decision.owner == heir
    owners = Authorship.objects.filter(decision=decision, part="owner").values_list("user", flat=True)
    assert set(owners) == {first.pk, heir.pk}


def test_a_whole_dossier_is_read_back_in_one_query(django_assert_num_queries: Any) -> None:
    decision = Decision.objects.get(pk=draft().pk)
    with django_assert_num_queries(1):
        drafting.dossier_of(decision)
