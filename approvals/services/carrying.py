"""Carry votes over into a resubmission: wording survives, substance does not."""

from approvals import queries, subjects
from approvals.domain.diff import Change, compare
from approvals.models import ApprovalRequest, ChangeRequest, RequestStage, Signature, Survival
from approvals.services import counting, ledger
from approvals.services.deciding import APPROVALS, stream
from config.kit.canonical import parse

UNSEEN = "something that is not shown"


def predecessor(kind: str, subject_id: str, change: ChangeRequest | None) -> ApprovalRequest | None:
    """Return the request that a new one would resubmit: the last, when it was returned or withdrawn."""
    last = ApprovalRequest.objects.filter(kind=kind, subject_id=subject_id).order_by("-pk").first()
    ended = {ApprovalRequest.State.RETURNED, ApprovalRequest.State.WITHDRAWN}
    if last is None or last.state not in ended or (last.change_id is None) != (change is None):
        return None
    return last


def substance(kind_name: str, old: str, new: str) -> list[str]:
    """Return the titles of the sections that differ in more than wording between two contents (canonical texts)."""
    if old == new:
        return []
    kind = subjects.get(kind_name)
    before, after = parse(old), parse(new)
    first, second = kind.sections(before, after)
    changed = [section for section in compare(first, second) if section.change is not Change.SAME]
    if not changed:
        return [UNSEEN]
    return [section.title for section in changed if kind.substantive(before, after, section.key)]


def lost_because(request: ApprovalRequest) -> list[str]:
    """Return why no vote of the request before survives, as sentences; empty when they may, or there is none."""
    old = request.continues
    if old is None:
        return []
    if request.policy.votes_survive == Survival.NONE:
        return ["The policy lets no vote survive a resubmission."]
    if old.policy_id != request.policy_id:
        return ["Another policy applies than before."]
    titles = substance(request.kind, old.content, request.content)
    return [f"More than wording changed in: {', '.join(titles)}."] if titles else []


def carry_into(request: ApprovalRequest, stage: RequestStage) -> list[Signature]:
    """Let the approvals of the same stage of the request before count in this one; returns the new rows.

    Only for people who could still sign. The last stage never passes by old votes alone: somebody looks at it anew.
    """
    if request.continues is None or lost_because(request):
        return []
    given = request.continues.signatures.filter(stage__position=stage.position, verdict__in=APPROVALS)
    is_last = not request.stages.filter(position__gt=stage.position, kind=RequestStage.Kind.PEOPLE).exists()
    carried = []
    for vote in given.select_related("signer", "for_whom", "carried_from"):
        tally = counting.stage_count(request, stage)
        if is_last and tally.approved + 1 >= tally.needed:
            break
        if _could_sign(request, stage, vote):
            carried.append(_carry(request, stage, vote))
    return carried


def _could_sign(request: ApprovalRequest, stage: RequestStage, vote: Signature) -> bool:
    """Say whether the vote's people are still asked, free to sign, and not counted yet."""
    counted_as = vote.for_whom_id or vote.signer_id
    people = {counted_as, vote.signer_id}
    used = queries.barred_ids(request) | queries.spoken_ids(request)
    return queries.members(stage).filter(pk=counted_as).exists() and queries.may_act(vote.signer) and not people & used


def _carry(request: ApprovalRequest, stage: RequestStage, vote: Signature) -> Signature:
    root = vote.carried_from or vote
    row = Signature.objects.create(
        request=request,
        stage=stage,
        signer=root.signer,
        for_whom=root.for_whom,
        verdict=root.verdict,
        comment=root.comment,
        digest=request.digest,
        meaning=root.meaning,
        credential=root.credential,
        carried_from=root,
        signed_at=root.signed_at,
    )
    payload = {
        "request": request.pk,
        "stage": stage.position,
        "stage_name": stage.name,
        "signature": row.pk,
        "verdict": row.verdict,
        "signer": ledger.actor_of(row.signer),
        "for_whom": ledger.actor_of(row.for_whom) if row.for_whom else None,
        "digest": row.digest,
        "carried_from": root.pk,
        "carried_digest": root.digest,
        "signed_at": row.signed_at,
    }
    ledger.append(stream(request), "signature.carried", by=None, subject=request.subject_id, payload=payload)
    return row
