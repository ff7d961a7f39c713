"""What happened to the demonstration's decisions: every step through the services that people use, nothing by hand."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

from django.db import transaction

from approvals.models import ApprovalRequest, Notice, User
from approvals.services import notices, signing
from decisions.demo import cases, doubts, learning, more_cases, sources, support_case, talk, trials
from decisions.demo.people import PASSWORD
from decisions.domain import dossier as d
from decisions.domain.framing import framing_gaps
from decisions.domain.writing import dossier_to, section_to
from decisions.models import CONTRIBUTE, Decision
from decisions.services import agreeing, drafting, moves, muting, people, questions, reevaluations, versions

People = dict[str, User]
GOING_ON = {more_cases.IN_REVIEW.title, more_cases.DRAFT_TITLE, more_cases.ABANDONED.title}
"""Chapters of which people have not put away yet what they were told."""


def tell(accounts: People, *, now: datetime) -> None:
    """Bring about every decision that is not there yet, each in one transaction."""
    today = now.date()
    trials.run(accounts, now=now)
    chapters: tuple[tuple[str, Callable[[People, date, datetime], None]], ...] = (
        (cases.SUPERSEDED.title, lambda who, day, at: _decide(cases.SUPERSEDED.dossier(day), who, at)),
        (cases.CLOSED.title, _closed),
        (cases.REJECTED.title, _rejected),
        (support_case.TITLE, lambda who, day, at: _support(who, day, at, now)),
        (cases.QUESTIONED.title, lambda who, day, at: _decide(cases.QUESTIONED.dossier(day), who, at)),
        (more_cases.STOPPED.title, _stopped),
        (more_cases.IN_REVIEW.title, _in_review),
        (more_cases.DRAFT_TITLE, _draft),
        (more_cases.ABANDONED.title, _abandoned),
    )
    for place, (title, chapter) in enumerate(chapters):
        if not Decision.objects.filter(title=title).exists():
            with transaction.atomic():
                chapter(accounts, today, now - timedelta(days=40 - 3 * place))
                if title not in GOING_ON:
                    _put_away(accounts)
    learning.learn(accounts, _found(support_case.TITLE), now=now)
    doubts.raise_doubts(accounts, now=now)


def _put_away(accounts: People) -> None:
    newest = Notice.objects.latest("pk").pk
    for person in accounts.values():
        notices.put_all_away(by=person, until=newest)


def _start(dossier: d.Dossier, accounts: People, at: datetime) -> Decision:
    decision = drafting.create_decision(
        title=dossier.frame.title, by=accounts["owner"], content=dossier_to(dossier), at=at
    )
    people.invite(decision, accounts["contributor"], grant=CONTRIBUTE, by=accounts["owner"])
    _frame(decision, accounts, at + timedelta(days=1), by=("contributor", "owner"))
    return decision


def _frame(decision: Decision, accounts: People, at: datetime, *, by: tuple[str, ...]) -> None:
    """Have the framing agreed, unless it still lacks something, and confirm the scores when everyone has."""
    dossier = drafting.dossier_of(decision)
    if list(framing_gaps(dossier)):
        return
    owner = accounts["owner"]
    found = agreeing.name_framers(decision, framers=[accounts["contributor"]], by=owner, at=at)
    for name in by:
        found = agreeing.agree(decision, digest=found.digest, by=accounts[name], at=at)
    if found.is_agreed and dossier.criteria.scores:
        agreeing.confirm_scores(decision, by=owner)


def _decide(dossier: d.Dossier, accounts: People, at: datetime, *, gathering: bool = False) -> None:
    decision = _start(dossier, accounts, at)
    if gathering:
        sources.gather(decision, accounts["owner"], at.date())
    _approve(moves.submit(decision, by=accounts["owner"], at=at + timedelta(days=2)), accounts)


def _approve(request: ApprovalRequest, accounts: People) -> None:
    """Sign both stages."""
    words = {"approver1": "The figures agree with the registry.", "approver2": ""}
    for name, comment in words.items():
        _sign(request, accounts[name], "approve", comment)


def _sign(request: ApprovalRequest, by: User, verdict: str, comment: str) -> None:
    credential = signing.Credential(password=PASSWORD)
    signing.sign(request.pk, by=by, verdict=verdict, comment=comment, credential=credential, digest=request.digest)


def _found(title: str) -> Decision:
    return Decision.objects.get(title=title)


def _closed(accounts: People, today: date, at: datetime) -> None:
    _decide(cases.CLOSED.dossier(today), accounts, at)
    moves.close(
        _found(cases.CLOSED.title),
        by=accounts["owner"],
        outcome="achieved",
        process="mixed",
        reason="Satisfaction passed 4.2 and stayed there; the form is answered by ten.",
        process_reason="The partner was scored by its price list; nobody asked for a trial.",
        lessons="We judged the partner by its price list alone. Next time: a week of trial before scoring.",
        lesson_section="options",
    )


def _rejected(accounts: People, today: date, at: datetime) -> None:
    decision = _start(cases.REJECTED.dossier(today), accounts, at)
    request = moves.submit(decision, by=accounts["owner"], at=at + timedelta(days=2))
    _sign(request, accounts["approver1"], "reject", "Customer data would leave the country; the constraint forbids it.")


def _support(accounts: People, today: date, at: datetime, now: datetime) -> None:
    """Approve the case, amend it once, question and reaffirm it once, let it take an older one's place, review it."""
    _decide(support_case.dossier(today), accounts, at, gathering=True)
    owner, decision = accounts["owner"], _found(support_case.TITLE)
    moves.open_amendment(decision, by=owner, reason="The second team asked for a week more to finish its training.")
    schedule = decision.sections.get(key="schedule")
    amended = support_case.amended(versions.dossier_in_force(decision).schedule, today)
    drafting.save_section(decision, "schedule", section_to(amended), expected_version=schedule.version, by=owner)
    _approve(moves.submit(decision, by=owner), accounts)
    asked = questions.question(
        decision, by=accounts["approver3"], text="Does the limit of 500 EUR still fit after the price change?"
    )
    reevaluations.acknowledge(asked, by=owner)
    reevaluations.answer(
        asked,
        outcome="reaffirm",
        reason="Of the exceptions after the price change, 96 in 100 still lie under 500 EUR.",
        evidence="https://example.org/reports/exceptions-after-price-change",
        by=owner,
    )
    known = "The survey changed its scale this month; the recount is under way."
    muting.mute(decision, "a3.c1", until=now + timedelta(days=7), reason=known, by=owner, at=now)
    moves.supersede(
        _found(cases.SUPERSEDED.title),
        by=owner,
        successor=_found(support_case.TITLE),
        reason="With limits at the front line the one queue is part of the new rule.",
    )
    learning.learn(accounts, _found(support_case.TITLE), now=now)


def _stopped(accounts: People, today: date, at: datetime) -> None:
    _decide(more_cases.STOPPED.dossier(today), accounts, at)
    asked = questions.question(
        _found(more_cases.STOPPED.title),
        by=accounts["approver1"],
        text="Two customers asked to halt their move because of the weekly change.",
        severity="critical",
    )
    reevaluations.answer(
        asked,
        outcome="stop",
        reason="The stop condition is near, and calm is worth more than pace until the move is done.",
        by=accounts["owner"],
    )


def _in_review(accounts: People, today: date, at: datetime) -> None:
    decision = _start(more_cases.IN_REVIEW.dossier(today), accounts, at)
    request = moves.submit(decision, by=accounts["owner"], at=at + timedelta(days=2))
    _sign(request, accounts["approver3"], "approve", "Ready for sign-off.")


def _draft(accounts: People, today: date, at: datetime) -> None:
    """A draft that still lacks much, so that its obstacles can be seen; one more has to agree to its framing."""
    full = more_cases.IN_REVIEW.dossier(today)
    background = replace(
        full.background, text=more_cases.DRAFT_TEXT, objective=more_cases.DRAFT_OBJECTIVE, success_criteria=""
    )
    frame = replace(full.frame, title=more_cases.DRAFT_TITLE, tier="operational")
    options = replace(full.options, options=(d.Option(id="a", name="E-mail as before"), d.Option(id="b", name="Form")))
    decision = _start(d.Dossier(frame=frame, background=background, options=options), accounts, at)
    for key, content in (
        ("metrics", full.metrics),
        ("criteria", replace(d.Criteria(), criteria=full.criteria.criteria)),
    ):
        version = decision.sections.get(key=key).version
        drafting.save_section(decision, key, content, expected_version=version, by=accounts["owner"])
    _frame(decision, accounts, at + timedelta(days=1), by=("owner",))
    talk.about(decision, accounts)


def _abandoned(accounts: People, today: date, at: datetime) -> None:
    decision = _start(more_cases.ABANDONED.dossier(today), accounts, at)
    moves.abandon(decision, by=accounts["owner"], reason="The telephone contract was not renewed.")
