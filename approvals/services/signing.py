"""Sign: one person, one verdict, one content."""

from collections.abc import Iterator

from django.db import IntegrityError, transaction
from django.utils import timezone

from approvals import queries, subjects
from approvals.domain.meanings import MEANINGS, SAID_WITH, meaning
from approvals.domain.quorum import Outcome
from approvals.models import ApprovalRequest, RequestStage, Signature, User
from approvals.services import ledger, requests
from approvals.services.credentials import Credential, confirm
from approvals.services.words import clean_words
from config.kit.canonical import digest as digest_of
from config.kit.refusals import BadInput, MoveRefused

__all__ = ["Credential", "obstacles", "sign"]

TOOK_PART = (
    "You took part in this content, own or owned it, or stand in for somebody who did, so another person has to sign."
)


def sign(
    request_id: int,
    *,
    by: User,
    verdict: str,
    comment: str = "",
    credential: Credential,
    for_whom: User | None = None,
    digest: str,
) -> Signature:
    """Put a verdict under a content; ends stage and request when their quorum is reached or out of reach.

    `digest` is that of the content the signer was shown. BadInput for a wrong credential or missing words,
    MoveRefused with every reason when this person may not sign this content now.
    """
    comment = _checked(verdict, comment)
    method = confirm(by, credential)
    with transaction.atomic(), ledger.gathered():
        request = requests.locked(request_id)
        stage = request.stages.filter(state=RequestStage.State.OPEN).first()
        if reasons := list(obstacles(request, stage, by=by, for_whom=for_whom, digest=digest)):
            raise MoveRefused(reasons)
        assert stage is not None  # noqa: S101 obstacles() names a missing stage
        signature = _store(request, stage, by=by, verdict=verdict, comment=comment, method=method, for_whom=for_whom)
        _advance(request, stage, signature)
    return signature


def _checked(verdict: str, comment: str) -> str:
    """Return the comment cleaned; BadInput for an unknown verdict or one that needs words and has none."""
    if verdict not in MEANINGS:
        raise BadInput({"verdict": ["Choose a verdict."]})
    comment = clean_words("comment", comment)
    if verdict in SAID_WITH and not comment:
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


def _store(
    request: ApprovalRequest,
    stage: RequestStage,
    *,
    by: User,
    verdict: str,
    comment: str,
    method: str,
    for_whom: User | None,
) -> Signature:
    """Keep the signature and write it to the ledger."""
    try:
        with transaction.atomic():
            signature = Signature.objects.create(
                request=request,
                stage=stage,
                signer=by,
                for_whom=for_whom,
                verdict=verdict,
                comment=comment,
                digest=request.digest,
                meaning=meaning(verdict, for_whom=str(for_whom) if for_whom else ""),
                credential=method,
                signed_at=timezone.now(),
            )
    except IntegrityError as error:
        raise MoveRefused(["You are counted in this request already; one person counts once."]) from error
    payload = {
        "request": request.pk,
        "stage": stage.position,
        "stage_name": stage.name,
        "signature": signature.pk,
        "verdict": verdict,
        "meaning": MEANINGS[verdict],
        "comment": comment,
        "digest": request.digest,
        "for_whom": ledger.actor_of(for_whom) if for_whom else None,
        "credential": method,
        "signed_at": signature.signed_at,
    }
    stream = f"{request.kind}:{request.subject_id}"
    ledger.append(stream, "signature.given", by=by, subject=request.subject_id, payload=payload)
    return signature


def _advance(request: ApprovalRequest, stage: RequestStage, signature: Signature) -> None:
    """Move on: return at once, close a stage that passed or cannot, open the next or end the request."""
    if signature.verdict == Signature.Verdict.RETURN:
        _close(stage, RequestStage.State.FAILED)
        requests.decide(request, requests.State.RETURNED, by=signature.signer, reason=signature.comment)
        return
    tally = requests.stage_count(request, stage)
    if tally.outcome is Outcome.PASSED:
        _close(stage, RequestStage.State.PASSED)
        if requests.open_next_stage(request) is None:
            requests.decide(request, requests.State.APPROVED, by=signature.signer)
            return
    requests.end_if_hopeless(request, by=signature.signer)


def _close(stage: RequestStage, state: str) -> None:
    stage.state, stage.closed_at = state, timezone.now()
    stage.save(update_fields=["state", "closed_at"])
