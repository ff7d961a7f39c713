"""A record with something in every part, made without a database: a support desk's decision with its ledger."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from config.kit.canonical import canonical, utc_text
from decisions.domain import dossier as d
from decisions.domain.writing import dossier_to
from decisions.record.verify import SCHEMA, entry_text

KEY = Ed25519PrivateKey.from_private_bytes(b"premise record tests, not secret"[:32])
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NAMES = {"owner": "Olive Owner", "approver1": "Anna Approver", "approver2": "Ben Approver"}
STREAM = "decision:D-2026-0001"


def dec(text: str) -> Decimal:
    return Decimal(text)


def estimate(low: str, likely: str, high: str) -> d.Estimate:
    return d.Estimate(low=dec(low), likely=dec(likely), high=dec(high))


def source(number: int) -> d.Evidence:
    return d.Evidence(
        id=f"e{number}",
        title=f"Ticket export {number}",
        reference=f"https://desk.example/export/{number}",
        retrieved_on=date(2026, 2, 20),
        refresh_on=date(2026, 8, 20),
    )


def provenance() -> d.Provenance:
    return d.Provenance(evidence=(source(1),), assumption_owner="owner", refresh_on=date(2026, 8, 20))


OPTION_NAMES = ("Change nothing", "Triage desk", "Frontline autonomy", "External partner", "Chat first", "Night shift")


def option(position: int) -> d.Option:
    name = OPTION_NAMES[position]
    return d.Option(
        id=f"o{position + 1}",
        name=name,
        summary=f"**{name}**: what it means for the desk, in two sentences. Teams keep their queues and their leads.",
        resources="Two people for a quarter; one tool licence",
        complexity=position % 5 + 1,
        complexity_reason="Two teams must agree",
        position=dec(str(15 + 15 * position)),
        position_reason="Leads keep the last word",
        signal=d.Signal(text="Solved within two days", metric="support_resolution_rate", bound=dec("78")),
        risk_indicator=d.Signal(text="Backlog grows", metric="backlog_growth", bound=dec("4")),
        evidence=(source(position + 1),),
    )


def dossier(options: int = 3) -> d.Dossier:
    """Return the dossier with as many options as wanted (up to six)."""
    chosen = tuple(option(i) for i in range(options))
    criteria = (
        d.Criterion(id="c1", name="Resolution", weight=dec("40"), meaning="Share of tickets solved in two days"),
        d.Criterion(id="c2", name="Change fatigue", weight=dec("25"), direction="min", threshold=dec("90"), veto=True),
        d.Criterion(
            id="c3",
            name="Weeks to effect",
            weight=dec("20"),
            direction="min",
            scale="linear",
            worst=dec("40"),
            best=dec("2"),
        ),
        d.Criterion(id="c4", name="Autonomy", weight=dec("15")),
    )
    table = {
        "c1": ("30", "65", "75", "60", "50", "55"),
        "c2": ("10", "35", "55", "40", "45", "80"),
        "c3": ("4", "12", "22", "16", "10", "8"),
        "c4": ("20", "40", "85", "10", "50", "30"),
    }
    scores = tuple(
        d.Score(
            criterion=c,
            option=o.id,
            estimate=estimate(str(int(row[i]) * 8 // 10), row[i], str(min(100, int(row[i]) * 12 // 10))),
            reason="Judged against last year’s pilot." if c == "c1" else "",
        )
        for c, row in table.items()
        for i, o in enumerate(chosen)
    )
    return d.Dossier(
        frame=d.Frame(
            title="How should the support desk bring its backlog down?",
            tier="strategic",
            owner="owner",
            owner_of_last_resort="head",
        ),
        background=d.Background(
            text="The backlog has grown for three quarters while every reorganisation cost trust.\n\n"
            "- Two teams define *resolved* differently.\n- Priorities were never agreed before scoring.\n\n"
            "In Japanese: 支援窓口の滞留案件を減らす。 In Thai: ลดงานค้างของฝ่ายบริการลูกค้า",
            objective="Solve eight of ten tickets within two days, without a further reorganisation.",
            success_criteria="Resolution at 80 % for two quarters in a row.",
            scope_in="The support desk in all three regions",
            scope_out="Field service",
            horizon_months=12,
            trade_off=d.TradeOff(
                first_pole="Governance",
                second_pole="Frontline autonomy",
                stance=dec("45"),
                reason="Agreed with both leads.",
            ),
            provenance=provenance(),
        ),
        metrics=d.Metrics(
            success_metrics=(
                d.SuccessMetric(
                    id="s1",
                    metric="support_resolution_rate",
                    definition_version=2,
                    baseline=dec("61.5"),
                    target=dec("80"),
                ),
                d.SuccessMetric(
                    id="s2", metric="backlog_growth", definition_version=1, baseline=dec("6"), target=dec("0")
                ),
            ),
            guardrails=(
                d.Guardrail(id="g1", text="No overtime beyond the agreement", metric="overtime_hours", bound=dec("9")),
            ),
            provenance=provenance(),
        ),
        constraints=d.Prose(text="No new head count before the summer.", provenance=provenance()),
        bottlenecks=d.Prose(text="Escalations wait for one team lead.", provenance=provenance()),
        options=d.Options(text="Each was worked out over the same year.", options=chosen, provenance=provenance()),
        impacts=d.Impacts(
            impacts=tuple(
                d.Impact(
                    option=o.id,
                    success_metric=s,
                    estimate=estimate(str(2 + i), str(5 + 2 * i), str(9 + 4 * i)),
                    note="From the pilot",
                )
                for s in ("s1", "s2")
                for i, o in enumerate(chosen)
            ),
            side_effects=(d.SideEffect(option="o2", text="Fewer hand-overs in the evening"),),
            provenance=provenance(),
        ),
        costs=d.Costs(
            costs=tuple(
                d.Cost(
                    option=o.id,
                    cost=estimate(str(9000 * i), str(12500 * i), str(19000 * i)),
                    effort_days=estimate(str(5 * i), str(10 * i), str(18 * i)),
                )
                for i, o in enumerate(chosen)
            ),
            provenance=provenance(),
        ),
        risks=d.Risks(
            risks=tuple(
                d.Risk(id=f"r{i}", option=o.id, text="People tire of change", mitigation="One change at a time")
                for i, o in enumerate(chosen)
            ),
            scenarios=(
                d.Scenario(
                    id="w1",
                    text="The backlog grows although tickets are solved faster.",
                    assumptions=("a1",),
                    fallback="Bring the partner in for the overflow",
                    fallback_owner="owner",
                    stop_condition="Four weeks above 6 %",
                    escalation=(d.EscalationStep(person="head", hours=24), d.EscalationStep(person="board", hours=48)),
                    handoff="Desk lead to partner manager, with the open queue",
                ),
            ),
            provenance=provenance(),
        ),
        criteria=d.Criteria(
            criteria=criteria,
            scores=scores,
            assumptions=(
                d.Assumption(
                    id="a1",
                    statement="Inflow stays near last year’s level.",
                    owner="owner",
                    probability=dec("80"),
                    refresh_on=date(2026, 8, 20),
                    evidence=(source(2),),
                    conditions=(
                        d.BreakCondition(
                            id="c1",
                            metric="backlog_growth",
                            kind="above",
                            bound=dec("4"),
                            sustained=2,
                            severity="major",
                        ),
                    ),
                ),
                d.Assumption(
                    id="a2",
                    statement="Team leads accept the triage rules.",
                    owner="owner",
                    probability=dec("70"),
                    manual_check="Ask in the monthly round.",
                    manual_check_on=date(2026, 6, 1),
                ),
            ),
            provenance=provenance(),
        ),
        recommendation=d.Recommendation(
            option="o2",
            owner="owner",
            rationale="Most of the effect for *half* of the change.",
            provenance=provenance(),
        ),
        schedule=d.Schedule(
            commitments=(
                d.Commitment(id="k1", text="Write the triage rules", owner="owner", due_on=date(2026, 4, 1)),
                d.Commitment(id="k2", text="Train both teams", owner="contributor", due_on=date(2026, 5, 1)),
            ),
            review_every_days=90,
            first_review_on=date(2026, 6, 15),
            provenance=provenance(),
        ),
    )


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def people() -> list[dict[str, str]]:
    found = []
    for username, name in NAMES.items():
        opened = {"name": name, "salt": sha(username.encode()), "username": username}
        found.append({**opened, "commitment": sha(canonical(opened).encode())})
    return found


ACTORS = {person["username"]: person["commitment"] for person in people()}


def ledger(steps: Sequence[tuple[str, str, dict[str, Any]]]) -> list[dict[str, Any]]:
    """Chain (actor, verb, payload) steps, with an entry of another stream before each of them."""
    entries, chain = [], "0" * 64
    for number, (actor, verb, payload) in enumerate(steps):
        for stream, word, content in (("metric:other", "observation.recorded", {}), (STREAM, verb, payload)):
            seq = len(entries) + 1
            entry = {
                "actor": ACTORS.get(actor, "system"),
                "at": utc_text(START + timedelta(days=number, minutes=seq)),
                "payload": canonical(content),
                "seq": seq,
                "stream": stream,
                "stream_seq": number + 1,
                "subject": stream.partition(":")[2],
                "verb": word,
                "previous": chain,
            }
            entry["leaf"] = sha(b"\x00" + entry_text(entry).encode())
            chain = entry["chain"] = sha(b"\x02" + bytes.fromhex(chain) + bytes.fromhex(entry["leaf"]))
            entries.append(entry)
    return entries


def tree(leaves: Sequence[str]) -> str:
    """Return the RFC 9162 root, by its recursive definition."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return sha(b"\x01" + bytes.fromhex(tree(leaves[:split])) + bytes.fromhex(tree(leaves[split:])))


def path(index: int, leaves: Sequence[str]) -> list[str]:
    """Return the audit path, by its recursive definition."""
    if len(leaves) == 1:
        return []
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if index < split:
        return [*path(index, leaves[:split]), tree(leaves[split:])]
    return [*path(index - split, leaves[split:]), tree(leaves[:split])]


def signature(entry: dict[str, Any], username: str, payload: dict[str, Any]) -> dict[str, Any]:
    return {
        **{
            key: payload[key]
            for key in ("digest", "verdict", "comment", "signed_at", "credential", "stage_name", "request")
        },
        "ledger": entry["seq"],
        "name": NAMES[username],
        "username": username,
        "for_whom": None,
        "meaning": payload["meaning"],
    }


def record(
    options: int = 3, content: d.Dossier | None = None, more: Sequence[tuple[str, str, dict[str, Any]]] = ()
) -> dict[str, Any]:
    """Return the record's data: approved by two people, then broken once and reaffirmed."""
    data = dossier_to(content or dossier(options))
    digest = sha(canonical(data).encode())

    def given(stage: str, day: int) -> dict[str, Any]:
        return {
            "request": 7,
            "stage": 1,
            "stage_name": stage,
            "signature": day,
            "verdict": "approve",
            "meaning": "I have reviewed this content and approve it.",
            "comment": "The parity table convinced me." if day == 2 else "",
            "digest": digest,
            "for_whom": None,
            "credential": "password",
            "signed_at": utc_text(START + timedelta(days=day)),
        }

    steps: list[tuple[str, str, dict[str, Any]]] = [
        ("owner", "decision.created", {"title": data["frame"]["title"]}),
        ("owner", "request.opened", {"request": 7, "digest": digest}),
        ("approver1", "signature.given", given("Review", 2)),
        ("approver2", "signature.given", given("Sign-off", 3)),
        ("approver2", "decision.in_force", {"version": 1, "digest": digest, "request": 7}),
        ("", "decision.questioned", {"reevaluation": 1}),
        (
            "owner",
            "reevaluation.answered",
            {"reevaluation": 1, "outcome": "reaffirm", "reason": "A single holiday week."},
        ),
        *more,
    ]
    everything = ledger(steps)
    leaves = [entry["leaf"] for entry in everything]
    own = [{**entry, "proof": path(entry["seq"] - 1, leaves)} for entry in everything if entry["stream"] == STREAM]
    text = canonical({"at": everything[-1]["at"], "root": tree(leaves), "size": len(leaves)})
    return {
        "schema": SCHEMA,
        "reference": "D-2026-0001",
        "title": data["frame"]["title"],
        "state": "in_force",
        "approved": True,
        "version": 1,
        "request": 7,
        "approved_at": own[4]["at"],
        "as_of": own[-1]["at"],
        "digest": digest,
        "dossier": data,
        "metrics": {
            "support_resolution_rate": {"name": "Support resolution rate", "unit": "%"},
            "backlog_growth": {"name": "Backlog growth", "unit": "%"},
        },
        "people": people(),
        "signatures": [
            signature(own[2], "approver1", given("Review", 2)),
            signature(own[3], "approver2", given("Sign-off", 3)),
        ],
        "versions": [{"number": 1, "digest": digest, "approved_at": own[4]["at"], "request": 7, "change": None}],
        "reevaluations": [
            {
                "id": 1,
                "version": 1,
                "cause": "signal",
                "state": "answered",
                "severity": "major",
                "question": "Backlog growth broke “Inflow stays near last year’s level.”",
                "opened_at": own[5]["at"],
                "due_at": own[6]["at"],
                "acknowledged_at": own[5]["at"],
                "acknowledged_by": "Olive Owner",
                "answered_at": own[6]["at"],
                "answered_by": "Olive Owner",
                "outcome": "reaffirm",
                "reason": "A single holiday week.",
                "evidence": "https://desk.example/holiday",
                "latency_seconds": 187200,
                "breaches": [
                    {
                        "metric": "Backlog growth",
                        "sentence": "when Backlog growth is above 4 % for 2 settled periods",
                        "statement": "Inflow stays near last year’s level.",
                        "value": "5.2",
                        "period_end": own[5]["at"],
                        "late": False,
                        "retracted_at": None,
                    }
                ],
            }
        ],
        "commitments": [
            {
                "key": "k1",
                "text": "Write the triage rules",
                "state": "done",
                "settled_at": own[6]["at"],
                "note": "On the wiki",
            }
        ],
        "closing": None,
        "previous": None,
        "superseded_by": None,
        "ledger": own,
        "checkpoint": {
            "at": everything[-1]["at"],
            "text": text,
            "signature": KEY.sign(text.encode()).hex(),
        },
    }
