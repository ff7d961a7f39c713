"""Rows of the access matrix for approvals."""

from approvals.models import ApprovalRequest, Delegation
from approvals.services import comments, requests
from tests.access_matrix import FORBIDDEN, FOUND, HIDDEN, OK, REFUSED, UNUSABLE, Endpoint, Page, People
from tests.factories.approvals import PASSWORD, Thing, approver, delegation, policy, request_for, sign


def _request(people: People) -> ApprovalRequest:
    """A request the owner opened with a contributor's help; approvers are asked, one more than those who try."""
    thing = Thing()
    thing.register()
    policy()
    approver()
    return request_for(thing, by=people["owner"], authors=[people["contributor"]])


def open_request(people: People) -> str:
    return f"/approvals/{_request(people).pk}/"


def decided_request(people: People) -> str:
    request = _request(people)
    sign(request, approver())
    return f"/approvals/{request.pk}/"


def withdrawn_request(people: People) -> str:
    request = _request(people)
    requests.withdraw(request, by=people["owner"], reason="Not yet.")
    return f"/approvals/{request.pk}/"


def thread(people: People) -> str:
    """Return the address of a thread that the owner began."""
    said = comments.add(request=_request(people), by=people["owner"], body="Why this?")
    return f"/comments/{said.pk}/"


def _digest(people: People) -> dict[str, str]:
    digest = ApprovalRequest.objects.latest("pk").digest
    return {"verdict": "approve", "comment": "", "password": PASSWORD, "digest": digest}


def _revoke(people: People) -> str:
    row: Delegation = delegation(people["approver"], people["steward"])
    return f"/approvals/delegations/{row.pk}/revoke/"


INVOLVED = {"owner": OK, "contributor": OK, "approver": OK, "auditor": OK}

PAGES = [
    Page("approval_list", "/approvals/"),
    Page("approval", open_request, HIDDEN, INVOLVED, state="open"),
    Page("approval", decided_request, HIDDEN, INVOLVED, state="decided"),
    Page("approval", withdrawn_request, HIDDEN, INVOLVED, state="withdrawn"),
    Page(
        "approval_sign",
        lambda people: open_request(people) + "sign/",
        HIDDEN,
        {"owner": REFUSED, "contributor": REFUSED, "approver": FOUND, "auditor": REFUSED},
        method="POST",
        data=_digest,
        state="open",
    ),
    Page(
        "approval_sign",
        lambda people: decided_request(people) + "sign/",
        HIDDEN,
        dict.fromkeys(INVOLVED, REFUSED),
        method="POST",
        data=_digest,
        state="decided",
    ),
    Page(
        "approval_withdraw",
        lambda people: open_request(people) + "withdraw/",
        HIDDEN,
        {"owner": FOUND, "contributor": REFUSED, "approver": REFUSED, "auditor": REFUSED},
        method="POST",
        data={"withdraw-reason": "Not yet."},
        state="open",
    ),
    Page(
        "approval_comment",
        lambda people: open_request(people) + "comments/",
        HIDDEN,
        {"owner": FOUND, "contributor": FOUND, "approver": FOUND, "auditor": UNUSABLE},
        method="POST",
        data={"comment-body": "Why this?"},
    ),
    Page(
        "approval_viewed",
        lambda people: open_request(people) + "viewed/",
        HIDDEN,
        dict.fromkeys(INVOLVED, FOUND),
        method="POST",
        data={"tick": "1:content"},
    ),
    Page(
        "approval_check",
        lambda people: open_request(people) + "check/",
        HIDDEN,
        dict.fromkeys(INVOLVED, REFUSED) | {"auditor": UNUSABLE},
        method="POST",
        state="held by nothing",
    ),
    Page(
        "approval_passkey",
        lambda people: open_request(people) + "passkey/",
        HIDDEN,
        dict.fromkeys(INVOLVED, UNUSABLE),
        method="POST",
        state="without a passkey",
    ),
    Page("approval_confirmed", "/approvals/confirmed/?code=x&state=y", REFUSED, state="with nothing to confirm"),
    Page(
        "approval_people",
        lambda people: open_request(people) + "people/",
        FORBIDDEN,
        {"administrator": OK},
        state="open",
    ),
    Page("approval_people", lambda people: decided_request(people) + "people/", FORBIDDEN, {"administrator": OK}),
    Page("delegation_list", "/approvals/delegations/"),
    Page("delegation_revoke", _revoke, HIDDEN, {"approver": FOUND}, method="POST"),
    Page("person_settings", "/settings/"),
    Page("notice_list", "/notices/"),
    Page("notices_read", "/notices/read/", FOUND, method="POST", data={"until": "1"}),
    Page("notices_read", "/notices/read/", UNUSABLE, method="POST", state="up to nothing"),
    Page("notice_read", "/notices/1/read/", FOUND, method="POST"),
    Page(
        "comment_thread",
        thread,
        HIDDEN,
        {"owner": FOUND, "contributor": FOUND, "approver": FOUND, "auditor": UNUSABLE},
        method="POST",
        data={"body": "Because."},
    ),
    Page(
        "comment_thread",
        thread,
        HIDDEN,
        {"owner": FOUND, "contributor": FORBIDDEN, "approver": FORBIDDEN, "auditor": FORBIDDEN},
        method="POST",
        data={"settle": "resolve"},
        state="settled",
    ),
    Page("policy_list", "/policies/"),
    Page("policy_new", "/policies/new/", FORBIDDEN, {"administrator": OK}),
    Page("policy_edit", "/policies/decision-default/", FORBIDDEN, {"administrator": OK}),
    Page("policy_edit", "/policies/none/", FORBIDDEN, {"administrator": HIDDEN}, state="unknown"),
    Page("audit", "/audit/", FORBIDDEN, {"auditor": OK, "administrator": OK}),
    Page("audit_verify", "/audit/verify/", FORBIDDEN, {"auditor": OK, "administrator": OK}, method="POST"),
    Page("audit_verify", "/audit/verify/", FORBIDDEN, {"auditor": FOUND, "administrator": FOUND}),
    Page("audit_csv", "/audit.csv", FORBIDDEN, {"auditor": OK, "administrator": OK}),
]

ENDPOINTS = [
    Endpoint("GET", "/api/v1/ledger", "audit:read"),
    Endpoint("GET", "/api/v1/ledger/checkpoints", "audit:read"),
    Endpoint(
        "GET", "/api/v1/ledger/consistency", "audit:read", address="/api/v1/ledger/consistency?first=1", status=404
    ),
    Endpoint("GET", "/api/v1/ledger/{seq}", "audit:read", address="/api/v1/ledger/1"),
    Endpoint("GET", "/api/v1/ledger/{seq}/proof", "audit:read", address="/api/v1/ledger/1000/proof", status=404),
]
