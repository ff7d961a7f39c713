"""Ballots stay closed until all are in, on every road; then they are combined, and the dossier keeps them."""

from decimal import Decimal
from functools import partial

import pytest
from django.core.exceptions import PermissionDenied

from approvals.models import LedgerEntry, Notice
from config.kit.canonical import canonical
from config.kit.refusals import BadInput, MoveRefused
from decisions.domain import balloting as rules
from decisions.models import Ballot, Decision, Framing
from decisions.services import ballots, drafting, moves, people
from tests.factories import decisions as make
from tests.factories.approvals import approver, auditor, owner

SECRET = Decimal("41.37")


def sheet(decision, score):
    cells = rules.cells_of(drafting.dossier_of(decision))
    return rules.Sheet({cell: Decimal(score) for cell in cells})


def section(decision):
    return drafting.dossier_of(Decision.objects.get(pk=decision.pk)).criteria


@pytest.fixture
def who(backlog, kept):
    return kept(owner)


@pytest.fixture
def draft(who, kept):
    return kept(partial(make.draft, who))


@pytest.fixture
def asked(draft, who):
    first, second = approver(first_name="Ann"), owner(first_name="Ben")
    made = ballots.ask(draft, evaluators=[first, second], by=who)
    return made, first, second


def ballot_of(made, person):
    return Ballot.objects.select_related("round__decision").get(round=made, evaluator=person)


def test_asking_tells_each_evaluator_once(asked, draft):
    made, first, second = asked
    assert made.ballots.count() == 2
    titles = Notice.objects.filter(cause_key=f"ballots:{made.pk}:asked").values_list("to", "title")
    assert set(titles) == {(p.pk, f"{draft.reference}: your scores are asked for") for p in (first, second)}


def test_the_last_ballot_opens_them_all_and_the_owner_hears(asked, draft, who):
    made, first, second = asked
    ballots.give(ballot_of(made, first), sheet=sheet(draft, 20), by=first)
    made.refresh_from_db()
    assert made.state == "open"
    ballots.give(ballot_of(made, second), sheet=sheet(draft, 60), by=second)
    made.refresh_from_db()
    assert made.state == "complete"
    assert Notice.objects.filter(to=who, cause_key=f"ballots:{made.pk}:complete").count() == 1


def test_adopted_scores_are_the_mean_between_lowest_and_highest_and_the_ballots_stay(asked, draft, who):
    made, first, second = asked
    ballots.give(ballot_of(made, first), sheet=sheet(draft, 20), by=first)
    ballots.give(ballot_of(made, second), sheet=sheet(draft, 61), by=second)
    version = draft.sections.get(key="criteria").version
    ballots.adopt(made, expected_version=version, by=who)
    found = section(draft)
    estimates = {(s.estimate.low, s.estimate.likely, s.estimate.high) for s in found.scores}
    assert estimates == {(Decimal(20), Decimal("40.5"), Decimal(61))}
    assert {b.evaluator: b.scores[0].score for b in found.ballots} == {first.username: 20, second.username: 61}
    assert rules.sheets_of(found)[first.username] == sheet(draft, 20)


def test_no_figure_of_a_ballot_is_written_anywhere_else_before_all_are_in(asked, draft):
    made, first, _ = asked
    ballots.give(ballot_of(made, first), sheet=sheet(draft, SECRET), by=first)
    assert not LedgerEntry.objects.filter(payload__contains=str(SECRET)).exists()
    assert str(SECRET) not in canonical([s.content for s in draft.sections.all()])
    assert not Notice.objects.filter(body__contains=str(SECRET)).exists()
    # No copy of a ballot's row is kept either.
    assert not hasattr(Ballot, "history")


def test_an_evaluator_may_better_the_ballot_until_the_last_one_is_in(asked, draft):
    made, first, second = asked
    ballots.give(ballot_of(made, first), sheet=sheet(draft, 20), by=first)
    ballots.give(ballot_of(made, first), sheet=sheet(draft, 30), by=first)
    ballots.give(ballot_of(made, second), sheet=sheet(draft, 60), by=second)
    with pytest.raises(MoveRefused, match="No ballot is taken any more"):
        ballots.give(ballot_of(made, first), sheet=sheet(draft, 90), by=first)
    assert set(rules.sheet_from(ballot_of(made, first).content).scores.values()) == {Decimal(30)}


@pytest.mark.parametrize("other", ["owner", "second"])
def test_nobody_fills_in_somebody_else_s_ballot(asked, draft, who, other):
    made, first, second = asked
    with pytest.raises(PermissionDenied):
        ballots.give(ballot_of(made, first), sheet=sheet(draft, 20), by=who if other == "owner" else second)


def test_a_score_missing_or_outside_its_scale_is_said_at_its_cell(asked, draft):
    made, first, _ = asked
    with pytest.raises(BadInput) as refused:
        ballots.give(ballot_of(made, first), sheet=rules.Sheet({("q1", "a"): Decimal(101)}), by=first)
    assert refused.value.errors["q1-a"] == ["The scale runs from 0 to 100."]
    assert refused.value.errors["q2-c"] == ["Give a score."]


def test_who_does_not_answer_is_released_with_a_reason_and_the_rest_counts(asked, draft, who):
    made, first, second = asked
    ballots.give(ballot_of(made, first), sheet=sheet(draft, 20), by=first)
    with pytest.raises(MoveRefused, match="Say why"):
        ballots.release(ballot_of(made, second), reason=" ", by=who)
    with pytest.raises(MoveRefused, match="is not waited for"):
        ballots.release(ballot_of(made, first), reason="In already.", by=who)
    ballots.release(ballot_of(made, second), reason="Left for another company.", by=who)
    made.refresh_from_db()
    assert made.state == "complete"
    entry = LedgerEntry.objects.get(verb="ballot.released")
    assert "Left for another company." in entry.payload
    ballots.adopt(made, expected_version=draft.sections.get(key="criteria").version, by=who)
    kept = {b.evaluator: b.released for b in section(draft).ballots}
    assert kept == {first.username: "", second.username: "Left for another company."}


def test_a_changed_question_asks_for_the_ballot_again(asked, draft, who):
    made, first, second = asked
    ballots.give(ballot_of(made, first), sheet=sheet(draft, 20), by=first)
    options = draft.sections.get(key="options").content["options"]
    make.save(draft, "options", options=[options[0] | {"summary": "Quite another way."}, *options[1:]])
    ballots.give(ballot_of(made, second), sheet=sheet(draft, 60), by=second)
    made.refresh_from_db()
    assert made.state == "open"
    ballots.give(ballot_of(made, first), sheet=sheet(draft, 25), by=first)
    made.refresh_from_db()
    assert made.state == "complete"


def test_ballots_to_another_question_are_not_adopted(asked, draft, who):
    made, first, second = asked
    for person in (first, second):
        ballots.give(ballot_of(made, person), sheet=sheet(draft, 20), by=person)
    options = draft.sections.get(key="options").content["options"]
    make.save(draft, "options", options=[options[0] | {"summary": "Quite another way."}, *options[1:]])
    version = draft.sections.get(key="criteria").version
    with pytest.raises(MoveRefused, match="changed after the ballots were given"):
        ballots.adopt(made, expected_version=version, by=who)
    ballots.drop(made, reason="The question changed.", by=who)
    assert ballots.running(draft) is None


def test_whose_ballot_is_in_may_not_sign(asked, draft):
    made, first, _ = asked
    ballots.give(ballot_of(made, first), sheet=sheet(draft, 20), by=first)
    assert first in people.authors_of(draft)


def test_who_cannot_read_a_confidential_decision_may_from_the_asking_on(draft, who):
    Decision.objects.filter(pk=draft.pk).update(classification="confidential")
    first, second = owner(), owner()
    ballots.ask(draft, evaluators=[first, second], by=who)
    assert Decision.objects.visible_to(first).filter(pk=draft.pk).exists()


def test_why_nobody_can_be_asked(draft, who):
    first = owner()
    with pytest.raises(MoveRefused) as refused:
        ballots.ask(draft, evaluators=[first], by=who)
    assert [str(reason) for reason in refused.value.reasons] == [
        "Name at least two evaluators; one alone can score on the options page."
    ]
    with pytest.raises(MoveRefused, match="may not be an evaluator"):
        ballots.ask(draft, evaluators=[first, auditor()], by=who)
    with pytest.raises(PermissionDenied):
        ballots.ask(draft, evaluators=[first, owner()], by=first)
    moves.submit(draft, by=who)
    with pytest.raises(MoveRefused, match="locked"):
        ballots.ask(draft, evaluators=[first, owner()], by=who)


def test_scores_wait_for_the_framing_and_weights_come_before_it(draft, who):
    Framing.objects.filter(decision=draft).update(agreed_digest="")
    first, second = owner(), owner()
    with pytest.raises(MoveRefused, match="agreed to the framing"):
        ballots.ask(draft, evaluators=[first, second], by=who)
    made = ballots.ask(draft, evaluators=[first, second], kind="weights", by=who)
    ballots.give(ballot_of(made, first), sheet=rules.Sheet(weights={"q1": Decimal(1), "q2": Decimal(1)}), by=first)
    ballots.give(ballot_of(made, second), sheet=rules.Sheet(weights={"q1": Decimal(9), "q2": Decimal(1)}), by=second)
    ballots.adopt(made, expected_version=draft.sections.get(key="criteria").version, by=who)
    assert {c.id: c.weight for c in section(draft).criteria} == {"q1": Decimal(70), "q2": Decimal(30)}
