"""Two at once: above all on PostgreSQL, where a lock in the wrong place would let the second one through."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from approvals.models import ApprovalRequest
from config.kit.canonical import canonical
from config.kit.refusals import MoveRefused, StaleWrite
from decisions.domain.dossier import Prose
from decisions.domain.framing import digest_of
from decisions.domain.writing import dossier_to
from decisions.models import Decision, Reevaluation, SignalReceipt, UploadGrant
from decisions.services import agreeing, drafting, framing, moves, reevaluations, unnamed, uploading
from metrics.models import Metric
from metrics.services import observations
from tests.factories import metrics
from tests.factories.approvals import approver, owner, person, sign
from tests.factories.decisions import draft, in_force, save, submitted
from tests.together import at_once

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 6


def refusals(results: Sequence[Any]) -> Counter[str]:
    return Counter(type(result).__name__ for result in results if isinstance(result, Exception))


def test_two_submissions_make_one_request(backlog: Metric) -> None:
    for _ in range(ROUNDS):
        decision = draft()
        results = at_once(*[lambda: moves.submit(decision, by=decision.owner)] * 2)  # noqa: B023
        assert refusals(results) == {"MoveRefused": 1}
        assert ApprovalRequest.objects.filter(subject_id=decision.reference).count() == 1


def test_what_is_submitted_is_what_is_stored(backlog: Metric) -> None:
    for _ in range(ROUNDS):
        decision = draft()
        results = at_once(
            lambda: moves.submit(decision, by=decision.owner),  # noqa: B023
            lambda: save(decision, "constraints", text="In the last moment."),  # noqa: B023
        )
        assert refusals(results).keys() <= {"MoveRefused"}
        request = ApprovalRequest.objects.get(subject_id=decision.reference)
        stored = drafting.dossier_of(Decision.objects.get(pk=decision.pk))
        assert request.content == canonical(dossier_to(stored))


def test_the_last_signature_against_a_withdrawal(backlog: Metric) -> None:
    for _ in range(ROUNDS):
        approver()
        decision, request = submitted()
        sign(request, approver())
        last = approver()
        results = at_once(
            lambda: sign(request, last),  # noqa: B023
            lambda: moves.withdraw(decision, by=decision.owner, reason="Wait."),  # noqa: B023
        )
        assert refusals(results) == {"MoveRefused": 1}
        decision.refresh_from_db()
        request.refresh_from_db()
        assert (decision.state, request.state) in {("in_force", "approved"), ("draft", "withdrawn")}


def test_sixteen_savers_of_one_version_store_one(backlog: Metric) -> None:
    decision = draft()

    def saver(number: int) -> Callable[[], Any]:
        prose = Prose(text=f"Version by {number}.")
        return lambda: drafting.save_section(decision, "constraints", prose, expected_version=1, by=decision.owner)

    results = at_once(*map(saver, range(16)))
    assert refusals(results) == {"StaleWrite": 15}
    assert decision.sections.get(key="constraints").version == 2
    assert all(isinstance(result, StaleWrite) for result in results if isinstance(result, MoveRefused))


def test_references_are_gapless_and_never_shared(backlog: Metric) -> None:
    who = owner()
    results = at_once(*[lambda: drafting.create_decision(title="New", by=who)] * 12)
    assert not refusals(results)
    numbers = sorted(int(decision.reference[7:]) for decision in results)
    assert numbers == list(range(numbers[0], numbers[0] + 12))


def test_many_readers_of_one_signal_open_one_reevaluation(backlog: Metric) -> None:
    for _ in range(3):
        in_force()
    metrics.weekly(backlog, [14])
    results = at_once(*[reevaluations.receive_signals] * 4)
    assert not refusals(results)
    reevaluations.receive_signals()
    assert Reevaluation.objects.count() == 3
    assert set(SignalReceipt.objects.values_list("state", "attempts")) == {("done", 1)}


def test_two_answers_count_once(backlog: Metric) -> None:
    decision = in_force()
    metrics.weekly(backlog, [14])
    reevaluations.receive_signals()
    asked = Reevaluation.objects.get()

    def answer(outcome: str) -> Callable[[], Any]:
        return lambda: reevaluations.answer(asked, outcome=outcome, reason="So.", by=decision.owner)

    results = at_once(answer("reaffirm"), answer("stop"))
    assert refusals(results) == {"MoveRefused": 1}
    decision.refresh_from_db()
    asked.refresh_from_db()
    assert (asked.outcome, decision.state) in {("reaffirm", "in_force"), ("stop", "stopped")}


def test_a_value_and_an_answer_at_once_lose_nothing(backlog: Metric) -> None:
    """The breach attaches to the open question, or opens the next one: never lost, never doubled."""
    decision = in_force()
    metrics.condition(backlog, {"kind": "above", "bound": 12}, watcher=decision.reference, key="a1.c2")
    metrics.weekly(backlog, [11])
    reevaluations.receive_signals()
    asked = Reevaluation.objects.get()
    entry = metrics.entry(metrics.weeks_ago(1), 20, reason="Late cases.")

    def measure() -> None:
        observations.record(Metric.objects.get(pk=backlog.pk), [entry], by=None)
        reevaluations.receive_signals()

    results = at_once(measure, lambda: reevaluations.answer(asked, outcome="reaffirm", reason="So.", by=decision.owner))
    assert not refusals(results)
    reevaluations.receive_signals()
    decision.refresh_from_db()
    breaches = sum(found.breaches.count() for found in Reevaluation.objects.all())
    assert breaches == 2
    assert (decision.state == "questioned") is Reevaluation.objects.open().exists()


def test_an_agreement_is_never_to_a_framing_that_changes_under_it(backlog: Metric) -> None:
    for _ in range(ROUNDS):
        decision, framer = draft(), person()
        agreeing.reopen(decision, reason="Another goal.", by=decision.owner)
        found = agreeing.name_framers(decision, framers=[framer], by=decision.owner)
        agreeing.agree(decision, digest=found.digest, by=decision.owner)
        results = at_once(
            lambda: agreeing.agree(decision, digest=found.digest, by=framer),  # noqa: B023
            lambda: save(decision, "background", objective="In the last moment."),  # noqa: B023
        )
        assert refusals(results) == {"MoveRefused": 1}
        whole = drafting.dossier_of(Decision.objects.get(pk=decision.pk))
        stored = framing.framing_of(decision)
        assert stored.digest == digest_of(whole)
        assert stored.is_agreed is isinstance(results[1], Exception)


def test_the_last_two_agreements_at_once_open_the_scores(backlog: Metric) -> None:
    for _ in range(ROUNDS):
        decision, framers = draft(), [person(), person()]
        agreeing.reopen(decision, reason="Another goal.", by=decision.owner)
        found = agreeing.name_framers(decision, framers=framers, by=decision.owner)
        agreeing.agree(decision, digest=found.digest, by=decision.owner)
        results = at_once(*[lambda who=who: agreeing.agree(decision, digest=found.digest, by=who) for who in framers])  # noqa: B023
        assert not refusals(results)
        assert framing.framing_of(decision).is_agreed


def test_a_file_that_is_sent_again_while_it_is_removed_is_there(backlog: Metric, settings: Any, tmp_path: Path) -> None:
    files = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = settings.STORAGES | {"default": files}
    first, second = draft(), draft()
    for number in range(ROUNDS // 2):
        data = f"week;cases\n1;{number}\n".encode()
        uploading.keep(first, name="a.csv", data=data, by=first.owner)
        UploadGrant.objects.update(at=timezone.now() - timedelta(days=9))
        again = [(first, "a.csv"), (second, "b.csv")]
        results = at_once(
            lambda: unnamed.remove(timezone.now()),
            *[lambda to=to, name=name: uploading.keep(to, name=name, data=data, by=to.owner) for to, name in again],  # noqa: B023
        )
        assert not refusals(results)
        assert [uploading.read(grant) for grant in results[1:]] == [data, data]
