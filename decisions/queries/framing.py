"""The framing as people agree to it: what it says, who has agreed, which scores wait to be confirmed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from django.urls import reverse

from approvals.models import User
from config.kit.canonical import decimal_text
from decisions.domain import framing as rules
from decisions.domain.dossier import Dossier, Guardrail, Score, SuccessMetric
from decisions.forms.offers import MetricOffer
from decisions.models import Decision, FramingAgreement
from decisions.queries.desk import Desk
from decisions.queries.overview import Event, Overview
from decisions.queries.reading import number
from decisions.services import agreeing

RECORDED = "framing."


@dataclass(frozen=True)
class Agreed:
    """Somebody whose agreement is needed, and when it was given to the framing as it is."""

    person: str
    part: str
    at: datetime | None


@dataclass(frozen=True)
class Line:
    """One line of the framing: what it is, what it says, and the page on which it is written."""

    name: str
    text: str
    url: str


@dataclass(frozen=True)
class Stale:
    """A score to be confirmed."""

    cell: str
    name: str
    score: str


@dataclass
class FramingDesk:
    """The framing of one decision as one person sees it."""

    desk: Desk

    @cached_property
    def decision(self) -> Decision:
        """Return the decision."""
        return self.desk.decision

    @cached_property
    def dossier(self) -> Dossier:
        """Return what is worked on, else what is in force."""
        return self.desk.dossier if not self.desk.locked else Overview(self.desk).dossier

    @cached_property
    def digest(self) -> str:
        """Return the digest of the framing shown."""
        return rules.digest_of(self.dossier)

    @cached_property
    def gaps(self) -> list[str]:
        """Return what the framing still lacks."""
        return list(rules.framing_gaps(self.dossier))

    @cached_property
    def framers(self) -> list[User]:
        """Return whose agreement is needed."""
        return agreeing.framers_of(self.decision, self.desk.framing)

    @cached_property
    def agreements(self) -> dict[int, FramingAgreement]:
        """Return the agreements to what is shown, the last one of each person."""
        return {each.person_id: each for each in agreements_to(self.decision.reference, self.digest)}

    @property
    def rows(self) -> list[Agreed]:
        """Return everyone with their agreement; after the fact, those who gave it."""
        if self.desk.locked:
            given = self.agreements.values()
            return [Agreed(str(each.person), self._part(each.person), each.at) for each in given]
        given_now = agreeing.agreed_by(self.desk.framing)
        return [
            Agreed(str(person), self._part(person), given_now[person.pk].at if person.pk in given_now else None)
            for person in self.framers
        ]

    def _part(self, person: User) -> str:
        return "Owner" if person.pk == self.decision.owner_id else "Named by the owner"

    @property
    def may_agree(self) -> bool:
        """Say whether this person's agreement is waited for."""
        framing, user = self.desk.framing, self.desk.user
        if self.desk.locked or framing.is_agreed or self.gaps or user not in self.framers:
            return False
        return user.pk not in agreeing.agreed_by(framing)

    @cached_property
    def stale(self) -> list[Stale]:
        """Return the scores to be confirmed."""
        criteria = self.dossier.criteria
        names = {item.id: item.name or item.id for item in criteria.criteria}
        options = {item.id: item.name or item.id for item in self.dossier.options.options}
        wanted = set(rules.stale_cells(criteria, self.desk.framing.confirmed))
        return [
            Stale(
                rules.cell_of(score),
                f"{options.get(score.option, score.option)} on {names.get(score.criterion, score.criterion)}",
                " / ".join(decimal_text(value) for value in _values(score)),
            )
            for score in criteria.scores
            if rules.cell_of(score) in wanted
        ]

    @cached_property
    def lines(self) -> list[Line]:
        """Return the framing, line by line."""
        return list(_lines(self.dossier, self.decision.reference, self.desk.world.metrics))

    def events(self) -> list[Event]:
        """Return what happened to the framing, newest first."""
        return Overview(self.desk).timeline(RECORDED)


def agreements_to(reference: str, digest: str) -> Sequence[FramingAgreement]:
    """Return the agreements to a framing of that digest, the last one of each person, oldest first; one query."""
    found = FramingAgreement.objects.filter(framing__decision__reference=reference, digest=digest)
    last = {each.person_id: each for each in found.select_related("person").order_by("pk")}
    return sorted(last.values(), key=lambda each: each.pk)


def _values(score: Score) -> list[Decimal]:
    estimate = score.estimate
    return [value for value in (estimate.low, estimate.likely, estimate.high) if value is not None]


def _lines(dossier: Dossier, reference: str, metrics: Mapping[str, MetricOffer]) -> Iterator[Line]:
    pages = {key: reverse("decision_edit", args=[reference, key]) for key in rules.FRAMED}
    background, trade_off = dossier.background, dossier.background.trade_off
    yield Line("Objective", background.objective, pages["background"])
    yield Line("Success criteria", background.success_criteria, pages["background"])
    stance = f": {decimal_text(trade_off.stance)} of 100" if trade_off.stance is not None else ""
    yield Line("Stance", f"{trade_off.first_pole} ↔ {trade_off.second_pole}{stance}", pages["background"])
    for item in dossier.metrics.success_metrics:
        yield Line("Success metric", _metric(item, metrics), pages["metrics"])
    for guardrail in dossier.metrics.guardrails:
        yield Line("Guardrail", f"{guardrail.text}{_bound(guardrail, metrics)}", pages["metrics"])
    whole = sum(item.weight or 0 for item in dossier.criteria.criteria)
    for criterion in dossier.criteria.criteria:
        share = f"{100 * criterion.weight / whole:.0f} %" if criterion.weight and whole else "no weight yet"
        least = ", less is better" if criterion.direction == "min" else ""
        veto = f", veto at {decimal_text(criterion.threshold)}" if criterion.veto and criterion.threshold else ""
        yield Line("Criterion", f"{criterion.name}: {share}{least}{veto}", pages["criteria"])


def _metric(item: SuccessMetric, metrics: Mapping[str, MetricOffer]) -> str:
    pinned = f", by version {item.definition_version} of its definition" if item.definition_version else ""
    target = f", target {number(item.target, _unit(item.metric, metrics))}" if item.target is not None else ""
    return f"{_name(item.metric, metrics)}{pinned}{target}"


def _bound(item: Guardrail, metrics: Mapping[str, MetricOffer]) -> str:
    named = _name(item.metric, metrics) if item.metric else ""
    bound = f"bound {number(item.bound, _unit(item.metric, metrics))}" if item.bound is not None else ""
    said = ", ".join(filter(None, (named, bound)))
    return f" ({said})" if said else ""


def _unit(key: str, metrics: Mapping[str, MetricOffer]) -> str:
    return metrics[key].unit if key in metrics else ""


def _name(key: str, metrics: Mapping[str, MetricOffer]) -> str:
    return metrics[key].name if key in metrics else key
