"""Tell whoever looks after overdue evidence, and when nothing happens the owner of last resort; once for each cause."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef

from approvals.models import Notice, User
from approvals.services.notices import notify
from decisions.models import Decision, EvidenceDue
from decisions.services import dues, transition, versions
from decisions.services.places import evidence_url

LAST_RESORT_AFTER = timedelta(days=14)
"""When evidence is overdue for longer than this, the decision's owner of last resort hears of it, too."""
NAMED = 3


@dataclass(frozen=True)
class Overdue:
    """What one person hears: what of one decision is overdue since one day."""

    decision: Decision
    person: User
    day: date
    titles: Sequence[str]

    @property
    def key(self) -> str:
        """Return the cause; the same for everyone who hears of it, each of them once."""
        return f"decision:{self.decision.reference}:evidence:{self.day}"

    @property
    def title(self) -> str:
        """Return the notice in a line."""
        return f"Overdue in {self.decision.reference} since {self.day}: {', '.join(self.titles[:NAMED])}"


def tell(now: datetime) -> int:
    """Give every notice that is due and was not given; returns how many."""
    _catch_up()
    today = now.date()
    due = EvidenceDue.objects.filter(due_on__lt=today, decision__in=Decision.objects.live())
    rows = due.select_related("decision__owner", "decision__owner_of_last_resort", "person")
    found = list(_to_tell(rows, today))
    given = set(Notice.objects.filter(cause_key__in={each.key for each in found}).values_list("to", "cause_key"))
    return sum(_told(each) for each in found if (each.person.pk, each.key) not in given)


def _to_tell(rows: Iterable[EvidenceDue], today: date) -> Iterator[Overdue]:
    """Yield what each person is told: the owner of each piece and of the decision, later the owner of last resort."""
    heard: dict[tuple[Decision, User, date], list[str]] = defaultdict(list)
    for row in rows:
        people = [row.person, row.decision.owner]
        if row.decision.owner_of_last_resort is not None and row.due_on < today - LAST_RESORT_AFTER:
            people.append(row.decision.owner_of_last_resort)
        for person in dict.fromkeys(people):
            heard[row.decision, person, row.due_on].append(row.title)
    for (decision, person, day), titles in heard.items():
        yield Overdue(decision, person, day, titles)


def _told(each: Overdue) -> bool:
    """Put the notice, unless the person has left or may not see the decision."""
    if not Decision.objects.visible_to(each.person).filter(pk=each.decision.pk).exists():
        return False
    more = each.titles[NAMED:]
    body = f"And {len(more)} more." if more else ""
    url = f"{evidence_url(each.decision.reference)}?state=overdue"
    notify(to=each.person, cause_key=each.key, title=each.title, url=url, body=body)
    return True


def _catch_up() -> None:
    """Write the days of decisions that came into force before days were written down."""
    written = EvidenceDue.objects.filter(decision=OuterRef("pk"))
    missing = Decision.objects.live().filter(~Exists(written), evidence_due_on__isnull=False)
    for reference in missing.values_list("reference", flat=True)[:500]:
        with transaction.atomic():
            decision = transition.locked(reference)
            dues.write(decision, versions.dossier_in_force(decision))
