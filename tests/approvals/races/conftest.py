"""What the races of approvals share."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from tests.together import at_once


@pytest.fixture
def together(transactional_db: None) -> Callable[[Iterable[Callable[[], Any]]], list[Any]]:
    """Run the calls at the same moment; returns what each returned, or the exception it raised."""
    return lambda calls: at_once(*calls)
