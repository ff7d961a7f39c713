"""A condition on a segment: chosen in the builder, replayed, signed, printed, and unnamed to who may not see it."""

import dataclasses

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from decisions.domain.dossier import BreakCondition
from decisions.domain.reviewing import Known, parts_of
from decisions.domain.writing import section_to
from decisions.models import Reevaluation
from decisions.queries.spoken import conditions_out
from decisions.record.assumptions import assumptions
from decisions.record.known import Known as Printed
from decisions.services import drafting, readiness, reevaluations
from decisions.subjects import freeze
from metrics.models import Condition, Metric
from metrics.services import observations, segments
from tests.factories import decisions as make
from tests.factories.approvals import auditor, owner, signed_in
from tests.factories.metrics import entry, weeks_ago

SECRET = "a segment you may not see"


@pytest.fixture
def north(draft):
    """The backlog, its open segment North at 5, and its restricted one South at 6, week after week."""
    backlog = Metric.objects.get(key=make.BACKLOG)
    for name, value in (("North", 5), ("South", 6)):
        segments.declare(backlog, name=name, dimension="region", by=None)
        rows = [entry(weeks_ago(week), value, segment=name) for week in range(9, 0, -1)]
        observations.record(backlog, rows, by=None)
    segments.restrict(backlog, name="South", restricted=True, by=None)
    return backlog


def code_of(target, name):
    return target.segments.get(name=name).code


def seer(decision, target):
    """An owner of another decision who contributes to this one and was granted South."""
    who = owner()
    segments.grant(target.segments.get(name="South"), to=who, permission="view_metricsegment", by=None)
    return who


def form(draft, code, *, key=make.BACKLOG, of=make.BACKLOG, **more):
    own = {"id": "c1", "metric": key, "segments_of": of, "segment": code, "kind": "above", "bound": "5.5"} | more
    counts = {"conditions-TOTAL_FORMS": "1", "conditions-INITIAL_FORMS": "1"}
    return counts | {f"conditions-0-{name}": value for name, value in own.items()}


def replayed(client, draft, code, **more):
    address = reverse("decision_replay", args=[draft.reference]) + "?item=a1&row=conditions-0"
    answer = client.post(address + more.pop("whole", ""), form(draft, code, **more))
    assert answer.status_code == 200
    return answer.content.decode()


def watch(draft, code, **more):
    """Store a condition on the segment, as who owns the draft."""
    stored = drafting.dossier_of(draft).criteria
    [first, *others] = stored.assumptions
    condition = dataclasses.replace(first.conditions[0], segment=code, **more)
    kept = dataclasses.replace(first, conditions=(condition,))
    plain = section_to(dataclasses.replace(stored, assumptions=(kept, *others)))
    make.save(draft, "criteria", assumptions=plain["assumptions"])
    return drafting.dossier_of(draft)


def condition_of(dossier) -> BreakCondition:
    return dossier.criteria.assumptions[0].conditions[0]


class TestBuilder:
    def test_it_offers_the_whole_and_what_this_person_sees(self, desk, draft, north):
        html = desk.get(reverse("decision_edit", args=[draft.reference, "criteria"]) + "?item=a1").content.decode()
        slot = html[html.index('id="conditions-0-slot"') :].partition("</span>")[0]
        assert slot.index("the whole") < slot.index("North")
        assert "South" not in html
        html = replayed(desk, draft, code_of(north, "North"), whole="&whole=1")
        assert f'value="{code_of(north, "North")}" selected' in html
        assert "when Backlog growth in North is above 5.5" in html

    def test_its_pages_keep_to_their_questions(self, desk, draft, north):
        watch(draft, code_of(north, "South"))
        edit = reverse("decision_edit", args=[draft.reference, "criteria"]) + "?item=a1"
        for address in (edit, reverse("decision_assumptions", args=[draft.reference])):
            with CaptureQueriesContext(connection) as asked:
                assert desk.get(address).status_code == 200
            assert len(asked) <= 15, (address, len(asked))

    def test_nothing_is_offered_where_there_are_none(self, desk, draft):
        html = replayed(desk, draft, "", whole="&whole=1")
        assert 'name="conditions-0-segment"' not in html

    def test_segments_follow_the_metric_and_nothing_typed_is_lost(self, desk, draft, north):
        other = Metric.objects.get(key=make.RESOLUTION)
        for name in ("North", "West"):
            segments.declare(other, name=name, dimension="region", by=None)
        same = replayed(desk, draft, code_of(north, "North"), key=make.RESOLUTION)
        assert f'value="{code_of(other, "North")}" selected' in same
        assert 'hx-swap-oob="true"><input type="hidden" name="conditions-0-segments_of"' in same
        segments.declare(north, name="East", dimension="region", by=None)
        html = replayed(desk, draft, code_of(north, "East"), key=make.RESOLUTION, whole="&whole=1")
        assert 'value="" selected' in html
        assert 'value="5.5"' in html

    def test_what_is_not_on_offer_is_refused(self, desk, draft, north):
        for code in (code_of(north, "South"), "s1-00000000", "North", "\x00"):
            assert "Select a valid choice" in replayed(desk, draft, code), code

    def test_a_segment_is_saved_and_kept_by_who_does_not_see_it(self, draft, north, desk):
        code = code_of(north, "South")
        dossier = watch(draft, code)
        assert (condition_of(dossier).segment, condition_of(dossier).segment_name) == (code, "")
        address = reverse("decision_edit", args=[draft.reference, "criteria"]) + "?item=a1"
        html = desk.get(address).content.decode()
        assert f'<option value="{code}" selected>{SECRET}</option>' in html
        assert "South" not in html
        assert SECRET in replayed(desk, draft, code)


class TestReading:
    def test_an_open_segment_is_named_everywhere(self, desk, draft, north):
        dossier = watch(draft, code_of(north, "North"))
        assert condition_of(dossier).segment_name == "North"
        assert condition_of(dossier).backtest.points[0].value == 5
        words = "Backlog growth in North is above 10 %"
        for name in ("decision_assumptions", "decision"):
            assert words in desk.get(reverse(name, args=[draft.reference])).content.decode()
        known = {make.BACKLOG: ("Backlog growth", "%", "weekly")}
        assert words in str(parts_of(dossier, Known(metrics=known)))
        printed = Printed(people={}, metric_names={make.BACKLOG: "Backlog growth"}, units={make.BACKLOG: "%"})
        assert "in North is above 10 %" in str(list(assumptions(dossier, printed)))
        assert conditions_out(dossier, draft.owner)[0]["segment"] == "North"
        assert readiness.obstacles_of(draft) == []

    def test_a_restricted_one_is_unnamed_and_its_values_are_kept_from_who_may_not_see_it(self, draft, north):
        dossier = watch(draft, code_of(north, "South"))
        assert condition_of(dossier).backtest.as_of is not None
        assert condition_of(dossier).backtest.points == ()
        assert "South" not in str(freeze(draft.reference))
        page, read = (reverse(name, args=[draft.reference]) for name in ("decision_assumptions", "decision"))
        outside, inside = signed_in(owner()), signed_in(seer(draft, north))
        shown = outside.get(page).content.decode()
        assert f"Backlog growth in {SECRET} is above" in shown
        assert "<figure" not in shown
        assert "South" not in shown + outside.get(read).content.decode()
        assert "in a restricted segment is above" in outside.get(read).content.decode()
        for client in (inside, signed_in(auditor())):
            shown = client.get(page).content.decode()
            assert "Backlog growth in South is above" in shown
            assert "<figure" in shown
        assert conditions_out(dossier, draft.owner)[0]["segment"] == "a restricted segment"

    def test_names_come_from_the_registry_never_from_a_file(self, draft, north):
        assert condition_of(watch(draft, "s99999-00000000", segment_name="North")).segment == code_of(north, "North")
        lost = watch(draft, "s99999-00000000", segment_name="South")
        assert condition_of(lost).segment == "s99999-00000000"
        assert "Its segment is not one of the metric" in str(readiness.obstacles_of(draft))

    def test_a_code_that_was_read_somewhere_tells_no_name_beside_another_metric(self, draft, north):
        watch(draft, code_of(north, "South"), metric=make.RESOLUTION)
        page = reverse("decision_assumptions", args=[draft.reference])
        assert "South" not in signed_in(draft.owner).get(page).content.decode()

    def test_every_metric_of_a_composite_needs_the_segment(self, draft, north):
        part = {"id": "p1", "metric": make.RESOLUTION, "kind": "below", "bound": "1"}
        criteria = section_to(drafting.dossier_of(draft).criteria)
        condition = criteria["assumptions"][0]["conditions"][0]
        condition |= {"kind": "all", "parts": [part], "segment": code_of(north, "North"), "bound": None}
        make.save(draft, "criteria", assumptions=criteria["assumptions"])
        assert "has no such segment" in str(readiness.obstacles_of(draft))


def test_the_segment_breaks_the_decision_and_the_question_names_no_restricted_one(north, draft, who):
    dossier = watch(draft, code_of(north, "South"))
    decision = make.in_force(who, criteria=dossier.criteria)
    armed = Condition.objects.get(watcher=decision.reference, segment="South")
    assert "South" not in armed.label
    observations.record(north, [entry(weeks_ago(0), 1)], by=None)
    observations.record(north, [entry(weeks_ago(1), "4444.25", segment="South", reason="x")], by=None)
    assert reevaluations.receive_signals() == {"opened": 1}
    task = Reevaluation.objects.get()
    assert "in a restricted segment" in task.question
    page = reverse("reevaluation", args=[task.pk])
    outside = signed_in(owner()).get(page).content.decode()
    assert "South" not in outside
    assert "4444.25" not in outside
    assert "4444.25" in signed_in(seer(decision, north)).get(page).content.decode()
