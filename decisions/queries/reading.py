"""A dossier as people read it: every section as blocks of prose, facts and tables, whole or cut to a page's length."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from config.kit.canonical import decimal_text
from config.kit.days import day_text
from config.kit.numbers import grouped
from decisions.domain import dossier as d
from decisions.domain.breaking import Named, mistakes, words_of
from decisions.forms.offers import MetricOffer

CUT_PROSE = 600
CUT_ROWS = 6
CUT_BLOCKS = 7


@dataclass(frozen=True)
class Block:
    """A labelled piece of a section: `text` (Markdown), `facts` (label, value), or a table of `header` and `rows`."""

    label: str = ""
    text: str = ""
    facts: Sequence[tuple[str, str]] = ()
    header: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    more: int = 0
    folded: bool = False


REST = Block(text="…")


@dataclass
class Reader:
    """Turns sections into blocks; `people` and `metrics` say what user names and keys stand for."""

    dossier: d.Dossier
    people: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, MetricOffer] = field(default_factory=dict)
    whole: bool = False

    def blocks(self, key: str) -> list[Block]:
        """Return one section's blocks, provenance last, without empty ones."""
        section = getattr(self.dossier, key)
        found = [*_WRITERS[key](self, section), *self._provenance(section.provenance)]
        kept = [self._cut(block) for block in found if block.text or block.facts or block.rows or block.folded]
        return kept if self.whole or len(kept) <= CUT_BLOCKS else [*kept[: CUT_BLOCKS - 2], REST, kept[-1]]

    def person(self, name: str) -> str:
        """Return what people call a person."""
        return self.people.get(name, name)

    def metric(self, key: str) -> str:
        """Return what people call a metric."""
        return self.metrics[key].name if key in self.metrics else key

    def unit(self, key: str) -> str:
        """Return a metric's unit."""
        return self.metrics[key].unit if key in self.metrics else ""

    def named(self, key: str) -> Named:
        """Return what a metric is called, its unit and its cadence."""
        return self.metric(key), self.unit(key), self.metrics[key].cadence if key in self.metrics else ""

    def names_in(self, condition: d.BreakCondition) -> dict[str, Named]:
        """Return what the metrics of a composite's parts are called."""
        return {part.metric: self.named(part.metric) for part in condition.parts}

    def option(self, identifier: str) -> str:
        """Return what people call an option."""
        return next((o.name or o.id for o in self.dossier.options.options if o.id == identifier), identifier)

    def _cut(self, block: Block) -> Block:
        if self.whole:
            return block
        text = block.text if len(block.text) <= CUT_PROSE else block.text[:CUT_PROSE].rsplit(" ", 1)[0] + " …"
        rows = [[cell if len(cell) <= 120 else cell[:120] + " …" for cell in row] for row in block.rows[:CUT_ROWS]]
        facts = [(label, value if len(value) <= 200 else value[:200] + " …") for label, value in block.facts]
        more = len(block.rows) - len(rows)
        return Block(block.label, text, facts, block.header, rows, more, block.folded)

    def _provenance(self, given: d.Provenance) -> Iterator[Block]:
        rows = [(e.title, e.reference, day(e.retrieved_on), day(e.refresh_on)) for e in given.evidence]
        header = ("Source", "Address or number", "Retrieved", "Stale from")
        if given != d.Provenance():
            yield Block(_origin(given, self.person(given.assumption_owner)), header=header, rows=rows, folded=True)


def _origin(given: d.Provenance, owner: str) -> str:
    """Say in a line where a section's claims come from."""
    sources = len(given.evidence)
    words = [f"{sources} source{'s' * (sources != 1)}"]
    words += [f"assumption owner {owner}"] if owner else []
    words += [f"refresh by {day(given.refresh_on)}"] if given.refresh_on else []
    return ", ".join(words)


def number(value: Decimal | int | None, unit: str = "") -> str:
    """Return a number as people read it."""
    if value is None:
        return ""
    text = decimal_text(value) if isinstance(value, Decimal) else str(value)
    return f"{grouped(text)} {unit}".rstrip()


def day(value: date | None) -> str:
    """Return a day as people read it."""
    return day_text(value) if value else ""


def estimate(value: d.Estimate, unit: str = "") -> str:
    """Return an estimate as likely (low to high)."""
    if value.likely is None:
        return ""
    between = f" ({number(value.low)} to {number(value.high)})" if None not in (value.low, value.high) else ""
    return f"{number(value.likely, unit)}{between}"


def _facts(*pairs: tuple[str, str]) -> list[tuple[str, str]]:
    return [pair for pair in pairs if pair[1]]


def _background(_reader: Reader, section: d.Background) -> Iterator[Block]:
    yield Block(text=section.text)
    yield Block("Objective", section.objective)
    yield Block("Success criteria", section.success_criteria)
    yield Block("In scope", section.scope_in)
    yield Block("Out of scope", section.scope_out)
    trade = section.trade_off
    poles = f"{trade.first_pole} ↔ {trade.second_pole}" if trade.first_pole and trade.second_pole else ""
    horizon = f"{section.horizon_months} months" if section.horizon_months else ""
    stance = number(trade.stance) and f"{number(trade.stance)} of 100 towards {trade.second_pole or 'the second pole'}"
    yield Block(
        facts=_facts(("Horizon", horizon), ("Trade-off", poles), ("Agreed stance", stance), ("Why", trade.reason))
    )


def _metrics(reader: Reader, section: d.Metrics) -> Iterator[Block]:
    yield Block(text=section.text)
    rows = [
        (
            reader.metric(item.metric),
            number(item.baseline, reader.unit(item.metric)),
            number(item.target, reader.unit(item.metric)),
            number(item.definition_version),
            item.note,
        )
        for item in section.success_metrics
    ]
    yield Block("Success metrics", header=("Metric", "Baseline", "Target", "Definition", "Note"), rows=rows)
    guards = [
        (item.text, reader.metric(item.metric), number(item.bound, reader.unit(item.metric)))
        for item in section.guardrails
    ]
    yield Block("Guardrails", header=("What must not happen", "Metric", "Bound"), rows=guards)


def _prose(_reader: Reader, section: d.Prose) -> Iterator[Block]:
    yield Block(text=section.text)


def signal(reader: Reader, given: d.Signal) -> str:
    """Say a signal or risk indicator: its words, its metric, its bound."""
    name = " · ".join(filter(None, [given.text, reader.metric(given.metric)]))
    bound = number(given.bound, reader.unit(given.metric))
    return f"{name}: {bound}" if name and bound else name


def _options(reader: Reader, section: d.Options) -> Iterator[Block]:
    yield Block(text=section.text)
    for item in section.options:
        yield Block(
            item.name or item.id,
            item.summary,
            _facts(
                ("Resources", item.resources),
                ("Complexity", " · ".join(filter(None, [number(item.complexity), item.complexity_reason]))),
                ("Position", " · ".join(filter(None, [number(item.position), item.position_reason]))),
                ("Signal", signal(reader, item.signal)),
                ("Risk indicator", signal(reader, item.risk_indicator)),
                ("Kind", "changes nothing: what happens anyway" if item.changes_nothing else ""),
                ("Evidence", ", ".join(e.title or e.reference for e in item.evidence)),
            ),
        )


def _impacts(reader: Reader, section: d.Impacts) -> Iterator[Block]:
    yield Block(text=section.text)
    goals = {item.id: item.metric for item in reader.dossier.metrics.success_metrics}
    rows = [
        (
            reader.option(cell.option),
            reader.metric(goals.get(cell.success_metric, cell.success_metric)),
            estimate(cell.estimate, reader.unit(goals.get(cell.success_metric, ""))),
            cell.note,
        )
        for cell in section.impacts
    ]
    yield Block("Expected impact", header=("Option", "Metric", "Impact", "Note"), rows=rows)
    effects = [(reader.option(item.option), item.text) for item in section.side_effects]
    yield Block("Side effects", header=("Option", "Side effect"), rows=effects)


def _costs(reader: Reader, section: d.Costs) -> Iterator[Block]:
    yield Block(text=section.text)
    rows = [
        (reader.option(item.option), estimate(item.cost, section.currency), estimate(item.effort_days), item.note)
        for item in section.costs
    ]
    yield Block("Cost and effort", header=("Option", "Cost", "Person-days", "Note"), rows=rows)


def _risks(reader: Reader, section: d.Risks) -> Iterator[Block]:
    yield Block(text=section.text)
    rows = [(reader.option(item.option), item.text, item.mitigation) for item in section.risks]
    yield Block("Risks and mitigations", header=("Option", "Risk", "Mitigation"), rows=rows)
    for number_, item in enumerate(section.scenarios, 1):
        path = " → ".join(f"{reader.person(step.person)} ({step.hours} h)" for step in item.escalation)
        yield Block(
            f"Downside scenario {number_}",
            item.text,
            _facts(
                ("Fallback", item.fallback),
                ("Owner", reader.person(item.fallback_owner)),
                ("Stop condition", item.stop_condition),
                ("Escalation", path),
                ("Handoff", item.handoff),
            ),
        )


def _criteria(reader: Reader, section: d.Criteria) -> Iterator[Block]:
    yield Block(text=section.text)
    rows = [
        (
            item.name or item.id,
            number(item.weight),
            "less is better" if item.direction == "min" else "more is better",
            f"{number(item.threshold)}{' excludes' if item.veto else ''}" if item.threshold is not None else "",
            item.meaning,
        )
        for item in section.criteria
    ]
    yield Block("Criteria", header=("Criterion", "Weight", "Direction", "Threshold", "Meaning"), rows=rows)
    yield Block(facts=_facts(*_asked(reader, section)))
    for item in section.assumptions:
        sentences = [
            words_of(condition, *reader.named(condition.metric), reader.names_in(condition))
            for condition in item.conditions
            if not mistakes(condition)
        ]
        yield Block(
            "Assumption",
            item.statement,
            _facts(
                ("Breaks", "; or ".join(sentences)),
                ("Owner", reader.person(item.owner)),
                ("Probability", number(item.probability, "%")),
                ("Refresh by", day(item.refresh_on)),
                ("Manual check", " · ".join(filter(None, [item.manual_check, day(item.manual_check_on)]))),
            ),
        )


def _asked(reader: Reader, section: d.Criteria) -> Iterator[tuple[str, str]]:
    """Yield where weights and scores come from: swings, and the ballots of evaluators."""
    names = {item.id: item.name or item.id for item in section.criteria}
    rated = sorted(section.swings, key=lambda swing: swing.rank or len(section.swings))
    yield "Weights from swings", ", ".join(f"{names.get(s.criterion, '')} {number(s.rating)}".strip() for s in rated)
    given = [reader.person(ballot.evaluator) for ballot in section.ballots if not ballot.released]
    yield "Ballots by", ", ".join(given)
    released = [f"{reader.person(b.evaluator)} ({b.released})" for b in section.ballots if b.released]
    yield "Ballots not given", ", ".join(released)


def _recommendation(reader: Reader, section: d.Recommendation) -> Iterator[Block]:
    yield Block(
        facts=_facts(
            ("Option", reader.option(section.option)), ("Owner of the execution", reader.person(section.owner))
        )
    )
    yield Block("Why this one", section.rationale)


def _schedule(reader: Reader, section: d.Schedule) -> Iterator[Block]:
    yield Block(text=section.text)
    rows = [(item.text, reader.person(item.owner), day(item.due_on)) for item in section.commitments]
    yield Block("Commitments", header=("What", "Who", "By"), rows=rows)
    every = f"every {section.review_every_days} days" if section.review_every_days else ""
    yield Block(facts=_facts(("Reviews", every), ("First review", day(section.first_review_on))))


_WRITERS: dict[str, Any] = {
    "background": _background,
    "metrics": _metrics,
    "constraints": _prose,
    "bottlenecks": _prose,
    "options": _options,
    "impacts": _impacts,
    "costs": _costs,
    "risks": _risks,
    "criteria": _criteria,
    "recommendation": _recommendation,
    "schedule": _schedule,
}
