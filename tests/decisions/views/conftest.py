"""People and decisions that most page tests begin with."""

from functools import partial

import pytest
from django.test import Client

from approvals.models import User
from decisions.models import Decision
from tests.factories import decisions as make
from tests.factories import metrics
from tests.factories.approvals import owner, signed_in


@pytest.fixture
def registry(kept):
    """The two metrics that the sample dossier rests on, with a year of values that break nothing."""
    kept(a_quiet_year)


def a_quiet_year() -> None:
    for key, low in ((make.RESOLUTION, 70), (make.BACKLOG, 4)):
        metrics.weekly(metrics.metric(key=key), [low + week % 5 for week in range(52)])


@pytest.fixture
def who(kept) -> User:
    """An owner."""
    return kept(ona)


def ona() -> User:
    return owner(first_name="Ona", last_name="Lund")


@pytest.fixture
def desk(who: User) -> Client:
    """The owner's browser."""
    return signed_in(who)


@pytest.fixture
def draft(registry, who: User, kept) -> Decision:
    """A draft with nothing missing."""
    return kept(partial(make.draft, who))


@pytest.fixture
def standing(registry, who: User, kept) -> Decision:
    """A decision in force."""
    return kept(partial(make.in_force, who))
