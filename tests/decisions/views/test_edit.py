import dataclasses

import pytest
from django.urls import reverse

from decisions.domain import dossier as d
from decisions.domain.dossier import SECTIONS
from decisions.forms.sections import ITEM_EDITORS, section_editor
from decisions.models import CONTRIBUTE, Decision
from decisions.queries.desk import open_desk
from decisions.services import agreeing, drafting, moves, people
from tests.decisions.forms.posting import posted
from tests.factories import decisions as make
from tests.factories.approvals import approvers, auditor, owner, signed_in

KEYS = ["frame", *(key for key, _ in SECTIONS)]


def url(decision, section, query=""):
    return reverse("decision_edit", args=[decision.reference, section]) + query


def form_of(decision, section, item="", **changes):
    """Return what the page posts when nothing but the changes is typed."""
    seen = open_desk(decision.owner, decision.reference)
    if item:
        editor = ITEM_EDITORS[section](seen.dossier, item, seen.offers)
    else:
        editor = section_editor(section, seen.dossier, seen.offers)
    names = {name.replace("__dash__", "-"): value for name, value in changes.items()}
    return posted(editor) | {"version": str(seen.sections[section].version)} | names


def typed(**fields):
    return {f"f__dash__{name}": value for name, value in fields.items()}


def stored(decision, section):
    return getattr(drafting.dossier_of(Decision.objects.get(pk=decision.pk)), section)


@pytest.mark.parametrize("key", KEYS)
def test_every_section_has_a_page_with_its_form_and_the_task_list(desk, draft, key):
    html = desk.get(url(draft, key)).content.decode()
    assert 'id="section-form"' in html
    assert 'name="version"' in html
    assert "11 of 11 completed" in html


def test_saving_goes_on_to_the_next_section(desk, draft):
    answer = desk.post(url(draft, "constraints"), form_of(draft, "constraints", **typed(text="Less money"), go="next"))
    assert answer.status_code == 302
    assert answer.url == url(draft, "bottlenecks")
    assert stored(draft, "constraints").text == "Less money"


def test_the_last_section_leads_to_the_decision(desk, draft):
    answer = desk.post(url(draft, "schedule"), form_of(draft, "schedule", go="next"))
    assert answer.url == reverse("decision", args=[draft.reference])


def test_an_autosave_answers_with_the_new_version_and_nothing_else(desk, draft):
    data = form_of(draft, "constraints", **typed(text="Typed"))
    answer = desk.post(url(draft, "constraints"), data, headers={"X-Autosave": "1"})
    assert answer.status_code == 204
    assert answer.headers["X-Version"] == "2"
    assert answer.headers["X-Saved"].startswith("Saved ")
    assert stored(draft, "constraints").text == "Typed"


def test_an_autosave_tells_the_page_which_identifiers_new_rows_were_given(desk, draft):
    data = form_of(draft, "schedule") | {
        "commitments-TOTAL_FORMS": "2",
        "commitments-1-text": "Second",
        "commitments-1-id": "",
    }
    answer = desk.post(url(draft, "schedule"), data, headers={"X-Autosave": "1"})
    identifier = stored(draft, "schedule").commitments[1].id
    assert answer.headers["X-Given-Ids"] == f"commitments-1-id={identifier}"
    again = desk.post(
        url(draft, "schedule"),
        data | {"commitments-1-id": identifier, "version": answer.headers["X-Version"]},
        headers={"X-Autosave": "1"},
    )
    assert again.headers["X-Version"] == answer.headers["X-Version"]
    assert [item.id for item in stored(draft, "schedule").commitments] == ["k1", identifier]


def test_an_incomplete_draft_is_saved(desk, draft):
    agreeing.reopen(draft, reason="Another goal.", by=draft.owner)
    data = form_of(draft, "background", **typed(objective="", horizon_months=""))
    assert desk.post(url(draft, "background"), data).status_code == 302
    assert stored(draft, "background").objective == ""
    html = desk.get(url(draft, "background")).content.decode()
    assert "Write the objective" in html
    assert "In progress" in html


def test_a_bad_value_is_shown_again_beside_its_field_and_nothing_is_saved(desk, draft):
    data = form_of(draft, "background", **typed(text="New words", trade_off__stance="NaN"))
    answer = desk.post(url(draft, "background"), data)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "<title>Error: " in html
    assert 'href="#id_f-trade_off__stance"' in html
    assert 'value="NaN"' in html
    assert "New words" in html
    assert stored(draft, "background").text == "Exceptions pile up."


def test_an_autosave_of_a_bad_value_says_so_and_keeps_the_page(desk, draft):
    data = form_of(draft, "background", **typed(trade_off__stance="1e400"))
    answer = desk.post(url(draft, "background"), data, headers={"X-Autosave": "1"})
    assert answer.status_code == 422
    assert "Not saved yet" in answer.content.decode()
    assert "<html" not in answer.content.decode()


class TestConflict:
    """Two people have the same section open."""

    @pytest.fixture
    def other(self, draft, who):
        colleague = owner(first_name="Kim", last_name="Berg")
        people.invite(draft, colleague, grant=CONTRIBUTE, by=who)
        return colleague

    @pytest.fixture
    def data(self, draft, other):
        """What the owner posts after a colleague has saved in between."""
        mine = form_of(draft, "constraints", **typed(text="Mine"))
        theirs = dataclasses.replace(stored(draft, "constraints"), text="Theirs")
        drafting.save_section(draft, "constraints", theirs, expected_version=1, by=other)
        return mine

    def test_the_page_shows_both_and_loses_nothing(self, desk, draft, data):
        answer = desk.post(url(draft, "constraints"), data)
        html = answer.content.decode()
        assert answer.status_code == 409
        assert "Saved by Kim Berg at" in html
        assert "Yours: Mine" in html
        assert "Theirs: Theirs" in html
        assert ">\nMine</textarea>" in html
        assert stored(draft, "constraints").text == "Theirs"

    def test_keep_mine_overwrites_what_was_compared(self, desk, draft, data):
        assert desk.post(url(draft, "constraints"), data | {"keep": "2"}).status_code == 302
        assert stored(draft, "constraints").text == "Mine"

    def test_keep_mine_does_not_overwrite_what_came_after_the_comparison(self, desk, draft, data, other):
        later = dataclasses.replace(stored(draft, "constraints"), text="Later")
        drafting.save_section(draft, "constraints", later, expected_version=2, by=other)
        assert desk.post(url(draft, "constraints"), data | {"keep": "2"}).status_code == 409
        assert stored(draft, "constraints").text == "Later"

    def test_an_autosave_gets_the_comparison_as_a_fragment(self, desk, draft, data):
        answer = desk.post(url(draft, "constraints"), data, headers={"X-Autosave": "1"})
        html = answer.content.decode()
        assert answer.status_code == 409
        assert '<button class="btn pri" name="merge" value="2" form="section-form">' in html
        assert "<html" not in html

    @pytest.mark.parametrize("version", ["", "x", "-1", "9" * 40, "\u0662"])
    def test_a_nonsense_version_is_a_conflict_never_an_overwrite(self, desk, draft, data, version):
        assert desk.post(url(draft, "constraints"), data | {"version": version}).status_code == 409
        assert stored(draft, "constraints").text == "Theirs"


def test_what_is_in_review_is_locked_and_what_was_typed_stays(desk, draft, who):
    approvers(2)
    data = form_of(draft, "constraints", **typed(text="Too late"))
    moves.submit(draft, by=who)
    assert desk.get(url(draft, "constraints")).status_code == 409
    answer = desk.post(url(draft, "constraints"), data)
    assert answer.status_code == 409
    assert "Too late" in answer.content.decode()
    assert stored(draft, "constraints").text != "Too late"


def test_a_new_option_gets_a_page_of_its_own(desk, draft):
    answer = desk.post(url(draft, "options"), form_of(draft, "options", new="options"))
    *_, newest = stored(draft, "options").options
    assert answer.url == url(draft, "options", f"?item={newest.id}")
    assert newest == d.Option(id=newest.id)
    data = form_of(draft, "options", item=newest.id, **typed(name="Do nothing"))
    desk.post(url(draft, "options", f"?item={newest.id}"), data)
    assert stored(draft, "options").options[-1].name == "Do nothing"


def test_an_item_is_removed_by_its_button(desk, draft):
    data = form_of(draft, "options", item="c", remove="1")
    answer = desk.post(url(draft, "options", "?item=c"), data)
    assert answer.url == url(draft, "options")
    assert [option.id for option in stored(draft, "options").options] == ["a", "b"]


def test_removing_over_somebody_else_s_save_is_refused(desk, draft, who):
    data = form_of(draft, "options", item="c", remove="1")
    changed = dataclasses.replace(stored(draft, "options"), text="Changed")
    drafting.save_section(draft, "options", changed, expected_version=1, by=who)
    assert desk.post(url(draft, "options", "?item=c"), data).status_code == 409
    assert len(stored(draft, "options").options) == 3


def test_without_javascript_more_rows_come_by_a_button(desk, draft):
    answer = desk.post(url(draft, "schedule"), form_of(draft, "schedule", more="commitments"))
    html = desk.get(answer.url).content.decode()
    assert 'name="commitments-3-text"' in html


@pytest.mark.parametrize("query", ["?item=nothing", "?item=%F0%9F%90%99"])
def test_an_item_that_is_not_there_is_not_found(desk, draft, query):
    assert desk.get(url(draft, "options", query)).status_code == 404


@pytest.mark.parametrize("section", ["nothing", "provenance", "schema"])
def test_a_section_that_is_not_there_is_not_found(desk, draft, section):
    assert desk.get(url(draft, section)).status_code == 404


@pytest.mark.parametrize(
    "changes",
    [
        {"commitments-TOTAL_FORMS": "100000000"},
        {"commitments-TOTAL_FORMS": "-1"},
        {"commitments-INITIAL_FORMS": "x"},
        {"commitments-0-owner": "nobody"},
        {"commitments-0-due_on": "0001-01-01"},
        {"f-review_every_days": "1e400"},
        {"f-text": "a\x00b"},
        {"f-text": "x" * 1_000_000},
    ],
)
def test_bad_input_is_a_sentence_and_never_an_accident(desk, draft, changes):
    answer = desk.post(url(draft, "schedule"), form_of(draft, "schedule") | changes)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert len(stored(draft, "schedule").commitments) == 1


def test_an_owner_without_the_role_is_refused_beside_the_field(desk, draft):
    somebody = auditor(username="somebody")
    answer = desk.post(url(draft, "frame"), form_of(draft, "frame", **typed(owner=somebody.username)))
    assert answer.status_code == 422
    assert "Name an owner who has the role of an owner." in answer.content.decode()


def test_an_auditor_may_not_open_the_editor(draft):
    assert signed_in(auditor()).get(url(draft, "constraints")).status_code == 403


def test_somebody_without_a_grant_may_neither_open_nor_save(draft):
    client = signed_in(owner())
    assert client.get(url(draft, "constraints")).status_code == 403
    assert client.post(url(draft, "constraints"), form_of(draft, "constraints")).status_code == 403


def test_a_confidential_draft_does_not_exist_for_strangers(registry, who):
    draft = make.draft(who)
    Decision.objects.filter(pk=draft.pk).update(classification="confidential")
    client = signed_in(owner())
    assert client.get(url(draft, "constraints")).status_code == 404
    assert client.post(url(draft, "constraints"), {}).status_code == 404


def test_a_contributor_may_not_give_the_decision_away_and_loses_no_words(draft, who):
    colleague = owner(username="kim")
    people.invite(draft, colleague, grant=CONTRIBUTE, by=who)
    data = form_of(draft, "frame", **typed(owner="kim", title="A better title"))
    answer = signed_in(colleague).post(url(draft, "frame"), data)
    assert answer.status_code == 403
    assert "A better title" in answer.content.decode()
    assert stored(draft, "frame").owner == who.username


def test_a_contributor_edits(draft, who):
    colleague = owner()
    people.invite(draft, colleague, grant=CONTRIBUTE, by=who)
    client = signed_in(colleague)
    answer = client.post(url(draft, "constraints"), form_of(draft, "constraints", **typed(text="From Kim")))
    assert answer.status_code == 302
    assert stored(draft, "constraints").text == "From Kim"


class TestPreview:
    """How Markdown will be read, before it is saved."""

    TEXT = "**Bold** and <script>alert(1)</script>"

    def test_htmx_gets_the_text_alone(self, desk, draft):
        data = form_of(draft, "constraints", **typed(text=self.TEXT)) | {"read": "f-text"}
        answer = desk.post(url(draft, "constraints"), data, headers={"HX-Request": "true"})
        html = answer.content.decode()
        assert "<strong>Bold</strong>" in html
        assert "<script>" not in html
        assert "<html" not in html

    def test_without_javascript_the_page_comes_back_as_typed_and_nothing_is_saved(self, desk, draft):
        data = form_of(draft, "constraints", **typed(text=self.TEXT)) | {"read": "f-text"}
        html = desk.post(url(draft, "constraints"), data).content.decode()
        assert "<strong>Bold</strong>" in html
        assert "**Bold** and" in html
        assert stored(draft, "constraints").text != self.TEXT


class TestMerge:
    """Two people changed the same section, and a person completes the merge."""

    @pytest.fixture
    def other(self, draft, who):
        colleague = owner(first_name="Kim", last_name="Berg")
        people.invite(draft, colleague, grant=CONTRIBUTE, by=who)
        return colleague

    def test_what_fits_together_is_proposed_and_saved_without_losing_either(self, desk, draft, other):
        mine = form_of(draft, "schedule", **typed(text="My plan"))
        theirs = dataclasses.replace(stored(draft, "schedule"), review_every_days=30)
        drafting.save_section(draft, "schedule", theirs, expected_version=1, by=other)
        html = desk.post(url(draft, "schedule"), mine).content.decode()
        assert "Your changes fit together" in html
        assert desk.post(url(draft, "schedule"), mine | {"merge": "2"}).status_code == 302
        merged = stored(draft, "schedule")
        assert (merged.text, merged.review_every_days) == ("My plan", 30)

    @pytest.mark.parametrize(("chosen", "text"), [("mine", "Mine"), ("theirs", "Theirs"), ("both", "Mine\n\nTheirs")])
    def test_a_clash_is_chosen_field_by_field(self, desk, draft, other, chosen, text):
        mine = form_of(draft, "constraints", **typed(text="Mine"))
        theirs = dataclasses.replace(stored(draft, "constraints"), text="Theirs")
        drafting.save_section(draft, "constraints", theirs, expected_version=1, by=other)
        assert desk.post(url(draft, "constraints"), mine | {"merge": "2"}).status_code == 409
        answer = desk.post(url(draft, "constraints"), mine | {"merge": "2", "take-text": chosen})
        assert answer.status_code == 302
        assert stored(draft, "constraints").text == text

    def test_rows_that_both_added_both_stay(self, desk, draft, other):
        row = {"evidence-TOTAL_FORMS": "2", "evidence-1-title": "My source", "evidence-1-kind": "link"}
        mine = form_of(draft, "constraints") | row
        section = stored(draft, "constraints")
        given = dataclasses.replace(section.provenance.evidence[0], id="e9", title="Their source")
        provenance = dataclasses.replace(section.provenance, evidence=(*section.provenance.evidence, given))
        theirs = dataclasses.replace(section, provenance=provenance)
        drafting.save_section(draft, "constraints", theirs, expected_version=1, by=other)
        assert desk.post(url(draft, "constraints"), mine | {"merge": "2"}).status_code == 302
        titles = {item.title for item in stored(draft, "constraints").provenance.evidence}
        assert {"My source", "Their source"} < titles

    def test_an_item_removed_meanwhile_can_be_kept(self, desk, draft, other):
        there = url(draft, "options") + "?item=a"
        mine = form_of(draft, "options", item="a") | {"f-summary": "Rewritten"}
        section = stored(draft, "options")
        gone = dataclasses.replace(section, options=section.options[1:])
        drafting.save_section(draft, "options", gone, expected_version=1, by=other)
        answer = desk.post(there, mine)
        assert answer.status_code == 409
        assert "Rewritten" in answer.content.decode()
        assert desk.post(there, mine | {"merge": "2", "take-options[a]": "mine"}).status_code == 302
        assert stored(draft, "options").options[0].summary == "Rewritten"
