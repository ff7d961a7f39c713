"""Make, change, close and answer for pairs of metrics that pull against each other."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from approvals.models import User
from approvals.services import ledger
from approvals.services.words import needed_words
from config.kit.locking import locked
from config.kit.refusals import BadInput, MoveRefused, StaleWrite
from config.kit.text import clean_text
from metrics.access import may_create, may_manage
from metrics.domain.trade_offs import RUNS, WINDOWS
from metrics.models import Metric, TradeOffEpisode, TradeOffPair
from metrics.services import colliding

Kind = TradeOffPair.Kind
POLES = {
    Kind.SPEED_QUALITY: ("Speed", "Quality"),
    Kind.INNOVATION_COMPLIANCE: ("Innovation", "Compliance"),
    Kind.COST_PREMIUM: ("Cost", "Premium"),
    Kind.GLOBAL_LOCAL: ("Global", "Local"),
}
"""The poles of the four trade-offs that most organisations know; any other names its own."""
CHOSEN = [choice for choice in Kind.choices if choice[0] != Kind.COUNTER]
LONGEST_POLE = 60
RULE = ("left", "right", "kind", "window", "sustained")  # what the watching goes by; the rest is words


@transaction.atomic
def make_pair(*, left: Metric, right: Metric, by: User | None, **told: Any) -> TradeOffPair:
    """Watch two metrics together; one that follows from a definition's counter-metrics is made the stated one.

    `told`: kind, left_pole, right_pole, why, owner, window, sustained. BadInput with every error.
    """
    _check_maker(by)
    _check_seen(by, left, right)
    found = _pair_of(left, right)
    if found is not None and found.kind != Kind.COUNTER:
        raise BadInput({"right": [f"{found.left.name} and {found.right.name} are a pair already."]})
    now = timezone.now()
    pair = found or TradeOffPair(made_by=by)
    pair.left, pair.right, pair.watched_since = left, right, now
    _fill(pair, told)
    try:
        with transaction.atomic():
            pair.save()
    except IntegrityError as error:
        raise BadInput({"right": [f"{left.name} and {right.name} are a pair already."]}) from error
    with ledger.gathered():
        colliding.reckon_anew(pair, now)
        _record(pair, "pair.made", by, _stated(pair))
    return pair


@transaction.atomic
def change_pair(pair: TradeOffPair, *, expected_version: int, by: User, **told: Any) -> TradeOffPair:
    """Change what is said of a pair; another rule ends what goes on as superseded and looks again."""
    _check_maker(by)
    pair = _locked(pair)
    before, version = _stated(pair), pair.version
    _fill(pair, told)
    after = _stated(pair)
    if after == before:
        return pair
    if version != expected_version:
        raise StaleWrite("Somebody else changed the pair after you opened it.", stored=before)
    pair.version += 1
    ruled = any(before[name] != after[name] for name in RULE)
    if ruled:
        pair.watched_since = timezone.now()
    pair.save()
    with ledger.gathered():
        if ruled:
            colliding.reckon_anew(pair, pair.watched_since)
        changed = {name: {"from": before[name], "to": after[name]} for name in after if before[name] != after[name]}
        _record(pair, "pair.changed", by, changed)
    return pair


@transaction.atomic
def close_pair(pair: TradeOffPair, *, reason: str, by: User | None) -> TradeOffPair:
    """Watch the two no longer; what went on ends as closed, and all of it stays to be read."""
    _check_maker(by)
    pair = _locked(pair)
    reason = needed_words("reason", reason, "Say why the two are no longer watched together.")
    pair.closed_at, pair.closed_because, pair.version = timezone.now(), reason, pair.version + 1
    pair.save()
    going_on = pair.episodes.filter(end=None, retracted_at=None)
    going_on.update(end=pair.closed_at, ending="closed")
    pair.marks.all().delete()
    _record(pair, "pair.closed", by, {"reason": reason})
    return pair


@transaction.atomic
def answer(episode: TradeOffEpisode, *, answer: str, by: User) -> TradeOffEpisode:
    """Say what is done about one metric improving at the other's cost; stewards and both owners may, once."""
    episode = locked(TradeOffEpisode.objects.select_related("pair__left", "pair__right").filter(pk=episode.pk)).get()
    if not may_answer(by, episode.pair):
        raise PermissionDenied("Stewards and whoever answers for one of the two metrics answer an alert.")
    if episode.retracted_at is not None:
        raise MoveRefused(["The alert was taken back: the values that count now no longer show it."])
    if episode.answered_at is not None:
        raise MoveRefused([f"{episode.answered_by} has answered this alert already."])
    episode.answer = needed_words("answer", answer, "Say what is done about it, or why it is accepted.")
    episode.answered_at, episode.answered_by = timezone.now(), by
    episode.save()
    _record(episode.pair, "pair.answered", by, {"from": episode.key_start, "answer": episode.answer})
    return episode


def may_answer(user: User, pair: TradeOffPair) -> bool:
    """Say whether the person answers for the pair, or for one of its metrics."""
    if may_create(user):
        return True
    return may_manage(user, pair.left) or may_manage(user, pair.right)


def _check_maker(by: User | None) -> None:
    if by is not None and not may_create(by):
        raise PermissionDenied("Stewards keep the pairs of metrics.")


def _check_seen(by: User | None, left: Metric, right: Metric) -> None:
    if left == right:
        raise BadInput({"right": ["Choose two different metrics."]})
    if by is not None and Metric.objects.visible_to(by).filter(pk__in=[left.pk, right.pk]).count() < 2:
        raise BadInput({"right": ["There is no such metric."]})


def _pair_of(left: Metric, right: Metric) -> TradeOffPair | None:
    both = Q(left=left, right=right) | Q(left=right, right=left)
    return locked(TradeOffPair.objects.watched().filter(both).select_related("left", "right")).first()


def _locked(pair: TradeOffPair) -> TradeOffPair:
    pair = locked(TradeOffPair.objects.select_related("left", "right", "owner").filter(pk=pair.pk)).get()
    if pair.closed_at is not None:
        raise MoveRefused(["The pair is closed."])
    return pair


def _fill(pair: TradeOffPair, told: dict[str, Any]) -> None:
    """Put what is told into the pair; BadInput with every sentence."""
    errors: dict[str, list[str]] = {}
    pair.kind = told.get("kind") or (Kind.OTHER if pair.kind in {"", Kind.COUNTER} else pair.kind)
    if pair.kind not in dict(CHOSEN):
        errors["kind"] = ["Choose one of the kinds of trade-off."]
    for place, name in enumerate(("left_pole", "right_pole")):
        try:
            pole = clean_text(str(told.get(name) or ""), max_length=LONGEST_POLE)
        except ValueError as error:
            errors[name] = [str(error)]
            continue
        known = POLES.get(Kind(pair.kind)) if not errors else None
        setattr(pair, name, pole or (known[place] if known else ""))
        if not getattr(pair, name) and name not in errors:
            errors[name] = ["Name what stands at this end, for example Speed."]
    for name, (least, most) in (("window", WINDOWS), ("sustained", RUNS)):
        number = told.get(name, getattr(pair, name))
        if not isinstance(number, int) or not least <= number <= most:
            errors[name] = [f"Choose between {least} and {most} periods."]
        else:
            setattr(pair, name, number)
    owner = told.get("owner", pair.owner)
    if isinstance(owner, User) and not owner.is_active:
        errors["owner"] = [f"{owner} has left; name somebody who is active."]
    pair.owner = owner
    try:
        pair.why = clean_text(str(told.get("why", pair.why) or ""), max_length=2000)
    except ValueError as error:
        errors["why"] = [str(error)]
    if errors:
        raise BadInput(errors)


def _stated(pair: TradeOffPair) -> dict[str, Any]:
    """Return what is said of the pair, as the ledger keeps it."""
    return {
        "left": pair.left.key,
        "right": pair.right.key,
        **{name: getattr(pair, name) for name in ("kind", "left_pole", "right_pole", "why", "window", "sustained")},
        "owner": ledger.actor_of(pair.owner) if pair.owner else "",
    }


def _record(pair: TradeOffPair, verb: str, by: User | None, payload: dict[str, Any]) -> None:
    told = {"pair": pair.pk, "with": pair.right.key} | payload
    ledger.append(pair.left.stream, verb, by=by, subject=pair.left.key, payload=told)
