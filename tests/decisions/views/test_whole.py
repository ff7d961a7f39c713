"""A decision is written from nothing to submitted through its pages alone: every obstacle can be cleared there."""

import re

from django.urls import reverse

from decisions.models import Decision
from decisions.services import drafting, readiness
from tests.decisions.views.test_edit import form_of
from tests.factories import decisions as make
from tests.factories.approvals import approvers

DAY = "2027-06-01"


def rows(name, *items):
    """Return a list as the page posts it, each item as a new row."""
    data = {f"{name}-TOTAL_FORMS": str(len(items)), f"{name}-INITIAL_FORMS": "0"}
    return data | {f"{name}-{n}-{field}": value for n, item in enumerate(items) for field, value in item.items()}


def sourced(who):
    source = {"title": "Ticket export", "kind": "document", "reference": "DOC-1"}
    return {"p-assumption_owner": who.username, "p-refresh_on": DAY} | rows("evidence", source)


class Writer:
    """An owner at the keyboard."""

    def __init__(self, client, who, decision):
        self.client, self.who, self.decision = client, who, decision

    def write(self, section, item="", **typed):
        named = {f"f-{name}": value for name, value in typed.pop("form", {}).items()}
        lists = {key: value for name, items in typed.items() for key, value in rows(name, *items).items()}
        extra = rows("evidence", {"title": "Interview", "kind": "document"}) if item else sourced(self.who)
        data = form_of(self.decision, section, item=item) | extra | named | lists
        address = reverse("decision_edit", args=[self.decision.reference, section])
        answer = self.client.post(address + (f"?item={item}" if item else ""), data)
        assert answer.status_code == 302, answer.content.decode()

    def add(self, section):
        data = form_of(self.decision, section) | {"new": section}
        address = reverse("decision_edit", args=[self.decision.reference, section])
        return re.search(r"item=(\w+)$", self.client.post(address, data).url)[1]


def test_a_decision_is_written_from_nothing_to_submitted(desk, who, registry):
    approvers(2)
    desk.post("/decisions/new/", {"title": "Who grants exceptions?", "tier": "tactical", "classification": "internal"})
    decision = Decision.objects.get()
    pen = Writer(desk, who, decision)
    background = {
        **dict.fromkeys(("text", "objective", "success_criteria", "scope_in", "scope_out"), "Written down."),
        "horizon_months": "12",
        "trade_off__first_pole": "Governance",
        "trade_off__second_pole": "Autonomy",
        "trade_off__stance": "60",
    }
    pen.write("background", form=background)
    pen.write(
        "metrics",
        success_metrics=[{"metric": make.RESOLUTION, "baseline": "70", "target": "85"}],
        guardrails=[{"text": "No overtime"}],
    )
    pen.write("constraints", form={"text": "One change a quarter."})
    pen.write("bottlenecks", form={"text": "Four days of waiting."})
    options = [pen.add("options") for _ in range(3)]
    for number, option in enumerate(options):
        pen.write("options", option, form=_option(number))
    pen.write("options")
    (goal,) = _dossier(decision).metrics.success_metrics
    estimates = {"estimate__low": "1", "estimate__likely": "2", "estimate__high": "3"}
    _table(pen, "impacts", {f"impact-{o}-{goal.id}-{k}": v for o in options for k, v in estimates.items()})
    costs = {"cost__low": "100", "cost__likely": "200", "cost__high": "300"}
    _table(pen, "costs", {f"cost-{o}-{k}": v for o in options for k, v in costs.items()})
    pen.write("criteria", criteria=[{"name": "Speed", "weight": "60"}, {"name": "Ease", "weight": "40"}])
    make.agree(decision)
    _score(pen, options)
    assumption = desk.post(
        reverse("decision_assumptions", args=[decision.reference]), {"version": _version(decision, "criteria")}
    ).url.partition("item=")[2]
    pen.write(
        "criteria",
        assumption,
        form={"statement": "The backlog stays small.", "owner": who.username, "probability": "80", "refresh_on": DAY},
        conditions=[{"metric": make.BACKLOG, "kind": "above", "bound": "10", "sustained": "2", "severity": "major"}],
    )
    scenario = pen.add("risks")
    pen.write(
        "risks",
        scenario,
        form={
            "text": "It grows.",
            "fallback": "Back to one queue.",
            "fallback_owner": who.username,
            "stop_condition": "Four weeks.",
            "assumptions": [assumption],
        },
        escalation=[{"person": who.username, "hours": "24"}],
    )
    pen.write("risks", risks=[{"option": o, "text": "Slow.", "mitigation": "Start small."} for o in options])
    pen.write("recommendation", form={"option": options[1], "owner": who.username, "rationale": "Best."})
    pen.write(
        "schedule",
        form={"review_every_days": "90"},
        commitments=[{"text": "Train.", "owner": who.username, "due_on": DAY}],
    )
    decision = Decision.objects.get()
    assert [str(obstacle) for obstacle in readiness.obstacles_of(decision)] == []
    answer = desk.post(reverse("decision_move", args=[decision.reference, "submit"]))
    assert answer.url.startswith("/approvals/")
    assert Decision.objects.get().state == "in_review"
    assert desk.get(answer.url).status_code == 200


def _dossier(decision):
    return drafting.dossier_of(Decision.objects.get(pk=decision.pk))


def _version(decision, section):
    return str(decision.sections.get(key=section).version)


def _option(number):
    return {
        "name": f"Way {number}",
        "summary": "Do it.",
        "resources": "Two people.",
        "complexity": "3",
        "complexity_reason": "Two systems.",
        "position": "40",
        "position_reason": "Between.",
        "signal__text": "Resolved in time",
        "signal__bound": "80",
        "risk_indicator__metric": make.BACKLOG,
        "risk_indicator__bound": "9",
    }


def _table(pen, section, cells):
    data = form_of(pen.decision, section) | sourced(pen.who) | cells
    answer = pen.client.post(reverse("decision_edit", args=[pen.decision.reference, section]), data)
    assert answer.status_code == 302, answer.content.decode()


def _score(pen, options):
    criteria = _dossier(pen.decision).criteria.criteria
    scores = {f"m-{c.id}-{o}": str(40 + 10 * n) for c in criteria for n, o in enumerate(options)}
    weights = {f"m-weight-{c.id}": str(c.weight) for c in criteria}
    address = reverse("decision_options", args=[pen.decision.reference])
    answer = pen.client.post(address, scores | weights | {"version": _version(pen.decision, "criteria")})
    assert answer.status_code == 302, answer.content.decode()
