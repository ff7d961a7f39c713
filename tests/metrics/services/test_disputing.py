"""Disputes by outcome: opened, joined, taken back, answered, gone up their path, corrected."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from approvals.models import LedgerEntry, Notice
from config.kit.refusals import BadInput, MoveRefused
from metrics.domain.disputing import Move
from metrics.models import Dispute, Metric, MetricSegment
from metrics.services import definitions, dispute_escalations, disputes, observations
from tests.factories.approvals import administrator, auditor, owner, person, steward
from tests.factories.metrics import entry, metric, weekly, weeks_ago

pytestmark = pytest.mark.django_db
DUE = timedelta(hours=72)


@pytest.fixture
def kept():
    """A metric with an owner, a steward, and four values."""
    made = metric(owner=owner(), steward=steward())
    weekly(made, [80, 81, 82, 83])
    return made


def said(dispute):
    dispute.refresh_from_db()
    return dispute.state


def on_value(kept, by, reason="Twelve were counted twice.", segment=""):
    row = kept.observations.filter(segment=segment).order_by("-period_start")[0]
    return disputes.dispute_value(kept, period=row.period_start, segment=segment, reason=reason, by=by)


def told(who):
    return set(Notice.objects.filter(to=who).values_list("cause_key", flat=True))


def test_the_steward_is_told_and_the_ledger_has_it(kept):
    made = on_value(kept, person())
    assert (made.state, made.revision, made.steps_taken) == ("open", 1, 1)
    assert made.due_at - made.opened_at == DUE
    assert told(kept.steward) == {f"dispute:{made.pk}:reached"}
    assert told(kept.owner) == set()
    entry = LedgerEntry.objects.get(stream=f"metric:{kept.key}", verb="dispute.opened")
    assert "Twelve were counted twice." in entry.payload


def test_a_second_person_joins_and_the_same_one_is_refused(kept):
    first, second = person(), person()
    made = on_value(kept, first)
    assert on_value(kept, second, "The list says 71.") == made
    assert made.voices.count() == 2
    with pytest.raises(MoveRefused, match="already"):
        on_value(kept, first)
    assert f"dispute:{made.pk}:joined:{second.pk}" in told(kept.steward)


def test_another_period_is_another_dispute(kept):
    who = person()
    on_value(kept, who)
    early = kept.observations.order_by("period_start")[0]
    disputes.dispute_value(kept, period=early.period_start, reason="Here too.", by=who)
    disputes.dispute_definition(kept, version=1, reason="Counts what is reopened.", by=who)
    assert Dispute.objects.open().count() == 3


@pytest.mark.parametrize("reason", ["", "   ", "\x00"])
def test_a_reason_is_needed(kept, reason):
    with pytest.raises(BadInput):
        on_value(kept, person(), reason)


def test_only_what_counts_can_be_disputed(kept):
    with pytest.raises(BadInput, match="no value"):
        disputes.dispute_value(kept, period=timezone.now(), reason="Where is it?", by=person())
    definitions.save_draft(kept, changes={"meaning": "Better said."}, expected_version=None, by=None)
    definitions.approve_without_request(kept)
    with pytest.raises(MoveRefused, match="does not count"):
        disputes.dispute_definition(kept, version=1, reason="Old.", by=person())
    assert disputes.dispute_definition(kept, version=2, reason="New.", by=person()).definition.number == 2


def test_an_auditor_changes_nothing(kept):
    made = on_value(kept, person())
    for act in (
        lambda: on_value(kept, auditor()),
        lambda: disputes.join(made, reason="Me too.", by=auditor()),
        lambda: disputes.answer(made, move=Move.UPHOLD, reason="So it is.", by=auditor()),
    ):
        with pytest.raises(PermissionDenied):
            act()


def test_who_takes_it_back_leaves_those_who_joined_and_the_last_one_ends_it(kept):
    first, second = person(), person()
    made = on_value(kept, first)
    on_value(kept, second)
    disputes.withdraw(made, by=first)
    assert said(made) == "open"
    with pytest.raises(PermissionDenied):
        disputes.withdraw(made, by=first)
    disputes.withdraw(made, by=second)
    assert said(made) == "withdrawn"
    verbs = LedgerEntry.objects.filter(verb__startswith="dispute.").order_by("seq").values_list("verb", flat=True)
    assert list(verbs) == ["dispute.opened", "dispute.joined", "dispute.left", "dispute.withdrawn"]


@pytest.mark.parametrize("move, state", [(Move.UPHOLD, "upheld"), (Move.DECLINE, "declined")])
def test_the_answer_needs_a_reason_and_is_told_to_who_disputed(kept, move, state):
    who = person()
    made = on_value(kept, who)
    with pytest.raises(BadInput, match="reason"):
        disputes.answer(made, move=move, reason=" ", by=kept.steward)
    disputes.answer(made, move=move, reason="Looked at the list.", by=kept.steward)
    assert said(made) == state
    assert f"dispute:{made.pk}:answered" in told(who)
    with pytest.raises(MoveRefused, match=state):
        disputes.answer(made, move=move, reason="Again.", by=kept.steward)
    again = on_value(kept, who)
    assert again.pk != made.pk


def test_nobody_answers_what_they_dispute_themselves_and_it_goes_straight_on(kept):
    made = on_value(kept, kept.steward)
    with pytest.raises(PermissionDenied):
        disputes.answer(made, move=Move.DECLINE, reason="I was wrong.", by=kept.steward)
    assert told(kept.owner) == {f"dispute:{made.pk}:reached"}
    disputes.answer(made, move=Move.DECLINE, reason="It stands.", by=kept.owner)
    assert said(made) == "declined"


class TestEscalation:
    def test_a_late_answer_goes_to_the_owner_then_to_the_administrators_each_told_once(self, kept):
        last = administrator()
        made = on_value(kept, person())
        steps = []
        for hours in (1, 71, 72, 73, 143, 144, 500):
            dispute_escalations.sweep(made.opened_at + timedelta(hours=hours))
            steps.append((bool(told(kept.owner)), bool(told(last))))
        assert steps == [(False, False)] * 2 + [(True, False)] * 3 + [(True, True)] * 2
        assert Notice.objects.filter(cause_key=f"dispute:{made.pk}:reached").count() == 3
        assert LedgerEntry.objects.filter(verb="dispute.escalated").count() == 2
        disputes.answer(made, move=Move.UPHOLD, reason="It is wrong.", by=last)
        assert said(made) == "upheld"

    def test_a_steward_who_leaves_is_waited_for_no_longer(self, kept):
        made = on_value(kept, person())
        kept.steward.is_active = False
        kept.steward.save()
        other = steward()
        dispute_escalations.sweep(made.opened_at + timedelta(hours=1))
        assert told(other) == {f"dispute:{made.pk}:reached"}

    def test_those_that_nobody_answers_hold_up_no_others(self, kept, monkeypatch):
        monkeypatch.setattr(dispute_escalations, "AT_ONCE", 1)
        administrator()
        old = on_value(kept, person())
        dispute_escalations.sweep(old.opened_at + 5 * DUE)
        dispute_escalations.sweep(old.opened_at + 5 * DUE)
        fresh = disputes.dispute_definition(kept, version=1, reason="Wrong.", by=person())
        dispute_escalations.sweep(fresh.opened_at + DUE)
        assert fresh.escalations.count() == 2

    def test_whom_it_reaches_may_read_what_they_are_asked(self):
        hidden = metric(owner=owner(), steward=steward(), classification="confidential")
        last = administrator()
        made = disputes.dispute_definition(hidden, version=1, reason="Wrong.", by=hidden.owner)
        assert not Metric.objects.visible_to(last).filter(pk=hidden.pk).exists()
        dispute_escalations.sweep(made.opened_at + 3 * DUE)
        assert Metric.objects.visible_to(last).filter(pk=hidden.pk).exists()

    def test_an_answered_dispute_goes_nowhere(self, kept):
        made = on_value(kept, person())
        disputes.answer(made, move=Move.DECLINE, reason="It stands.", by=kept.steward)
        assert dispute_escalations.sweep(made.opened_at + 5 * DUE)["told"] == 0


class TestMending:
    def test_an_upheld_value_casts_doubt_until_it_is_corrected(self, kept):
        who = person()
        made = on_value(kept, who)
        disputes.answer(made, move=Move.UPHOLD, reason="It is 71.", by=kept.steward)
        assert Dispute.objects.casting_doubt().get() == made
        observations.record(kept, [entry(weeks_ago(1), 71, reason="Disputed, and rightly.")], by=kept.steward)
        assert not Dispute.objects.casting_doubt().exists()
        assert dispute_escalations.sweep(timezone.now())["mended"] == 1
        assert dispute_escalations.sweep(timezone.now())["mended"] == 0
        assert f"dispute:{made.pk}:mended" in told(who)

    def test_a_correction_of_another_week_mends_nothing(self, kept):
        made = on_value(kept, person())
        disputes.answer(made, move=Move.UPHOLD, reason="It is 71.", by=kept.steward)
        observations.record(kept, [entry(weeks_ago(2), 71, reason="Recount.")], by=kept.steward)
        assert Dispute.objects.casting_doubt().exists()

    def test_an_upheld_definition_casts_doubt_until_a_later_version_is_approved(self, kept):
        made = disputes.dispute_definition(kept, version=1, reason="Counts reopened ones.", by=person())
        disputes.answer(made, move=Move.UPHOLD, reason="It does.", by=kept.steward)
        definitions.save_draft(kept, changes={"exclusions": "Reopened ones."}, expected_version=None, by=None)
        assert Dispute.objects.casting_doubt().exists(), "a draft mends nothing"
        definitions.approve_without_request(kept)
        assert not Dispute.objects.casting_doubt().exists()


def test_a_segment_that_somebody_may_not_see_has_no_value_for_them(kept):
    weekly_rows = [entry(weeks_ago(1), 5, segment="north")]
    observations.record(kept, weekly_rows, by=None, source="test")
    MetricSegment.objects.update_or_create(metric=kept, name="north", defaults={"restricted": True})
    with pytest.raises(BadInput, match="no value"):
        on_value(kept, person(), segment="north")
    made = on_value(kept, kept.owner, segment="north")
    assert not Dispute.objects.visible_to(person()).exists()
    assert Dispute.objects.visible_to(kept.steward).get() == made


def test_who_has_become_an_auditor_takes_nothing_back(kept):
    who = person()
    made = on_value(kept, who)
    who.groups.set(auditor().groups.all())
    with pytest.raises(PermissionDenied):
        disputes.withdraw(made, by=type(who).objects.get(pk=who.pk))
    assert said(made) == "open"
