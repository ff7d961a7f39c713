"""People and decisions that most page tests begin with."""

import pytest
from django.test import Client

from approvals.models import User
from decisions.models import Decision
from tests.factories import decisions as make
from tests.factories import metrics
from tests.factories.approvals import owner, signed_in


@pytest.fixture
def registry(db):
    """The two metrics that the sample dossier rests on, with a year of values that break nothing."""
    for key, low in ((make.RESOLUTION, 70), (make.BACKLOG, 4)):
        metrics.weekly(metrics.metric(key=key), [low + week % 5 for week in range(52)])


@pytest.fixture
def who(db) -> User:
    """An owner."""
    return owner(first_name="Ona", last_name="Lund")


@pytest.fixture
def desk(who: User) -> Client:
    """The owner's browser."""
    return signed_in(who)


@pytest.fixture
def draft(registry, who: User) -> Decision:
    """A draft with nothing missing."""
    return make.draft(who)


@pytest.fixture
def standing(registry, who: User) -> Decision:
    """A decision in force."""
    return make.in_force(who)
