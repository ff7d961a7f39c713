"""High-risk metrics: marked with a reason, signed by the review board after the others."""

import json

import pytest

from approvals.models import ApprovalRequest
from approvals.review import risk_facts
from approvals.roles import REVIEW_BOARD
from approvals.services import policies
from config.kit.refusals import MoveRefused
from metrics.models import Metric
from metrics.services import content, definitions
from tests.factories.approvals import approver, owner, person, sign, steward
from tests.factories.metrics import metric

pytestmark = pytest.mark.django_db

RISKY = {"high_risk": True, "risk_reason": "Teams would be ranked by it."}


def draft(**fields) -> Metric:
    return metric(approved=False, by=steward(), owner=owner(), steward=steward(), **fields)


def submit(target: Metric) -> ApprovalRequest:
    return definitions.submit(target, by=target.steward)


def test_the_board_signs_after_the_others():
    someone, on_the_board = approver(), person(REVIEW_BOARD)
    target = draft(**RISKY)
    request = submit(target)
    assert request.policy.key == "metric-definition-high-risk"
    assert ("High-risk metric", "warn") in risk_facts(request)
    with pytest.raises(MoveRefused):
        sign(request, on_the_board)
    sign(request, someone)
    target.refresh_from_db()
    assert target.state == "in_review"
    sign(request, on_the_board)
    target.refresh_from_db()
    assert target.state == "approved"


def test_others_go_without_it():
    approver()
    assert submit(draft()).policy.key == "metric-definition-default"


def test_an_empty_board_is_said():
    approver()
    with pytest.raises(MoveRefused, match="“Review board” needs 1"):
        submit(draft(**RISKY))


def test_the_risk_takes_a_reason():
    approver()
    with pytest.raises(MoveRefused, match="Say why the metric is high-risk"):
        submit(draft(high_risk=True))


def test_it_stands_in_signed_content_only_where_it_says_something():
    approver(), person(REVIEW_BOARD)
    plain, risky = submit(draft()), submit(draft(**RISKY))
    assert not {"high_risk", "risk_reason"} & json.loads(plain.content).keys()
    assert json.loads(risky.content)["risk_reason"] == RISKY["risk_reason"]
    assert content.words("high_risk", False) == ""


@pytest.mark.parametrize("facts, key, why", [
    ({"high_risk": True}, "metric-definition-high-risk", ""),
    ({"high_risk": False}, "metric-definition-default", "No high-risk metric is concerned."),
])  # fmt: skip
def test_the_preview_says_which_policy_and_why(facts, key, why):
    choice = policies.consider("metric_definition", facts)
    assert choice.chosen.key == key
    told = [said for each in choice.considered for said in each.mismatches]
    assert told == ([why] if why else [])


def test_who_will_sign_is_said_before_it_is_sent():
    target = draft(**RISKY)
    name, said = definitions.ahead_of(target, definitions.proposed(target))
    assert name == "High-risk metrics: a steward or approver, then the review board"
    assert said == ["It is put before the review board, as the metric is high-risk or its values are personal data."]
