"""Every test of a service writes its keys and checkpoints to a place of its own."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _own_var(var: Path) -> Path:
    return var
