"""One record drawn once for all tests that only look at it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Drawn:
    """A PDF, and the processor time it took."""

    pdf: bytes
    seconds: float


@pytest.fixture(scope="session")
def drawn(produce: Produce) -> Drawn:
    begun = time.process_time()
    made = produce(cases.record())
    return Drawn(made, time.process_time() - begun)


@pytest.fixture(scope="session")
def pdf(drawn: Drawn) -> bytes:
    return drawn.pdf
