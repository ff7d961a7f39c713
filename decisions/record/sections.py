"""The eleven sections of the dossier as blocks."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from decisions.domain.dossier import SECTIONS, Dossier, Option, Provenance
from decisions.record import figures, words
from decisions.record.assumptions import assumptions
from decisions.record.blocks import Block, Card, Cell, Chapter, Facts, Figure, Prose, Table, cells, said
from decisions.record.judgement import judgement
from decisions.record.known import Known
from decisions.record.words import NONE

UPRIGHT, SIDEWAYS = 4, 6  # options beside each other in a table of prose


def chapters(dossier: Dossier, known: Known) -> list[Chapter]:
    """Return the sections in the template's order."""
    made = []
    for number, (key, title) in enumerate(SECTIONS, start=1):
        section = getattr(dossier, key)
        blocks = said(_BUILDERS[key](dossier, known))
        made.append(Chapter(key, title, blocks, number, _provenance(section.provenance, known)))
    return made


def _provenance(given: Provenance, known: Known) -> list[tuple[str, str]]:
    sources = [known.source(source) for source in given.evidence]
    return [
        ("Evidence", "; ".join(sources) or NONE),
        ("Assumptions owned by", known.person(given.assumption_owner)),
        ("Refresh by", words.day(given.refresh_on)),
    ]


def _background(dossier: Dossier, known: Known) -> Iterator[Block]:
    section, trade_off = dossier.background, dossier.background.trade_off
    yield Prose("", section.text)
    yield Prose("Objective", section.objective)
    yield Prose("Success criteria", section.success_criteria)
    yield Prose("In scope", section.scope_in)
    yield Prose("Out of scope", section.scope_out)
    if section.horizon_months is not None:
        yield Facts([("Horizon", f"{section.horizon_months} months")])
    if trade_off.first_pole and trade_off.second_pole:
        if trade_off.stance is not None:
            placed = [(o.name, float(o.position)) for o in dossier.options.options if o.position is not None]
            poles = f"{trade_off.first_pole} (0) against {trade_off.second_pole} (100)"
            caption = f"The trade-off: {poles}. The agreed stance is {words.number(trade_off.stance)}."
            yield Figure(
                caption, figures.trade_off(trade_off.first_pole, trade_off.second_pole, float(trade_off.stance), placed)
            )
        yield Prose("Why this stance", trade_off.reason)


def _metrics(dossier: Dossier, known: Known) -> Iterator[Block]:
    section = dossier.metrics
    yield Prose("", section.text)
    yield Table(
        "Success metrics",
        cells(["Metric", "Definition", "Baseline", "Target", "Note"], numbers=(2, 3)),
        [
            cells(
                [
                    known.metric(m.metric),
                    f"version {m.definition_version}" if m.definition_version else NONE,
                    words.number(m.baseline, known.units.get(m.metric, "")),
                    words.number(m.target, known.units.get(m.metric, "")),
                    m.note,
                ],
                numbers=(2, 3),
                prose=(4,),
            )
            for m in section.success_metrics
        ],
    )
    yield Table(
        "Guardrails",
        cells(["What must not happen", "Metric", "Bound"], numbers=(2,)),
        [
            cells(
                [g.text, known.metric(g.metric), words.number(g.bound, known.units.get(g.metric, ""))],
                numbers=(2,),
                prose=(0,),
            )
            for g in section.guardrails
        ],
    )


def _constraints(dossier: Dossier, known: Known) -> Iterator[Block]:
    yield Prose("", dossier.constraints.text)


def _bottlenecks(dossier: Dossier, known: Known) -> Iterator[Block]:
    yield Prose("", dossier.bottlenecks.text)


def beside(
    options: Sequence[Option], caption: str, rows: Sequence[tuple[str, Callable[[Option], str]]], *, prose: bool = True
) -> Iterator[Table]:
    """Yield options as columns, as many tables as are needed to keep the columns readable."""
    wide = len(options) > UPRIGHT
    size = SIDEWAYS if wide else UPRIGHT
    for start in range(0, len(options), size):
        part = options[start : start + size]
        which = f", options {start + 1} to {start + len(part)} of {len(options)}" if len(options) > size else ""
        header = [Cell(""), *(Cell(option.name or option.id, number=not prose) for option in part)]
        body = [
            [Cell(name, strong=True), *(Cell(say(o), prose=prose, number=not prose) for o in part)]
            for name, say in rows
            if any(say(o) not in {"", NONE} for o in part)
        ]
        yield Table(caption + which, header, body, wide=wide, beside=prose)


def _options(dossier: Dossier, known: Known) -> Iterator[Block]:
    section = dossier.options
    yield Prose("", section.text)
    rows: list[tuple[str, Callable[[Option], str]]] = [
        ("In short", lambda o: ("Changes nothing. " if o.changes_nothing else "") + o.summary),
        ("Resources", lambda o: o.resources),
        ("Complexity", lambda o: _graded(o.complexity, "of 5", o.complexity_reason)),
        ("On the trade-off", lambda o: _graded(o.position, "of 100", o.position_reason)),
        ("Signal", lambda o: known.signal(o.signal)),
        ("Risk indicator", lambda o: known.signal(o.risk_indicator)),
        ("Evidence", lambda o: "; ".join(known.source(source) for source in o.evidence)),
    ]
    yield from beside(section.options, "The options side by side", rows)


def _graded(grade: Any, scale: str, reason: str) -> str:
    if grade is None:
        return reason or NONE
    return f"{words.number(grade)} {scale}" + (f": {reason}" if reason else "")


def _impacts(dossier: Dossier, known: Known) -> Iterator[Block]:
    section = dossier.impacts
    names = {option.id: option.name or option.id for option in dossier.options.options}
    yield Prose("", section.text)
    for metric in dossier.metrics.success_metrics:
        unit = known.units.get(metric.metric, "")
        here = [impact for impact in section.impacts if impact.success_metric == metric.id and impact.option in names]
        rows = [(names[i.option], i.estimate) for i in here]
        title = f"Expected impact on {known.metric(metric.metric)}{f', in {unit}' if unit else ''}"
        if figure := figures.estimates(rows, title=title, unit=unit):
            yield Figure(f"{title}: low, likely and high.", figure)
        yield Table(
            title,
            cells(["Option", "Low", "Likely", "High", "Note"], numbers=(1, 2, 3)),
            [
                cells(
                    [
                        names[i.option],
                        *(words.number(n) for n in (i.estimate.low, i.estimate.likely, i.estimate.high)),
                        i.note,
                    ],
                    numbers=(1, 2, 3),
                    prose=(4,),
                )
                for i in here
            ],
        )
    yield Table(
        "Side effects",
        cells(["Option", "Side effect"]),
        [cells([names.get(s.option, s.option), s.text], prose=(1,)) for s in section.side_effects],
    )


def _costs(dossier: Dossier, known: Known) -> Iterator[Block]:
    section = dossier.costs
    names = {option.id: option.name or option.id for option in dossier.options.options}
    yield Prose("", section.text)
    title = f"Cost in {section.currency}"
    if figure := figures.estimates([(names.get(c.option, c.option), c.cost) for c in section.costs], title=title):
        yield Figure(f"{title}: low, likely and high.", figure)
    yield Table(
        "Cost and effort",
        cells(["Option", title, "Person-days", "Note"], numbers=(1, 2)),
        [
            cells(
                [names.get(c.option, c.option), words.estimate(c.cost), words.estimate(c.effort_days), c.note],
                numbers=(1, 2),
                prose=(3,),
            )
            for c in section.costs
        ],
    )


def _risks(dossier: Dossier, known: Known) -> Iterator[Block]:
    section = dossier.risks
    names = {option.id: option.name or option.id for option in dossier.options.options}
    statements = {a.id: a.statement or a.id for a in dossier.criteria.assumptions}
    yield Prose("", section.text)
    yield Table(
        "Risks",
        cells(["Option", "Risk", "Mitigation"]),
        [cells([names.get(r.option, r.option), r.text, r.mitigation], prose=(1, 2)) for r in section.risks],
    )
    for position, scenario in enumerate(section.scenarios, start=1):
        steps = [f"{known.person(s.person)}, {s.hours} hours" for s in scenario.escalation]
        yield Card(
            f"Scenario {position}",
            scenario.text,
            [
                ("If this breaks", "; ".join(statements.get(a, a).rstrip(".") for a in scenario.assumptions) or NONE),
                ("Fallback", words.text(scenario.fallback)),
                ("Fallback owner", known.person(scenario.fallback_owner)),
                ("Stop when", words.text(scenario.stop_condition)),
                ("Escalation", " → ".join(steps) or NONE),
                ("Handoff", words.text(scenario.handoff)),
            ],
        )


def _criteria(dossier: Dossier, known: Known) -> Iterator[Block]:
    yield Prose("", dossier.criteria.text)
    yield from judgement(dossier, known.person)
    yield from assumptions(dossier, known)


def _recommendation(dossier: Dossier, known: Known) -> Iterator[Block]:
    section = dossier.recommendation
    chosen = next((o.name or o.id for o in dossier.options.options if o.id == section.option), section.option)
    yield Facts([("Recommended option", chosen or NONE), ("Owner", known.person(section.owner))])
    yield Prose("Rationale", section.rationale)


def _schedule(dossier: Dossier, known: Known) -> Iterator[Block]:
    section = dossier.schedule
    yield Prose("", section.text)
    yield Table(
        "Commitments",
        cells(["Commitment", "Owner", "Due"]),
        [cells([c.text, known.person(c.owner), words.day(c.due_on)], prose=(0,)) for c in section.commitments],
    )
    every = f"every {section.review_every_days} days" if section.review_every_days else NONE
    yield Facts([("Reviewed", every), ("First review", words.day(section.first_review_on))])


_BUILDERS: dict[str, Callable[[Dossier, Known], Iterator[Block]]] = {
    "background": _background,
    "metrics": _metrics,
    "constraints": _constraints,
    "bottlenecks": _bottlenecks,
    "options": _options,
    "impacts": _impacts,
    "costs": _costs,
    "risks": _risks,
    "criteria": _criteria,
    "recommendation": _recommendation,
    "schedule": _schedule,
}
