"""Sign: one person, one verdict, one content."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from approvals import queries, subjects
from approvals.domain.meanings import MEANINGS, SAID_WITH, meaning
from approvals.domain.quorum import Outcome
from approvals.models import ApprovalRequest, RequestStage, Signature, SignatureCondition, User
from approvals.services import counting, ledger, notices, reading, stages
from approvals.services.conditions import Condition, checked_conditions
from approvals.services.credentials import Credential, Proof, confirm
from approvals.services.deciding import State, asking, close_stage, decide, locked, stream
from approvals.services.words import clean_words
from config.kit.canonical import digest as digest_of
from config.kit.refusals import BadInput, MoveRefused

__all__ = ["Condition", "Credential", "check", "obstacles", "sign"]

TOOK_PART = (
    "You took part in this content, own or owned it, or stand in for somebody who did, so another person has to sign."
)
MOVED_ON = "The request has moved on to another stage since you were sent to confirm; sign again for this one."


def check(
    request_id: int,
    *,
    by: User,
    verdict: str,
    comment: str,
    for_whom: User | None,
    digest: str,
    conditions: Sequence[Condition],
) -> RequestStage:
    """Return the stage that this verdict would be put under now; refuses like `sign`, and keeps nothing."""
    with transaction.atomic():
        request = locked(request_id)
        conditions = checked_conditions(request.kind, verdict, conditions)
        _checked(verdict, comment, conditions)
        stage = request.stages.filter(state=RequestStage.State.OPEN).first()
        if reasons := list(obstacles(request, stage, by=by, for_whom=for_whom, digest=digest)):
            raise MoveRefused(reasons)
    assert stage is not None  # noqa: S101 obstacles() names a missing stage
    return stage


def sign(
    request_id: int,
    *,
    by: User,
    verdict: str,
    comment: str = "",
    credential: Credential,
    for_whom: User | None = None,
    digest: str,
    conditions: Sequence[Condition] = (),
) -> Signature:
    """Put a verdict under a content; ends stage and request when their quorum is reached or out of reach.

    `digest` is that of the content the signer was shown. BadInput for a wrong credential or missing words,
    MoveRefused with every reason when this person may not sign this content now.
    """
    kind = ApprovalRequest.objects.values_list("kind", flat=True).get(pk=request_id)
    conditions = checked_conditions(kind, verdict, conditions)
    comment = _checked(verdict, comment, conditions)
    proof = confirm(by, credential, request_id=request_id, digest=digest)
    with transaction.atomic(), ledger.gathered():
        request = locked(request_id)
        stage = request.stages.filter(state=RequestStage.State.OPEN).first()
        if reasons := list(obstacles(request, stage, by=by, for_whom=for_whom, digest=digest)):
            raise MoveRefused(reasons)
        if credential.returned and (stage is None or credential.returned.intent.stage != stage.pk):
            raise MoveRefused([MOVED_ON])
        assert stage is not None  # noqa: S101 obstacles() names a missing stage
        words = _Words(verdict=verdict, comment=comment, conditions=conditions, for_whom=for_whom)
        signature = _store(request, stage, words, by=by, proof=proof)
        reading.note_all(request, by=by)
        _advance(request, stage, signature)
        if request.is_open:
            notices.settle(causes=asking(request.pk), people=filter(None, (by, for_whom)))
    return signature


@dataclass(frozen=True, kw_only=True)
class _Words:
    """What somebody signs: verdict, comment and conditions, and for whom."""

    verdict: str
    comment: str
    conditions: Sequence[Condition]
    for_whom: User | None


def _checked(verdict: str, comment: str, conditions: Sequence[Condition]) -> str:
    """Return the comment cleaned; BadInput for an unknown verdict or one that needs words and has none."""
    if verdict not in MEANINGS:
        raise BadInput({"verdict": ["Choose a verdict."]})
    comment = clean_words("comment", comment)
    if verdict in SAID_WITH and not comment and not conditions:
        raise BadInput({"comment": [SAID_WITH[verdict]]})
    return comment


def obstacles(
    request: ApprovalRequest, stage: RequestStage | None, *, by: User, for_whom: User | None, digest: str | None
) -> Iterator[str]:
    """Yield every reason why this person may not sign now; `digest` None leaves the content out of it."""
    if not request.is_open or stage is None:
        yield f"This request is decided already: {request.get_state_display().lower()}."
        return
    yield from _content_obstacles(request, digest)
    if not stage.is_for_people:
        yield f"The stage “{stage.name}” is for machine checks; nobody can sign in their place."
        return
    barred = queries.barred_ids(request)
    spoken = queries.spoken_ids(request)
    if by.pk in barred:
        yield TOOK_PART
    elif by.pk in spoken:
        yield "You are counted in this request already; one person counts once."
    if not queries.may_act(by):
        yield "Auditors read everything and sign nothing."
    asked = set(queries.members(stage).values_list("pk", flat=True))
    if for_whom is None:
        if by.pk not in asked:
            yield f"The stage “{stage.name}” does not ask for your signature."
        elif stage.delegation_required:
            yield f"The stage “{stage.name}” is signed by a delegate; name one to sign for you."
    else:
        yield from _delegate_obstacles(stage, by, for_whom, barred=barred, spoken=spoken, asked=asked)


def _content_obstacles(request: ApprovalRequest, digest: str | None) -> Iterator[str]:
    if digest is None:
        return
    if digest != request.digest:
        yield "The content you were shown is not the content of this request; open it again and read it."
    now = subjects.get(request.kind).freeze(request.subject_id)
    if now is not None and digest_of(now) != request.digest:
        yield "The content was changed after this request was opened, so no signature can be put under it. Withdraw it."


def _delegate_obstacles(
    stage: RequestStage, by: User, for_whom: User, *, barred: set[int], spoken: set[int], asked: set[int]
) -> Iterator[str]:
    name = str(for_whom)
    if not stage.delegation_allowed:
        yield f"The stage “{stage.name}” must be signed in person."
    # Locked, so that a revocation comes wholly before this signature or wholly after it.
    held = queries.delegations_today().select_for_update(no_key=True).filter(delegate=by, giver=for_whom)
    if not list(held) or not queries.may_act(for_whom):
        yield f"No delegation in force today lets you sign for {name}."
    if for_whom.pk in barred:
        yield f"{name} took part in this content, so nobody can sign it for them."
    elif for_whom.pk in spoken:
        yield f"{name} is counted in this request already; one person counts once."
    if for_whom.pk not in asked:
        yield f"The stage “{stage.name}” does not ask for the signature of {name}."


def _store(request: ApprovalRequest, stage: RequestStage, words: _Words, *, by: User, proof: Proof) -> Signature:
    """Keep the signature and write it to the ledger."""
    name = str(words.for_whom) if words.for_whom else ""
    try:
        with transaction.atomic():
            signature = Signature.objects.create(
                request=request,
                stage=stage,
                signer=by,
                for_whom=words.for_whom,
                verdict=words.verdict,
                comment=words.comment,
                digest=request.digest,
                meaning=meaning(words.verdict, for_whom=name),
                credential=proof.method,
                assertion=proof.assertion,
                signed_at=timezone.now(),
            )
    except IntegrityError as error:
        raise MoveRefused(["You are counted in this request already; one person counts once."]) from error
    SignatureCondition.objects.bulk_create(
        SignatureCondition(signature=signature, text=each.text, owner=each.owner, due_on=each.due_on)
        for each in words.conditions
    )
    payload = _payload(signature, stage, words.conditions)
    ledger.append(stream(request), "signature.given", by=by, subject=request.subject_id, payload=payload)
    return signature


def _payload(signature: Signature, stage: RequestStage, conditions: Sequence[Condition]) -> dict[str, Any]:
    """Return what the ledger says of a signature."""
    payload: dict[str, Any] = {
        "request": signature.request_id,
        "stage": stage.position,
        "stage_name": stage.name,
        "signature": signature.pk,
        "verdict": signature.verdict,
        "meaning": MEANINGS[signature.verdict],
        "comment": signature.comment,
        "digest": signature.digest,
        "for_whom": ledger.actor_of(signature.for_whom) if signature.for_whom else None,
        "credential": signature.credential,
        "signed_at": signature.signed_at,
    }
    if conditions:
        payload["conditions"] = [
            {"text": each.text, "owner": ledger.actor_of(each.owner), "due_on": each.due_on} for each in conditions
        ]
    if signature.assertion:
        payload["assertion"] = signature.assertion
    return payload


def _advance(request: ApprovalRequest, stage: RequestStage, signature: Signature) -> None:
    """Move on: return at once, close a stage that passed or cannot, open the next or end the request."""
    if signature.verdict == Signature.Verdict.RETURN:
        close_stage(stage, RequestStage.State.FAILED)
        decide(request, State.RETURNED, by=signature.signer, reason=signature.comment)
        return
    if counting.stage_count(request, stage).outcome is Outcome.PASSED:
        close_stage(stage, RequestStage.State.PASSED)
        stages.move_on(request, by=signature.signer)
    if request.is_open:
        stages.end_if_hopeless(request, by=signature.signer)
