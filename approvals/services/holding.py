"""Run the machine checks that hold a stage; a person can ask for them again, and never sign in their place."""

import logging
from typing import Any

from django.db import transaction
from django.utils import timezone

from approvals import subjects
from approvals.models import ApprovalRequest, CheckResult, RequestStage, User
from approvals.services import ledger
from approvals.services.deciding import stream
from config.kit.canonical import parse

logger = logging.getLogger(__name__)


def run_checks(request: ApprovalRequest, stage: RequestStage, *, by: User | None) -> bool:
    """Run every check the stage names on the request's content and the world of now; True when all pass.

    A check that fails to run has not passed: it says so among the reasons.
    """
    known = {check.name: check for check in subjects.get(request.kind).checks}
    content, now = parse(request.content), timezone.now()
    results = []
    for name in stage.checks:
        check = known.get(name)
        reasons = _reasons(check, request.subject_id, content) if check else [f"There is no check “{name}” any more."]
        label = check.label if check else name
        results.append(CheckResult(stage=stage, name=name, label=label, reasons=reasons, at=now, asked_by=by))
    CheckResult.objects.bulk_create(results)
    payload = {
        "request": request.pk,
        "stage": stage.position,
        "stage_name": stage.name,
        "results": {each.name: each.reasons for each in results},
    }
    ledger.append(stream(request), "stage.checked", by=by, subject=request.subject_id, payload=payload)
    return all(each.passed for each in results)


def _reasons(check: subjects.Check, subject_id: str, content: dict[str, Any]) -> list[str]:
    try:
        with transaction.atomic():
            return list(check.run(subject_id, content))
    except Exception as error:  # whatever goes wrong in an app's check holds the stage and no more
        logger.exception("The check %s failed to run.", check.name)
        return [f"The check could not be run ({type(error).__name__}). Tell an administrator."]
