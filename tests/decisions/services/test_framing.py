"""Nothing is scored before everyone named has agreed to the framing, and nothing agreed changes without a reason."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from approvals.models import LedgerEntry, Notice, User
from config.kit.refusals import MoveRefused
from decisions.domain.framing import stale_cells
from decisions.domain.writing import dossier_to
from decisions.models import VIEW, Decision
from decisions.queries.framing import agreements_to
from decisions.queries.inbox import framings_awaiting
from decisions.services import agreeing, drafting, framing, importing, moves, people
from metrics.models import Metric
from tests.factories.approvals import auditor, owner, person
from tests.factories.decisions import agree, approve, dossier, draft, in_force, save

pytestmark = pytest.mark.django_db


def fresh() -> Decision:
    """A draft with everything in it, scores too, to whose framing nobody has agreed."""
    by = owner()
    content = dossier_to(dossier(by.username))
    return drafting.create_decision(title="Who decides", by=by, content=content, tier="operational")


def digest(decision: Decision) -> str:
    return framing.framing_of(decision).digest


def stale(decision: Decision) -> int:
    return len(stale_cells(drafting.dossier_of(decision).criteria, framing.framing_of(decision).confirmed))


def rescored(decision: Decision, low: str = "10") -> list[dict[str, Any]]:
    scores = decision.sections.get(key="criteria").content["scores"]
    return [scores[0] | {"estimate": {"low": low, "likely": "20", "high": "30"}}, *scores[1:]]


def sentences(action: Callable[[], Any]) -> str:
    with pytest.raises(MoveRefused) as refused:
        action()
    return " ".join(reason.sentence for reason in refused.value.reasons)


def test_scores_open_when_the_last_one_has_agreed(backlog: Metric) -> None:
    decision, framer = fresh(), person()
    assert "agreed to the framing" in sentences(lambda: save(decision, "criteria", scores=rescored(decision)))
    agreeing.name_framers(decision, framers=[framer], by=decision.owner)
    assert framings_awaiting(framer).count() == framings_awaiting(decision.owner).count() == 1
    assert Notice.objects.filter(to=framer, cause_key__startswith="framing:").count() == 1
    agreeing.agree(decision, digest=digest(decision), by=framer)
    assert "agreed to the framing" in sentences(lambda: framing.refuse_unless_agreed(decision))
    assert agreeing.agree(decision, digest=digest(decision), by=decision.owner).is_agreed
    assert not framings_awaiting(framer)
    framing.refuse_unless_agreed(decision)
    save(decision, "criteria", scores=rescored(decision))
    assert stale(decision) == 5  # what came with the draft still waits; the one just typed does not
    assert "confirm" in sentences(lambda: moves.submit(decision, by=decision.owner))
    assert agreeing.confirm_scores(decision, by=decision.owner) == 5
    moves.submit(decision, by=decision.owner)


def test_every_step_is_on_the_ledger_with_who_and_what(backlog: Metric) -> None:
    decision = draft()
    entries = LedgerEntry.objects.filter(stream=decision.stream, verb="framing.agreed").order_by("seq")
    assert len({entry.actor for entry in entries}) == 2
    assert all(digest(decision) in entry.payload for entry in entries)


def test_an_agreement_is_to_what_was_read(backlog: Metric) -> None:
    decision, framer = fresh(), person()
    agreeing.name_framers(decision, framers=[framer], by=decision.owner)
    read = digest(decision)
    save(decision, "background", objective="Something else.")
    assert "changed since" in sentences(lambda: agreeing.agree(decision, digest=read, by=framer))
    agreeing.agree(decision, digest=digest(decision), by=framer)
    save(decision, "background", objective="A third thing.")
    agreeing.agree(decision, digest=digest(decision), by=decision.owner)
    assert agreeing.waiting_for(decision, framing.framing_of(decision)) == [framer]


@pytest.mark.parametrize(
    ("key", "fields"),
    [
        ("background", {"objective": "Another."}),
        ("metrics", {"guardrails": []}),
        ("criteria", {"criteria": []}),
    ],
)
def test_what_is_agreed_stays_until_it_is_opened_again(backlog: Metric, key: str, fields: dict[str, Any]) -> None:
    decision = draft()
    assert "re-open" in sentences(lambda: save(decision, key, **fields))
    agreeing.reopen(decision, reason="The board moved the goal.", by=decision.owner)
    save(decision, key, **fields)


def test_what_is_not_framing_is_written_on(backlog: Metric) -> None:
    decision = draft()
    save(decision, "background", text="Told better.")
    save(decision, "criteria", text="Told better.")
    assert framing.framing_of(decision).is_agreed


def test_opening_it_again_marks_every_score_stale(backlog: Metric) -> None:
    decision = draft()
    assert "reason" in sentences(lambda: agreeing.reopen(decision, reason=" ", by=decision.owner))
    agreeing.reopen(decision, reason="The board moved the goal.", by=decision.owner)
    assert stale(decision) == 6
    assert "open already" in sentences(lambda: agreeing.reopen(decision, reason="Again.", by=decision.owner))
    # The same words again are a new round: earlier agreements do not count.
    for who in agreeing.framers_of(decision, framing.framing_of(decision)):
        agreeing.agree(decision, digest=digest(decision), by=who)
    assert stale(decision) == 6
    one = agreeing.confirm_scores(decision, by=decision.owner, wanted=["q1/a", "nonsense"])
    assert (one, stale(decision)) == (1, 5)
    assert agreeing.confirm_scores(decision, by=decision.owner) == 5
    assert "No score" in sentences(lambda: agreeing.confirm_scores(decision, by=decision.owner))


def test_the_owner_alone_is_not_enough_unless_nobody_else_can(backlog: Metric) -> None:
    decision = fresh()
    User.objects.exclude(pk=decision.owner_id).update(is_active=False)
    auditor()
    agreeing.name_framers(decision, framers=[], by=decision.owner)  # there is nobody but an auditor
    other = person()
    assert "beside the owner" in sentences(
        lambda: agreeing.name_framers(decision, framers=[decision.owner], by=decision.owner)
    )
    assert "beside the owner" in sentences(lambda: agreeing.agree(decision, digest=digest(decision), by=decision.owner))
    with pytest.raises(PermissionDenied):
        agreeing.agree(decision, digest=digest(decision), by=other)
    with pytest.raises(PermissionDenied):
        agreeing.name_framers(decision, framers=[other], by=other)


def test_only_who_may_see_it_agrees_to_it(backlog: Metric) -> None:
    decision, stranger = fresh(), person()
    Decision.objects.filter(pk=decision.pk).update(classification="confidential")
    decision.refresh_from_db()
    assert stranger not in agreeing.candidates(decision)
    assert "may see" in sentences(lambda: agreeing.name_framers(decision, framers=[stranger], by=decision.owner))
    with pytest.raises(Http404):
        agreeing.agree(decision, digest=digest(decision), by=stranger)
    people.invite(decision, stranger, grant=VIEW, by=decision.owner)
    assert agreeing.proposed(decision) == [stranger]
    agreeing.name_framers(decision, framers=[stranger], by=decision.owner)
    people.uninvite(decision, stranger, by=decision.owner)
    assert not framings_awaiting(stranger)


def test_nobody_agrees_to_what_is_unfinished(backlog: Metric) -> None:
    decision = drafting.create_decision(title="Empty", by=owner())
    for action in (
        lambda: agreeing.name_framers(decision, framers=[person()], by=decision.owner),
        lambda: agreeing.agree(decision, digest=digest(decision), by=decision.owner),
    ):
        assert "objective" in sentences(action)


def test_what_is_imported_was_agreed_to_by_nobody(backlog: Metric) -> None:
    by = owner()
    decision = importing.import_decision(dossier_to(dossier(by.username)))
    assert not framing.framing_of(decision).is_agreed
    assert stale(decision) == 6
    agree(decision)
    assert stale(decision) == 0


def test_a_next_cycle_agrees_anew(backlog: Metric) -> None:
    decision = in_force()
    moves.supersede(decision, by=decision.owner, successor=in_force(), reason="Another goal.")
    later = moves.new_cycle(Decision.objects.get(pk=decision.pk), by=decision.owner)
    assert not framing.framing_of(later).is_agreed
    assert stale(later) == 6


def test_an_amendment_may_keep_the_framing_and_giving_it_up_restores_it(backlog: Metric) -> None:
    decision = in_force()
    moves.open_amendment(decision, by=decision.owner, reason="A better way.")
    assert framing.framing_of(decision).is_agreed
    agreeing.reopen(decision, reason="Another goal.", by=decision.owner)
    save(decision, "background", objective="Another.")
    assert "framing" in sentences(lambda: moves.submit(decision, by=decision.owner))
    moves.drop_amendment(decision, by=decision.owner, reason="Not now.")
    assert framing.framing_of(decision).is_agreed
    assert stale(decision) == 0


def test_an_amendment_of_the_framing_is_agreed_and_approved(backlog: Metric) -> None:
    decision = in_force()
    before = digest(decision)
    moves.open_amendment(decision, by=decision.owner, reason="A better way.")
    agreeing.reopen(decision, reason="Another goal.", by=decision.owner)
    save(decision, "background", objective="Another.")
    agree(decision)
    approve(moves.submit(decision, by=decision.owner))
    assert (
        len(agreements_to(decision.reference, before)) == len(agreements_to(decision.reference, digest(decision))) == 2
    )


def test_what_was_approved_before_agreements_were_recorded_counts_as_agreed(backlog: Metric) -> None:
    decision = in_force()
    decision.framing.delete()
    decision = Decision.objects.get(pk=decision.pk)
    found = framing.framing_of(decision)
    assert (found.pk, found.is_agreed) == (None, True)
    assert stale(decision) == 0
    moves.open_amendment(decision, by=decision.owner, reason="A better way.")
    agreeing.reopen(decision, reason="Another goal.", by=decision.owner)
    assert not framing.framing_of(decision).is_agreed


def test_a_draft_from_before_begins_open(backlog: Metric) -> None:
    decision = fresh()
    decision.framing.delete()
    decision = Decision.objects.get(pk=decision.pk)
    assert not framing.framing_of(decision).is_agreed
    save(decision, "background", objective="Another.")
    agree(decision)
    moves.submit(decision, by=decision.owner)


def test_a_locked_decision_takes_no_agreement(backlog: Metric) -> None:
    decision = in_force()
    assert "approved" in sentences(lambda: agreeing.agree(decision, digest=digest(decision), by=decision.owner))
