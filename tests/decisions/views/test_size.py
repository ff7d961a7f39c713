"""Every page asks at most fifteen queries and weighs at most 60 KB, small or large."""

import dataclasses
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from approvals.models import ApprovalRequest, User
from approvals.services.notices import notify
from decisions.domain import dossier as d
from decisions.domain.dossier import SECTIONS
from decisions.domain.writing import dossier_to
from decisions.models import CONTRIBUTE, CommitmentRecord, Decision
from decisions.services import doubting, drafting, moves, people, questions
from metrics.models import Condition, QualityIncident
from tests.factories import decisions as make
from tests.factories import dossiers, metrics
from tests.factories.approvals import approvers, owner, person, signed_in

pytestmark = pytest.mark.looks
QUERIES, BYTES = 15, 60_000
WORDS = "People ask for an exception and wait, because nobody knows who may grant it. " * 4


def measured(client, url):
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(url)
    assert answer.status_code == 200, url
    return len(queries), len(answer.content)


def check(client, *urls):
    found = {url: measured(client, url) for url in urls}
    over = {url: seen for url, seen in found.items() if seen[0] > QUERIES or seen[1] > BYTES}
    assert not over


def large(who: str, metric_keys: list[str]) -> d.Dossier:
    """A dossier with more of everything than anybody should write."""
    source = d.Provenance(
        evidence=tuple(dossiers.evidence(f"e{n}") for n in range(10)), assumption_owner=who, refresh_on=dossiers.SOON
    )
    options = tuple(dossiers.option(f"o{n}", summary=WORDS, resources=WORDS) for n in range(8))
    goals = tuple(
        d.SuccessMetric(id=f"s{n}", metric=key, definition_version=1, note=WORDS[:200])
        for n, key in enumerate(metric_keys[:8])
    )
    criteria = tuple(d.Criterion(id=f"q{n}", name=f"Criterion {n}", weight=Decimal(n + 1)) for n in range(12))
    assumptions = tuple(
        dossiers.assumption(
            who,
            id=f"a{n}",
            statement=WORDS[:200],
            evidence=tuple(dossiers.evidence(f"e{m}") for m in range(5)),
            conditions=tuple(
                dossiers.condition(id=f"c{m}", metric=metric_keys[(n + m) % 8], bound=90 + m) for m in range(3)
            ),
        )
        for n in range(20)
    )
    base = dossiers.dossier(who)
    return dataclasses.replace(
        base,
        background=dataclasses.replace(base.background, text=WORDS * 4, objective=WORDS * 3, scope_in=WORDS * 3),
        metrics=dataclasses.replace(base.metrics, success_metrics=goals),
        constraints=d.Prose(text=WORDS * 10, provenance=source),
        options=d.Options(text=WORDS, options=options, provenance=source),
        impacts=_impacts(goals, options, source),
        costs=d.Costs(
            costs=tuple(d.Cost(option=o.id, cost=dossiers.triple(1, 2, 3)) for o in options), provenance=source
        ),
        risks=_risks(source, who),
        criteria=_criteria(assumptions, criteria, options, source),
        recommendation=d.Recommendation(option="o7", owner=who, rationale=WORDS, provenance=source),
        schedule=_schedule(source, who),
    )


def _impacts(goals: tuple[d.SuccessMetric, ...], options: tuple[d.Option, ...], source: d.Provenance) -> d.Impacts:
    return d.Impacts(
        text=WORDS,
        impacts=tuple(
            d.Impact(option=o.id, success_metric=g.id, estimate=dossiers.triple(1, 2, 3), note=WORDS[:100])
            for o in options
            for g in goals
        ),
        provenance=source,
    )


def _risks(source: d.Provenance, who: str) -> d.Risks:
    return d.Risks(
        risks=tuple(
            d.Risk(id=f"r{n}", option=f"o{n % 8}", text=WORDS[:150], mitigation=WORDS[:150]) for n in range(16)
        ),
        scenarios=tuple(dossiers.scenario(who, id=f"w{n}", text=WORDS, assumptions=("a1",)) for n in range(10)),
        provenance=source,
    )


def _criteria(
    assumptions: tuple[d.Assumption, ...],
    criteria: tuple[d.Criterion, ...],
    options: tuple[d.Option, ...],
    source: d.Provenance,
) -> d.Criteria:
    return d.Criteria(
        criteria=criteria,
        scores=tuple(
            d.Score(criterion=c.id, option=o.id, estimate=dossiers.triple(20, 30 + n, 60), reason=WORDS[:200])
            for c in criteria
            for n, o in enumerate(options)
        ),
        assumptions=assumptions,
        provenance=source,
    )


def _schedule(source: d.Provenance, who: str) -> d.Schedule:
    return d.Schedule(
        commitments=tuple(
            d.Commitment(id=f"k{n}", text=WORDS[:200], owner=who, due_on=dossiers.SOON) for n in range(20)
        ),
        review_every_days=90,
        provenance=source,
    )


def crowd(number: int) -> None:
    for n in range(number):
        person(username=f"crowd{n}", first_name=f"Somebody{n}", last_name="With A Long Name")


def pages_of(draft: Decision, items: tuple[str, str, str]) -> list[str]:
    option, scenario, assumption = items
    edit = [reverse("decision_edit", args=[draft.reference, key]) for key in ("frame", *dict(SECTIONS))]
    own = [
        reverse("decision_edit", args=[draft.reference, key]) + f"?item={item}"
        for key, item in (("options", option), ("risks", scenario), ("criteria", assumption))
    ]
    names = ("decision", "decision_options", "decision_assumptions", "decision_people")
    return [*edit, *own, *(reverse(name, args=[draft.reference]) for name in names)]


def test_a_small_draft(desk, draft):
    check(desk, *pages_of(draft, ("a", "s1", "a1")))


def test_a_large_draft_among_many_people_and_metrics(desk, who, db):
    crowd(300)
    keys = [metrics.metric(key=f"metric_number_{n}", name=f"A metric with a long name {n}").key for n in range(40)]
    for key in (make.RESOLUTION, make.BACKLOG):
        metrics.metric(key=key)
    for key in keys[:8]:
        metrics.weekly(metrics.registry.Metric.objects.get(key=key), [50 + n % 20 for n in range(260)])
    content = dossier_to(large(who.username, keys))
    draft = drafting.create_decision(title="A large one " * 10, by=who, content=content)
    check(desk, *pages_of(draft, ("o1", "w1", "a1")))
    contributor = owner()
    people.invite(draft, contributor, grant=CONTRIBUTE, by=who)
    check(signed_in(contributor), reverse("decision", args=[draft.reference]), *pages_of(draft, ("o1", "w1", "a1"))[:2])


def test_a_large_one_in_force_amended_and_questioned(desk, who, db):
    keys = [metrics.metric(key=f"metric_number_{n}", name=f"A metric with a long name {n}").key for n in range(8)]
    for key in (make.RESOLUTION, make.BACKLOG):
        metrics.metric(key=key)
    for key in keys:
        metrics.weekly(metrics.registry.Metric.objects.get(key=key), [50 + n % 20 for n in range(104)])
    whole = large(who.username, keys)
    approvers(2)
    names = ("background", "metrics", "constraints", "options", "impacts", "costs", "risks", "criteria")
    sections = {name: getattr(whole, name) for name in (*names, "recommendation", "schedule")}
    decision, now = make.in_force(who, **sections), timezone.now()
    contributor = owner()
    people.invite(decision, contributor, grant=CONTRIBUTE, by=who)
    address = reverse("decision", args=[decision.reference])
    options, assumptions = (
        reverse(name, args=[decision.reference]) for name in ("decision_options", "decision_assumptions")
    )
    check(desk, address, options, assumptions, f"{address}?section=risks")
    for reader in (contributor, owner(), approvers(1)[0]):
        check(signed_in(reader), address)
    moves.open_amendment(decision, by=who, reason=WORDS)
    check(desk, address, options, assumptions)
    asked = questions.question(decision, by=who, text=WORDS)
    check(desk, address, reverse("reevaluation", args=[asked.pk]), "/")
    check(signed_in(contributor), address, options, assumptions)
    seen = metrics.registry.Metric.objects.get(key=keys[0])
    facts = {"check_key": "accuracy", "severity": "high", "opened_at": now, "since": now, "last_seen_at": now}
    QualityIncident.objects.create(metric=seen, sentence="It differs.", **facts)
    doubting.mark(now)
    check(desk, address, options, assumptions)
    check(signed_in(contributor), address)


def tell_much(who: User, number: int) -> None:
    """Tell somebody of things of every kind, of those they may not see, too."""
    asked = ApprovalRequest.objects.latest("pk").pk
    places = ("/decisions/D-2030-0002/", f"/metrics/{make.BACKLOG}/", f"/approvals/{asked}/", "/approvals/999/")
    for n in range(number):
        url = (*places, "/reevaluations/1/", "/metrics/freezes/#freeze-1", "/metrics/incidents/1/")[n % 7]
        notify(to=who, cause_key=f"much:{n}", title=WORDS[:300], body=WORDS, url=url)


@pytest.mark.parametrize("number", [3, 120])
def test_lists(desk, who, registry, number):
    """Rows are copied in the table: what is measured is the page, not the services."""
    first = make.in_force(who)
    today = timezone.localdate()
    condition = Condition.objects.get(watcher=first.reference)
    for n in range(2, number + 1):
        copy = Decision.objects.get(pk=first.pk)
        copy.pk, copy.reference, copy.title = None, f"D-2030-{n:04}", f"Copy {n} with a title of some length"
        copy.next_review_on = copy.evidence_due_on = today + timedelta(days=n % 28)
        copy.save()
        CommitmentRecord.objects.create(decision=copy, key="k1", text=WORDS[:200], owner=who, due_on=today)
        condition.pk, condition.watcher, condition.state = None, copy.reference, "breached"
        condition.save()
    tell_much(who, number)
    check(
        desk,
        "/",
        "/notices/",
        "/decisions/",
        "/decisions/?standing=sound&q=copy",
        "/calendar/",
        "/search/?q=copy",
        "/decisions/new/",
    )


def test_an_approver_s_inbox(draft, who):
    signer, _ = approvers(2)
    moves.submit(draft, by=who)
    check(signed_in(signer), "/", f"/decisions/{draft.reference}/", "/calendar/")
