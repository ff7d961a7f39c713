"""The ballots page: who was asked, who has answered, one's own sheet, and, once all are in, what they say together."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from config.kit.charts.scale import number_text
from decisions.domain import balloting as rules
from decisions.domain.balloting import Sheet
from decisions.domain.dossier import Criteria, Criterion, Dossier
from decisions.domain.scoring import CombinedCell, criterion_from, scale_ends
from decisions.models import Ballot, BallotRound
from decisions.queries.desk import Desk
from decisions.queries.overview import Overview
from decisions.services import ballots as service

State, Round = Ballot.State, BallotRound.State
WIDE = 0.3
"""Evaluators further apart than this share of the scale disagree."""
MOST_SENTENCES = 8


@dataclass(frozen=True)
class Asked:
    """One evaluator and where their ballot is."""

    ballot: Ballot
    name: str
    word: str
    tone: str
    waited: bool
    left: bool


@dataclass(frozen=True)
class CellView:
    """What the evaluators together say in one cell; `wide` when they disagree."""

    mean: str
    between: str
    wide: bool


@dataclass
class Balloting:
    """Everything the page says to one person."""

    desk: Desk

    @cached_property
    def round(self) -> BallotRound | None:
        """Return the round that runs."""
        return service.running(self.desk.decision)

    @cached_property
    def ballots(self) -> list[Ballot]:
        """Return the ballots of the round that runs; their figures are for `mine` and `sheets` only."""
        return list(self.round.ballots.select_related("evaluator")) if self.round else []

    @cached_property
    def mine(self) -> Ballot | None:
        """Return this person's own ballot while it can still be given."""
        if not self.round or self.round.state != Round.OPEN:
            return None
        own = (b for b in self.ballots if b.evaluator_id == self.desk.user.pk and b.state != State.RELEASED)
        return next(own, None)

    @cached_property
    def question(self) -> str:
        """Return the digest of what is asked now."""
        return rules.question_digest(self.desk.dossier)

    def asked(self) -> Iterator[Asked]:
        """Yield the evaluators with the state of their ballots."""
        for ballot in self.ballots:
            waited = bool(self.round and self.round.state == Round.OPEN and service.is_out(ballot, self.question))
            word, tone = ballot.get_state_display(), "ok" if ballot.state == State.IN else ""
            if waited and ballot.state == State.IN:
                word, tone = "To be given again: the criteria or options changed", "warn"
            yield Asked(ballot, str(ballot.evaluator), word, tone, waited, not ballot.evaluator.is_active)

    @cached_property
    def complete(self) -> bool:
        """Say whether all ballots of the round are in, and this person may read what they were given to."""
        if not self.round or self.round.state != Round.COMPLETE:
            return False
        asked = any(ballot.evaluator_id == self.desk.user.pk for ballot in self.ballots)
        # What an amendment proposes is for those who work on it until it is approved.
        return asked or self.desk.may_edit or not self.desk.decision.version

    @cached_property
    def dossier(self) -> Dossier:
        """Return what the ballots are about: what is worked on while they are given, else what anybody may read."""
        return self.desk.dossier if self.round else Overview(self.desk).dossier

    @cached_property
    def names(self) -> dict[str, str]:
        """Return what evaluators are called."""
        return {ballot.evaluator.username: str(ballot.evaluator) for ballot in self.ballots}

    @cached_property
    def sheets(self) -> dict[str, Sheet]:
        """Return the sheets by evaluator, never before all are in; once adopted, those the dossier keeps."""
        if self.complete:
            return {b.evaluator.username: rules.sheet_from(b.content) for b in self.ballots if b.state == State.IN}
        return {} if self.round else rules.sheets_of(self.criteria)

    @property
    def criteria(self) -> Criteria:
        """Return section 9."""
        return self.dossier.criteria

    def together(self) -> "Together":
        """Return what the sheets say together."""
        names = self.names or self.desk.world.people
        return Together(self.dossier, self.sheets, names)

    def weights(self) -> list[tuple[str, str, str]]:
        """Return (criterion, mean share, lowest to highest) of a complete round of weights."""
        if not (self.complete and self.round and self.round.kind == "weights"):
            return []
        found = rules.shared_weights(self.sheets)
        return [
            (c.name or c.id, f"{found[c.id][1]} %", f"{found[c.id][0]} to {found[c.id][2]}")
            for c in self.criteria.criteria
            if c.id in found
        ]


@dataclass
class Together:
    """The combination of the sheets, cell by cell, with where the evaluators disagree."""

    dossier: Dossier
    sheets: Mapping[str, Sheet]
    names: Mapping[str, str]

    @cached_property
    def cells(self) -> dict[tuple[str, str], CombinedCell]:
        """Return the combined cells."""
        return {(cell.criterion, cell.option): cell for cell in rules.together(self.sheets).cells}

    def rows(self) -> Iterator[tuple[str, list[CellView | None]]]:
        """Yield each criterion with a cell per option."""
        options = self.dossier.options.options
        for criterion in self.dossier.criteria.criteria:
            found = (self.cells.get((criterion.id, option.id)) for option in options)
            yield criterion.name or criterion.id, [self._view(criterion, cell) if cell else None for cell in found]

    def _view(self, criterion: Criterion, cell: CombinedCell) -> CellView:
        between = f"{number_text(cell.low)} to {number_text(cell.high)}" if cell.spread else "all agree"
        return CellView(number_text(round(cell.mean, 2)), between, self._apart(criterion, cell) > WIDE)

    def _apart(self, criterion: Criterion, cell: CombinedCell) -> float:
        """Return the spread as a share of the scale, or of what was given where the scale has no ends."""
        ends = scale_ends(criterion_from(criterion))
        if ends is None:
            given = [c for (name, _), c in self.cells.items() if name == criterion.id]
            ends = min(c.low for c in given), max(c.high for c in given)
        return cell.spread / (ends[1] - ends[0]) if ends[1] > ends[0] else 0.0

    def disagreements(self) -> list[str]:
        """Return who gave what where evaluators are furthest apart, as sentences."""
        dossier = self.dossier
        criteria = {criterion.id: criterion for criterion in dossier.criteria.criteria}
        options = {option.id: option.name or option.id for option in dossier.options.options}
        apart = [
            (self._apart(criteria[c], cell), c, o)
            for (c, o), cell in self.cells.items()
            if c in criteria and o in options
        ]
        found = sorted((entry for entry in apart if entry[0] > WIDE), key=lambda entry: -entry[0])
        return [f"{options[o]} on {criteria[c].name or c}: {self._who(c, o)}." for _, c, o in found[:MOST_SENTENCES]]

    def _who(self, criterion: str, option: str) -> str:
        given = [
            (sheet.scores[criterion, option], self.names.get(who, who))
            for who, sheet in self.sheets.items()
            if (criterion, option) in sheet.scores
        ]
        return ", ".join(f"{name} {number_text(float(score))}" for score, name in sorted(given))
