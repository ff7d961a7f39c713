"""One record drawn once for all tests that only look at it."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from decisions.record.assembling import assemble
from decisions.record.rendering import draw
from tests.decisions.record import cases

Produce = Callable[[dict[str, Any]], bytes]


@pytest.fixture(scope="session")
def produce() -> Produce:
    """Make the signed PDF of a record's data."""
    return lambda record: assemble(record, cases.KEY, partial(draw, fonts=Path(settings.FONTS_DIR)))


@pytest.fixture(scope="session")
def pdf(produce: Produce) -> bytes:
    return produce(cases.record())
