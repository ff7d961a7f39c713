"""Section 9 as blocks: criteria, scores, the ranking with how far it can be trusted, and the assumptions beneath it."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from decisions.domain import weighing
from decisions.domain.dossier import Ballot, Dossier, Option
from decisions.domain.scoring import Model, ModelError, Ranking, model_from, rank
from decisions.record import figures, words
from decisions.record.blocks import Block, Cell, Figure, Note, Table, cells
from decisions.record.words import NONE, percent, points

MOST_COLUMNS, MOST_SIDEWAYS = 6, 9  # options in a table of numbers
DRAWS = 10_000


def judgement(dossier: Dossier, person: Callable[[str], str]) -> Iterator[Block]:
    """Yield criteria, scores and ranking; a model that cannot be ranked says why."""
    model = model_from(dossier)
    yield _criteria(dossier)
    yield from _swings(dossier)
    yield from _scores(dossier)
    yield from _ballots(dossier, person)
    try:
        ranking = rank(model, weights="around", draws=DRAWS)
    except ModelError as refused:
        yield Note("warn", "Not ranked", refused.sentences)
        return
    yield from _ranking(model, ranking)
    yield from _robustness(model, ranking, f"Cost in {dossier.costs.currency}" if dossier.costs.currency else "Cost")


def _criteria(dossier: Dossier) -> Table:
    total = sum(float(c.weight or 0) for c in dossier.criteria.criteria)
    rows = []
    for c in dossier.criteria.criteria:
        share = percent(float(c.weight or 0) / total) if total else NONE
        direction = "more is better" if c.direction == "max" else "less is better"
        if c.scale == "piecewise":
            scale = ", ".join(f"{words.number(p.score)} is worth {words.number(p.value)}" for p in c.curve)
        elif c.scale == "direct":
            scale = "value, 0 to 100"
        elif c.worst is None:
            scale = "between the options’ worst and best"
        else:
            scale = f"{words.number(c.worst)} (worst) to {words.number(c.best)} (best)"
        limit = words.number(c.threshold) + (" (veto)" if c.veto else "") if c.threshold is not None else NONE
        named = c.name or c.id
        rows.append(
            [
                Cell(named, strong=True),
                Cell(share, number=True),
                Cell(f"{scale}, {direction}"),
                Cell(limit, number=True),
                Cell(c.meaning, prose=True),
            ]
        )
    header = cells(["Criterion", "Weight", "Scale", "Threshold", "Meaning"], numbers=(1, 3))
    return Table("Criteria and weights", header, rows)


def _swings(dossier: Dossier) -> Iterator[Block]:
    """Yield what the weights were derived from, and whether they still follow from it."""
    section = dossier.criteria
    if not section.swings:
        return
    names = {c.id: c.name or c.id for c in section.criteria}
    yield Table(
        "Swings that the weights were derived from",
        cells(["Move from worst to best on", "Rank", "Rating"], numbers=(1, 2)),
        [
            cells(
                [names.get(s.criterion, s.criterion), str(s.rank or NONE), words.number(s.rating)],
                numbers=(1, 2),
            )
            for s in section.swings
        ],
    )
    found = list(dict.fromkeys(weighing.inconsistencies(section)))
    if found:
        yield Note("warn", "Swings and weights disagree", found)


def _ballots(dossier: Dossier, person: Callable[[str], str]) -> Iterator[Block]:
    """Yield every evaluator's own figures, and who was let go and why."""
    section, options = dossier.criteria, dossier.options.options
    names = {c.id: c.name or c.id for c in section.criteria}
    for ballot in section.ballots:
        given = f", given on {words.day(ballot.given_on)}" if ballot.given_on else ""
        title = f"Ballot of {person(ballot.evaluator)}{given}"
        if ballot.released:
            yield Note("info", title, [f"Not given. {ballot.released}"])
        if ballot.weights:
            rows = [
                cells([names.get(w.criterion, w.criterion), words.number(w.weight)], numbers=(1,))
                for w in ballot.weights
            ]
            yield Table(title, cells(["Criterion", "Weight"], numbers=(1,)), rows)
        if ballot.scores:
            yield _ballot_scores(title, ballot, names, options)


def _ballot_scores(title: str, ballot: Ballot, names: Mapping[str, str], options: Sequence[Option]) -> Table:
    scores = {(s.criterion, s.option): s.score for s in ballot.scores}
    header = [Cell("Criterion"), *(Cell(option.name or option.id, number=True) for option in options)]
    rows = [
        [
            Cell(name, strong=True),
            *(Cell(words.number(scores.get((criterion, option.id))), number=True) for option in options),
        ]
        for criterion, name in names.items()
    ]
    return Table(title, header, rows, wide=len(options) > MOST_COLUMNS)


def _scores(dossier: Dossier) -> Iterator[Block]:
    given = {(s.criterion, s.option): s.estimate for s in dossier.criteria.scores}
    options = dossier.options.options
    wide = len(options) > MOST_COLUMNS
    size = MOST_SIDEWAYS if wide else MOST_COLUMNS
    for start in range(0, len(options), size):
        part = options[start : start + size]
        header = [Cell("Criterion"), *(Cell(option.name or option.id, number=True) for option in part)]
        rows = []
        for c in dossier.criteria.criteria:
            row = [Cell(c.name or c.id, strong=True)]
            for option in part:
                found = given.get((c.id, option.id))
                row.append(Cell(words.estimate(found) if found else NONE, number=True))
            rows.append(row)
        which = f", options {start + 1} to {start + len(part)}" if len(options) > size else ""
        yield Table(f"Scores: likely (low to high){which}", header, rows, wide=wide)
    names = {o.id: o.name or o.id for o in options}
    criteria = {c.id: c.name or c.id for c in dossier.criteria.criteria}
    yield Table(
        "Reasons given for scores",
        cells(["Criterion", "Option", "Reason"]),
        [
            cells([criteria.get(s.criterion, s.criterion), names.get(s.option, s.option), s.reason], prose=(2,))
            for s in dossier.criteria.scores
            if s.reason
        ],
    )


def _ranking(model: Model, ranking: Ranking) -> Iterator[Block]:
    names = {option.id: option.label for option in model.options}
    leader = names[ranking.leaders[0]]
    yield Figure(
        "Value of each option: the sum of its values on each criterion, weighted; 100 would be best on all.",
        figures.values([(names[r.option], r.value) for r in ranking.ranking], leader),
    )
    criteria = list(model.criteria)
    header = [Cell("Rank", number=True), Cell("Option"), Cell("Value", number=True)]
    header += [Cell(criterion.label, number=True) for criterion in criteria]
    rows = [
        [
            Cell(str(r.rank), number=True),
            Cell(names[r.option], strong=r.rank == 1),
            Cell(points(r.value), number=True, strong=r.rank == 1),
            *(Cell(points(ranking.contributions[r.option][c.id]), number=True) for c in criteria),
        ]
        for r in ranking.ranking
    ]
    yield Table("Ranking, with the points that each criterion contributes", header, rows, wide=len(criteria) > 5)
    for option in ranking.vetoed:
        reasons = [m for m in ranking.missed if m.option == option and m.veto]
        labels = {c.id: c.label for c in criteria}
        yield Note(
            "bad",
            "Excluded",
            [
                f"“{names[option]}” scores {words.number(m.score)} on “{labels[m.criterion]}”, beyond the veto at "
                f"{words.number(m.threshold)}."
                for m in reasons
            ],
        )


def _robustness(model: Model, ranking: Ranking, cost: str) -> Iterator[Block]:
    names = {option.id: option.label for option in model.options}
    criteria = {criterion.id: criterion.label for criterion in model.criteria}
    if ranking.fragile:
        yield Note("warn", "Fragile ranking", ranking.fragile_reasons)
    else:
        first = f"“{names[ranking.leaders[0]]}” comes first in {percent(ranking.leader_first)} of"
        yield Note("ok", "Firm ranking", [f"{first} {words.number(DRAWS)} draws around the stated weights and scores."])
    order = [r.option for r in ranking.ranking]
    yield Table(
        f"How often each option comes at each rank ({words.number(DRAWS)} draws around the stated weights and scores)",
        [Cell("Option"), *(Cell(f"Rank {n}", number=True) for n in range(1, len(order) + 1))],
        [
            [
                Cell(names[option], strong=True),
                *(Cell(percent(s), number=True, shade=round(s * 10)) for s in ranking.acceptability[option]),
            ]
            for option in order
        ],
        wide=len(order) > 8,
    )
    yield Table(
        "Weights at which the leader changes, the other weights kept in proportion",
        cells(["Criterion", "Stated", "Changes at", "New leader"], numbers=(1, 2)),
        [
            cells([criteria[f.criterion], percent(f.stated), percent(f.weight), names[f.new_leader]], numbers=(1, 2))
            for f in ranking.break_even
        ],
    )
    yield Note("info", "What would change the leader", list(_flips(ranking, names, criteria)))
    if len(ranking.frontier) > 1:
        yield Table(
            "Options that are best at some price per point of value",
            cells(["Option", cost, "Value", f"{cost} of each further point"], numbers=(1, 2, 3)),
            [
                cells(
                    [
                        names[f.option],
                        words.number(f.cost),
                        points(f.value),
                        NONE if f.price_per_point is None else words.number(round(f.price_per_point)),
                    ],
                    numbers=(1, 2, 3),
                )
                for f in ranking.frontier
            ],
        )


def _flips(ranking: Ranking, names: Mapping[str, str], criteria: Mapping[str, str]) -> Iterator[str]:
    weights, score = ranking.weight_flip, ranking.score_flip
    if weights:
        source = " and ".join(f"“{criteria[c]}”" for c in weights.taken) or "the others"
        yield (
            f"Moving {points(weights.moved * 100)} points of weight from {source} to “{criteria[weights.to]}” "
            f"would bring “{names[weights.new_leader]}” level with the leader."
        )
    else:
        yield "No weights would bring another option to the front."
    if score:
        yield (
            f"A change of {points(score.points)} points of value in the score of “{names[score.option]}” on "
            f"“{criteria[score.criterion]}” would bring “{names[score.new_leader]}” level."
        )
    for option, over in ranking.dominated.items():
        yield f"“{names[option]}” is nowhere better than {_listed(names, over)}."
    if ranking.ranges_from_options:
        yield "Some ranges come from the options themselves, so a new option could reorder the others."


def _listed(names: Mapping[str, str], options: Sequence[str]) -> str:
    return " or ".join(f"“{names[option]}”" for option in options)
