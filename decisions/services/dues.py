"""Keep, for every live decision, the days by which something it rests on must be looked at again, and by whom."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from approvals.models import User
from decisions.domain.ageing import Refresh
from decisions.domain.dossier import Dossier
from decisions.domain.evidence import assumption_of
from decisions.domain.renewing import Renewal, dated, people_of
from decisions.models import Decision, EvidenceDue, EvidenceRefresh


def renewals_of(decision: Decision) -> list[Renewal]:
    """Return what was looked at again, in the order it was."""
    rows = EvidenceRefresh.objects.filter(decision=decision).values_list("piece", "fingerprint", "refresh_on")
    return [Renewal(*row) for row in rows]


def dated_in(decision: Decision, dossier: Dossier) -> list[Refresh]:
    """Return everything with a day in an approved dossier, by what was looked at since."""
    return list(dated(dossier, renewals_of(decision)))


def by_decision(decisions: Iterable[int]) -> dict[int, list[Refresh]]:
    """Return what carries a day in the live decisions of those ids, in one query."""
    found: dict[int, list[Refresh]] = defaultdict(list)
    rows = EvidenceDue.objects.filter(decision__in=decisions).values_list("decision", "piece", "title", "due_on")
    for decision, piece, title, due_on in rows:
        found[decision].append(Refresh(piece, title, due_on, assumption_of(piece)))
    return found


def write(decision: Decision, dossier: Dossier) -> date | None:
    """Write down the days of an approved dossier; returns the first of them. The decision's row is locked."""
    found = {each.place: each for each in dated_in(decision, dossier)}
    people = people_of(dossier)
    names = {people.get(place, "") for place in found}
    known = {user.username: user for user in User.objects.filter(username__in=names, is_active=True)}
    EvidenceDue.objects.filter(decision=decision).delete()
    EvidenceDue.objects.bulk_create(
        EvidenceDue(
            decision=decision,
            piece=place,
            title=each.what[:300],
            person=known.get(people.get(place, ""), decision.owner),
            due_on=each.day,
        )
        for place, each in found.items()
    )
    return min((each.day for each in found.values()), default=None)
