"""Take a late answer up the path that was approved with the decision, step by step, then to the last resort."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from guardian.shortcuts import assign_perm

from approvals.models import User
from approvals.services import ledger
from decisions.domain.response import escalation_path
from decisions.models import VIEW, Decision, Escalation, Reevaluation
from decisions.services import people, recounting, telling, transition


def escalate(now: datetime) -> int:
    """Tell the next person on the path of every re-evaluation whose answer is late; returns how many were told."""
    late = Reevaluation.objects.open().filter(due_at__lt=now)
    rows = list(late.select_related("decision__owner", "decision__owner_of_last_resort"))
    absent = _absent(rows)
    # Only what has a new step to take is locked: most runs just read.
    behind = [each for each in rows if len(reached(each, absent, now)) > each.steps_taken]
    crowd = _crowd(behind, absent, now)
    return sum(_escalate_one(each, crowd, absent, now) for each in behind)


def path_of(reevaluation: Reevaluation, absent: Collection[str] = ()) -> list[tuple[str, datetime]]:
    """Return whom a late answer goes to, and when: the owner, the approved path, the owner of last resort."""
    decision = reevaluation.decision
    last_resort = decision.owner_of_last_resort.username if decision.owner_of_last_resort else ""
    path = [(decision.owner.username, timedelta()), *escalation_path(reevaluation.response, last_resort, absent)]
    return [(name, reevaluation.due_at + wait) for name, wait in path]


def reached(reevaluation: Reevaluation, absent: Collection[str], now: datetime) -> list[str]:
    """Return whom the delay has reached by now; nobody waits for those who have left."""
    return [name for name, at in path_of(reevaluation, absent) if at < now]


def _absent(late: Sequence[Reevaluation]) -> set[str]:
    """Return those on the paths who have left."""
    named = {step["person"] for each in late for entry in each.response for step in entry["escalation"]}
    present = User.objects.filter(username__in=named, is_active=True).values_list("username", flat=True)
    return named - set(present) if named else set()


def _crowd(behind: Sequence[Reevaluation], absent: Collection[str], now: datetime) -> dict[str, list[str]]:
    """Return, by person, the references of all that comes to them in this run."""
    crowd: dict[str, list[str]] = {}
    for each in behind:
        for name in set(reached(each, absent, now)[each.steps_taken :]):
            crowd.setdefault(name, []).append(each.decision.reference)
    return crowd


@transaction.atomic
def _escalate_one(behind: Reevaluation, crowd: dict[str, list[str]], absent: Collection[str], now: datetime) -> int:
    with ledger.gathered():
        decision = transition.locked(behind.decision.reference)
        found = Reevaluation.objects.select_for_update(no_key=True).get(pk=behind.pk)
        found.decision = decision
        names = reached(found, absent, now)
        if not found.is_open or len(names) <= found.steps_taken:
            return 0
        told: list[str] = []
        for step, name in enumerate(names[found.steps_taken :], start=found.steps_taken):
            person = people.find(name)
            Escalation.objects.create(reevaluation=found, step=step, person=person, name=name, at=now)
            if person is not None:
                _reach(person, decision)
                if ledger.actor_of(person) not in told:
                    telling.tell_late(person, found, crowd.get(name, []), step=step, now=now)
                told.append(ledger.actor_of(person))
        found.steps_taken = len(names)
        found.save(update_fields=["steps_taken"])
        recounting.record(decision, "escalated", by=None, payload={"reevaluation": found.pk, "told": told})
    return len(told)


def _reach(person: User, decision: Decision) -> None:
    """Let whom the approved path names read the decision: an escalation that shows nothing would be none."""
    if Decision.objects.visible_to(person).filter(pk=decision.pk).exists():
        return
    assign_perm(VIEW, person, decision)
    payload = {"person": ledger.actor_of(person), "grant": VIEW, "because": "escalation"}
    ledger.append(decision.stream, "decision.granted", by=None, subject=decision.reference, payload=payload)
