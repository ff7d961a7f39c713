"""Count a stage's votes against its quorum."""

from approvals import queries
from approvals.domain import quorum
from approvals.models import ApprovalRequest, RequestStage, Signature
from config.kit.refusals import MoveRefused, Reason


def stage_count(request: ApprovalRequest, stage: RequestStage) -> quorum.Count:
    """Count the votes of a stage of people, with those who can still speak."""
    verdicts = list(stage.signatures.values_list("verdict", flat=True))
    approvals = (Signature.Verdict.APPROVE, Signature.Verdict.APPROVE_WITH_CONDITIONS)
    votes = quorum.Votes(
        approved=sum(verdict in approvals for verdict in verdicts),
        rejected=verdicts.count(Signature.Verdict.REJECT),
        abstained=verdicts.count(Signature.Verdict.ABSTAIN),
        left=len(queries.electors(request, stage)),
    )
    rule = quorum.Rule(kind=stage.quorum, value=stage.quorum_value, one_rejection_ends=stage.one_rejection_ends)
    return quorum.count(rule, votes)


def refuse_hopeless(request: ApprovalRequest) -> None:
    """Refuse a request that nobody could ever decide, naming each stage that lacks people."""
    reasons = []
    for stage in request.stages.filter(kind=RequestStage.Kind.PEOPLE):
        tally = stage_count(request, stage)
        if tally.outcome is quorum.Outcome.HOPELESS:
            reasons.append(
                Reason(
                    f"The stage “{stage.name}” needs {tally.needed} of the people it asks, and {tally.left} of them "
                    "may sign this. Ask an administrator to add people or change the policy."
                )
            )
    if reasons:
        raise MoveRefused(reasons)
