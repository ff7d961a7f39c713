"""People, policies and requests for tests; every argument has a sensible default."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import count
from typing import Any

from django.contrib.auth.models import Group
from django.test import Client

from approvals import subjects
from approvals.models import ApprovalRequest, Delegation, LedgerEntry, Policy, PolicyStage, Signature, User
from approvals.models.people import today
from approvals.roles import ADMINISTRATORS, APPROVERS, AUDITORS, OWNERS, STEWARDS
from approvals.services import requests, signing

PASSWORD = "correct-horse-battery"
TWO_STAGES = ({"name": "Review", "groups": [APPROVERS]}, {"name": "Sign-off", "groups": [APPROVERS]})
_numbers = count(1)


def person(*roles: str, username: str = "", **fields: Any) -> User:
    """A signed-up person with the roles; the password is PASSWORD."""
    user = User(username=username or f"person{next(_numbers)}", **fields)
    user.set_password(PASSWORD)
    user.save()
    user.groups.set(Group.objects.filter(name__in=roles))
    return user


def owner(**fields: Any) -> User:
    return person(OWNERS, **fields)


def approver(**fields: Any) -> User:
    return person(APPROVERS, **fields)


def approvers(number: int) -> list[User]:
    return [approver() for _ in range(number)]


def steward(**fields: Any) -> User:
    return person(STEWARDS, **fields)


def auditor(**fields: Any) -> User:
    return person(AUDITORS, **fields)


def administrator(**fields: Any) -> User:
    return person(ADMINISTRATORS, **fields)


def policy(*stages: dict[str, Any], kind: str = "thing", priority: int = 0, **fields: Any) -> Policy:
    """A policy; each stage is its columns plus `groups` (names) and `people`. Without stages: one approver."""
    key = fields.pop("key", f"policy-{next(_numbers)}")
    row = Policy.objects.create(key=key, kind=kind, name=fields.pop("name", key), priority=priority, **fields)
    for position, stage in enumerate(stages or ({"groups": [APPROVERS]},), start=1):
        columns = dict(stage)
        groups, people = columns.pop("groups", ()), columns.pop("people", ())
        made = PolicyStage.objects.create(policy=row, **{"position": position, "name": f"Stage {position}"} | columns)
        made.groups.set(Group.objects.filter(name__in=groups))
        made.people.set(people)
    return row


def _field(key: str, text: Any) -> subjects.ReviewField:
    return subjects.ReviewField(label=key.capitalize(), text=str(text))


def _one_section(*contents: dict[str, Any]) -> list[list[subjects.ReviewSection]]:
    return [
        [subjects.ReviewSection(key="content", title="Content", fields=subjects.plain_fields(content))]
        for content in contents
    ]


def _a_section_per_field(*contents: dict[str, Any]) -> list[list[subjects.ReviewSection]]:
    return [
        [
            subjects.ReviewSection(key=key, title=key.capitalize(), fields=[_field(key, text)])
            for key, text in content.items()
        ]
        for content in contents
    ]


class Thing:
    """A subject kind for tests, registered as "thing": content is a dict here, verdicts are remembered."""

    def __init__(self) -> None:
        self.content: dict[str, dict[str, Any]] = {}
        self.verdicts: list[tuple[str, str]] = []
        self.seers: set[int] = set()
        self.withdrawers: set[int] = set()
        self.before: dict[str, Any] | None = None
        self.failure: Exception | None = None
        self.faults: list[str] = []
        self.apart = False
        self.wording: set[str] = set()
        self.commitments: list[str] | None = None

    def register(self) -> None:
        subjects.register(
            subjects.SubjectKind(
                kind="thing",
                label="Thing",
                title=lambda subject_id: f"Thing {subject_id}",
                url=lambda subject_id: f"/things/{subject_id}/",
                freeze=self.content.get,
                on_verdict=self._on_verdict,
                may_see=lambda user, subject_id: user.pk in self.seers,
                may_withdraw=lambda user, subject_id: user.pk in self.withdrawers,
                previous=lambda request: self.before,
                sections=lambda *contents: _a_section_per_field(*contents) if self.apart else _one_section(*contents),
                checks=[subjects.Check(name="sound", label="It is sound", run=lambda *_: list(self.faults))],
                substantive=lambda old, new, section: section not in self.wording,
                commit=None if self.commitments is None else self._commit,
            )
        )

    def _commit(self, request: ApprovalRequest, conditions: Sequence[Any], *, by: User | None) -> None:
        assert self.commitments is not None
        self.commitments += [f"{each.owner.username}: {each.text}" for each in conditions]

    def _on_verdict(self, request: ApprovalRequest, outcome: str, *, by: User | None) -> None:
        if self.failure is not None:
            raise self.failure
        self.verdicts.append((request.subject_id, outcome))


def request_for(
    thing: Thing,
    *,
    by: User,
    subject_id: str = "T-1",
    content: dict[str, Any] | None = None,
    authors: Iterable[User] = (),
    facts: dict[str, Any] | None = None,
) -> ApprovalRequest:
    """An open request under the thing's content."""
    thing.content[subject_id] = content or {"objective": "Answer within a day", "cost": "1200"}
    return requests.open_request(
        kind="thing",
        subject_id=subject_id,
        title=f"Thing {subject_id}",
        content=thing.content[subject_id],
        by=by,
        authors=authors,
        facts=facts or {},
    )


def sign(
    request: ApprovalRequest,
    by: User,
    verdict: str = "approve",
    comment: str = "",
    *,
    password: str = PASSWORD,
    digest: str | None = None,
    for_whom: User | None = None,
    conditions: Sequence[signing.Condition] = (),
) -> Signature:
    """Sign with the right password and the request's own digest unless told otherwise."""
    return signing.sign(
        request.pk,
        by=User.objects.get(pk=by.pk),
        verdict=verdict,
        comment=comment or ("Because." if verdict in {"reject", "return", "approve_with_conditions"} else ""),
        credential=signing.Credential(password=password),
        for_whom=for_whom,
        digest=request.digest if digest is None else digest,
        conditions=conditions,
    )


def state_of(request: ApprovalRequest) -> str:
    """How a request stands in the database."""
    return ApprovalRequest.objects.get(pk=request.pk).state


def payloads_of(verb: str) -> list[str]:
    """What the ledger holds of a kind of act, oldest first."""
    return list(LedgerEntry.objects.filter(verb=verb).values_list("payload", flat=True))


def delegation(giver: User, delegate: User, *, days: Sequence[int] = (-1, 7)) -> Delegation:
    """A delegation from days[0] to days[1], counted from today."""
    start, end = (today() + timedelta(days=day) for day in days)
    return Delegation.objects.create(giver=giver, delegate=delegate, starts_on=start, ends_on=end)


def signed_in(user: User) -> Client:
    """A browser in which the person is signed in."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def day(text: str) -> date:
    return date.fromisoformat(text)
