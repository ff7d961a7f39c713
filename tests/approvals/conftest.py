"""Fixtures of the approvals tests."""

from pathlib import Path
from typing import Any

import pytest

from approvals import subjects
from tests.factories.approvals import Thing


@pytest.fixture
def thing() -> Any:
    """A registered subject kind whose content and verdicts the test can see."""
    kind = Thing()
    kind.register()
    yield kind
    subjects._kinds.pop("thing", None)


@pytest.fixture(autouse=True)
def var(settings: Any, tmp_path: Path) -> Path:
    """A place of its own for keys and checkpoint files."""
    settings.VAR = tmp_path
    return tmp_path
