"""What waits for a row reads it, and all that is joined to it, as it is after the wait."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction

from config.kit.locking import locked
from decisions.models import Decision
from decisions.services import moves
from tests.factories.approvals import owner
from tests.factories.decisions import draft
from tests.factories.metrics import metric
from tests.together import meanwhile

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


@transaction.atomic
def read(decision: Decision) -> Decision:
    return locked(Decision.objects.select_related("owner").filter(pk=decision.pk)).get()


def test_a_decision_that_was_given_to_another_owner_is_found_with_that_owner():
    decision, new = draft(), owner()
    found = meanwhile(lambda: Decision.objects.filter(pk=decision.pk).update(owner=new), lambda: read(decision))
    assert found.owner == new


def test_a_submission_that_waited_for_a_transfer_is_refused_to_the_earlier_owner():
    metric(key="backlog")
    decision, new = draft(), owner()
    raised = meanwhile(
        lambda: Decision.objects.filter(pk=decision.pk).update(owner=new),
        lambda: moves.submit(decision, by=decision.owner),
    )
    assert isinstance(raised, PermissionDenied)
