"""Eight options, twelve criteria and forty pieces of evidence cost few queries, and twice as much costs no more."""

import dataclasses
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from decisions.domain import dossier as d
from decisions.services import ballots, moves
from tests.factories import decisions as make
from tests.factories import dossiers
from tests.factories.approvals import approvers, owner, signed_in

pytestmark = pytest.mark.looks
QUERIES = 15


def sized(who: str, options: int, criteria: int, evidence: int) -> dict[str, object]:
    """Sections with so many options, criteria and pieces of evidence."""
    base = dossiers.dossier(who)
    sources = tuple(dossiers.evidence(f"e{n}") for n in range(evidence))
    ways = tuple(dossiers.option(f"o{n}") for n in range(options))
    asked = tuple(d.Criterion(id=f"q{n}", name=f"Criterion {n}", weight=Decimal(n + 1)) for n in range(criteria))
    of_each = [way.id for way in ways]
    return {
        "options": dataclasses.replace(base.options, options=ways),
        "impacts": dataclasses.replace(
            base.impacts,
            impacts=tuple(d.Impact(option=o, success_metric="m1", estimate=dossiers.triple(1, 2, 4)) for o in of_each),
        ),
        "costs": dataclasses.replace(
            base.costs, costs=tuple(d.Cost(option=o, cost=dossiers.triple(1, 2, 3)) for o in of_each)
        ),
        "risks": dataclasses.replace(
            base.risks, risks=tuple(d.Risk(id=f"r{o}", option=o, text="Late.", mitigation="Early.") for o in of_each)
        ),
        "criteria": dataclasses.replace(
            base.criteria,
            criteria=asked,
            scores=tuple(
                d.Score(criterion=c.id, option=o, estimate=dossiers.triple(10, 20 + n, 60))
                for c in asked
                for n, o in enumerate(of_each)
            ),
            provenance=dataclasses.replace(base.criteria.provenance, evidence=sources),
        ),
        "recommendation": dataclasses.replace(base.recommendation, option="o1"),
    }


def counted(browser, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(address).status_code == 200, address
    return len(queries)


@pytest.mark.usefixtures("registry")
def test_twice_as_many_options_and_criteria_cost_no_more_queries(desk, who):
    signer, _ = approvers(2)
    names = ("decision", "decision_options", "decision_weights", "decision_ballots")
    found = []
    for options, criteria, evidence in ((8, 12, 40), (16, 12, 80)):
        draft = make.draft(who, **sized(who.username, options, criteria, evidence))
        addresses = [reverse(name, args=[draft.reference]) for name in names]
        addresses += [reverse("decision_edit", args=[draft.reference, key]) for key in ("options", "criteria")]
        counts = [counted(desk, address) for address in addresses]
        made = ballots.ask(draft, evaluators=[who, owner()], by=who)
        counts.append(counted(desk, reverse("decision_ballots", args=[draft.reference])))
        ballots.drop(made, reason="Only counted.", by=who)
        request = moves.submit(draft, by=who)
        counts.append(counted(signed_in(signer), reverse("approval", args=[request.pk])))
        found.append(counts)
    assert found[0] == found[1]
    # How many the review screen itself may ask is held where it is built.
    assert max(found[0][:-1]) <= QUERIES, found[0]
