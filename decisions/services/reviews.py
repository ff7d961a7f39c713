"""Reviews: planned by the cadence, opened when due, held once; what a review found never changes."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from approvals.models import User
from approvals.services import ledger
from approvals.services.words import clean_words, needed_words
from config.kit.canonical import canonical, digest, plain
from config.kit.days import day_text
from config.kit.refusals import BadInput, MoveRefused, Reason
from decisions import access
from decisions.domain.calibration import brier
from decisions.domain.moves import LIVE
from decisions.domain.rescoring import Rescored, rescored
from decisions.domain.scoring import ModelError, model_from
from decisions.domain.variance import AssumptionVariance, contradicted
from decisions.models import AssumptionOutcome, Decision, Review
from decisions.services import lessons, moves, people, places, questions, transition, variances
from decisions.services.lessons import Raised
from decisions.services.variances import Gathered

SCHEMA = "premise.review/1"
Verdict = Review.Verdict


@dataclass(frozen=True)
class Judged:
    """What those who held the review say of one assumption: held, broke, or (None) cannot be told."""

    held: bool | None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Findings:
    """Everything that people add to the figures; `closing` is what `moves.close` asks, for the verdict to close."""

    findings: str
    verdict: str
    judged: Mapping[str, Judged] = field(default_factory=dict)
    scores: Mapping[str, Decimal] = field(default_factory=dict)
    lessons: tuple[Raised, ...] = ()
    closing: Mapping[str, str] = field(default_factory=dict)


def open_due(now: datetime) -> int:
    """Make sure that every review whose day has come is there to be held; returns how many were opened."""
    today = now.date()
    there = Review.objects.filter(decision=OuterRef("pk"), held_at__isnull=True, due_on__lte=today)
    due = Decision.objects.live().filter(~Exists(there), next_review_on__lte=today)
    return len([_plan(decision, decision.next_review_on or today) for decision in due])


def _unheld(decision: Decision) -> Review | None:
    return decision.reviews.filter(held_at__isnull=True).order_by("due_on").first()


def _plan(decision: Decision, day: date) -> Review:
    """Return the open review of a day, or of the first day after it on which none was held."""
    taken = set(decision.reviews.filter(held_at__isnull=False, due_on__gte=day).values_list("due_on", flat=True))
    while day in taken:
        day += timedelta(days=1)
    return Review.objects.get_or_create(decision=decision, due_on=day)[0]


@transaction.atomic
def open_review(decision: Decision, *, by: User) -> Review:
    """Return the review to hold next: the one that is due or planned, else a new one for today."""
    decision = transition.locked(decision.reference)
    access.require_manage(by, decision)
    if decision.state not in LIVE:
        raise MoveRefused(
            [f"The decision is {decision.get_state_display().lower()}; only what is in force is reviewed."]
        )
    return _unheld(decision) or _plan(decision, timezone.localdate())


@transaction.atomic
def hold(review: Review, found: Findings, *, by: User, at: datetime | None = None) -> Review:
    """Hold a review: freeze the figures with what people found, then do what the verdict says.

    BadInput by field (findings, verdict, held-KEY, note-KEY, score-KEY, …); MoveRefused when it was held already, or
    when the verdict cannot be carried out now.
    """
    at = at or timezone.now()
    with ledger.gathered():
        decision = transition.locked(review.decision.reference)
        access.require_manage(by, decision)
        review = Review.objects.select_for_update(of=("self",), no_key=True).get(pk=review.pk)
        if reasons := list(against_holding(decision, review)):
            raise MoveRefused(reasons)
        gathered = variances.gather(decision, by=by, now=at)
        found, assumptions = _checked(found, gathered)
        review.decision = decision
        _freeze(review, gathered, found, assumptions, by=by, at=at)
        _carry_out(review, found, by=by, at=at)
    return review


def against_holding(decision: Decision, review: Review) -> Iterator[str | Reason]:
    """Yield why a review cannot be held now."""
    if review.held_at is not None:
        yield Reason("This review was held already and cannot change.", places.review_url(review.pk))
    elif decision.state not in LIVE:
        yield _not_live(decision)


def _not_live(decision: Decision) -> str:
    return f"The decision is {decision.get_state_display().lower()}; only what is in force is reviewed."


def _checked(found: Findings, gathered: Gathered) -> tuple[Findings, tuple[AssumptionVariance, ...]]:
    """Return what people found, cleaned, and the judged assumptions; BadInput with every sentence by field."""
    errors: dict[str, list[str]] = {}
    try:
        words = needed_words("findings", found.findings, "Write what the review found.")
    except BadInput as bad:
        words, errors = "", dict(bad.errors)
    if found.verdict not in Verdict.values:
        errors["verdict"] = ["Say what becomes of the decision."]
    judged = []
    for assumption in gathered.assumptions:
        said = found.judged.get(assumption.key)
        if said is None:
            errors[f"held-{assumption.key}"] = ["Say whether it held, broke, or cannot be told."]
            continue
        each = _judged(assumption, said)
        if contradicted(each) and not each.note:
            errors[f"note-{assumption.key}"] = ["Its conditions say otherwise; say why you judge it so."]
        judged.append(each)
    if errors:
        raise BadInput(errors)
    return replace(found, findings=words), tuple(judged)


def _judged(assumption: AssumptionVariance, said: Judged) -> AssumptionVariance:
    known = said.held is not None and assumption.probability is not None
    score = brier(assumption.probability, said.held) if known else None  # type: ignore[arg-type]
    return replace(assumption, held=said.held, note=clean_words(f"note-{assumption.key}", said.note), brier=score)


def rescore(gathered: Gathered, scores: Mapping[str, Decimal]) -> Rescored | None:
    """Rank again with the actual scores of the chosen option; nothing without any. BadInput where they do not fit."""
    if not scores:
        return None
    actual = {key: float(value) for key, value in scores.items()}
    try:
        return rescored(model_from(gathered.dossier), gathered.dossier.recommendation.option, actual)
    except ModelError as refused:
        raise BadInput({"scores": list(refused.sentences)}) from refused


def content(
    decision: Decision, gathered: Gathered, assumptions: Iterable[AssumptionVariance], scored: Rescored | None
) -> dict[str, Any]:
    """Return the figures of a review as plain JSON, held or not."""
    names = {option.id: option.name or option.id for option in gathered.dossier.options.options}
    return plain(  # type: ignore[no-any-return]
        {
            "schema": SCHEMA,
            "reference": decision.reference,
            "version": decision.version,
            "since": gathered.since,
            "until": gathered.until,
            "in_force_since": decision.in_force_since,
            "horizon_months": gathered.dossier.background.horizon_months,
            "option": names.get(gathered.dossier.recommendation.option, ""),
            "metrics": [asdict(item) for item in gathered.metrics],
            "assumptions": [asdict(item) for item in assumptions],
            "commitments": [
                {
                    "key": row.key,
                    "text": row.text,
                    "owner": row.owner.username,
                    "due_on": row.due_on,
                    "state": row.state,
                    "settled_on": row.settled_at.date() if row.settled_at else None,
                    "note": row.note,
                    "late": row.due_on < (row.settled_at.date() if row.settled_at else gathered.until),
                }
                for row in gathered.commitments
            ],
            "rescored": _rounded(scored, names) if scored else None,
        }
    )


def _rounded(scored: Rescored, names: Mapping[str, str]) -> dict[str, Any]:
    """Return the second ranking with floats as decimals, points and values to a hundredth, options by name."""
    found = asdict(scored)
    for name in ("expected", "actual", "winner_value", "first"):
        found[name] = Decimal(str(round(found[name], 2)))
    found["winner_name"] = names.get(scored.winner, scored.winner)
    found["other_won"] = scored.other_won
    for piece in found["pieces"]:
        piece["turns"] = names.get(piece["turns"], piece["turns"])
        for name in ("expected", "low", "high", "actual", "points"):
            piece[name] = Decimal(str(round(piece[name], 2)))
    return found


def _freeze(
    review: Review,
    gathered: Gathered,
    found: Findings,
    assumptions: tuple[AssumptionVariance, ...],
    *,
    by: User,
    at: datetime,
) -> None:
    """Write the review down for good, with its outcomes and lessons, and plan the next one."""
    decision = review.decision
    upcoming = _next_day(gathered, at.date()) if found.verdict != Verdict.CLOSE else None
    frozen = content(decision, gathered, assumptions, rescore(gathered, found.scores)) | {
        "due_on": review.due_on.isoformat(),
        "findings": found.findings,
        "verdict": found.verdict,
        "lessons": [{"section": lesson.section, "text": lesson.text} for lesson in found.lessons],
        "next_review_on": upcoming.isoformat() if upcoming else None,
    }
    review.held_at, review.held_by = at, by
    review.findings, review.verdict = found.findings, found.verdict
    review.text, review.digest = canonical(frozen), digest(frozen)
    review._history_user = by  # type: ignore[attr-defined]
    review.save()
    _keep_outcomes(review, assumptions)
    lessons.raise_all(decision, found.lessons, by=by, at=at, review=review)
    payload = {"review": review.pk, "verdict": review.verdict, "findings": review.findings, "digest": review.digest}
    ledger.append(decision.stream, "review.held", by=by, subject=decision.reference, payload=payload)
    if upcoming is not None:
        upcoming = _plan(decision, upcoming).due_on
    transition.save(decision, by=by, next_review_on=upcoming)


def _keep_outcomes(review: Review, assumptions: Iterable[AssumptionVariance]) -> None:
    AssumptionOutcome.objects.bulk_create(
        AssumptionOutcome(
            review=review,
            key=item.key,
            owner=people.find(item.owner),
            probability=item.probability,
            held=item.held,
        )
        for item in assumptions
        if item.held is not None and item.probability is not None
    )


def _next_day(gathered: Gathered, today: date) -> date | None:
    every = gathered.dossier.schedule.review_every_days
    return today + timedelta(days=every) if every else None


def _carry_out(review: Review, found: Findings, *, by: User, at: datetime) -> None:
    """Do what the verdict says; what stands in its way undoes the whole review."""
    decision = review.decision
    if found.verdict == Verdict.AMEND:
        reason = f"The review of {day_text(review.due_on)}: {found.findings}"
        moves.open_amendment(decision, by=by, reason=reason[:10_000])
    elif found.verdict == Verdict.QUESTION:
        questions.ask_by_review(review, by=by, text=found.findings, at=at)
    elif found.verdict == Verdict.CLOSE:
        moves.close(decision, by=by, at=at, **found.closing)
