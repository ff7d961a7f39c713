"""A metric with 10,000 values: its page asks few questions, stays short, and draws what a screen can show."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories import metrics as factory
from tests.factories.approvals import owner, signed_in, steward

pytestmark = pytest.mark.django_db
VALUES, QUERIES, BYTES = 10_000, 12, 60 * 1024
WIDEST = 1400  # points of one line: more than the widest chart has pixels for


def test_a_page_of_ten_thousand_values():
    target = factory.metric(cadence="PT1H", owner=owner(), steward=steward())
    latest = timezone.now().replace(minute=0, second=0, microsecond=0)
    rows = [factory.entry(latest - timedelta(hours=back), 40 + back * 7 % 53) for back in range(VALUES, 0, -1)]
    factory.observations.record(target, rows, by=None, source="test")
    factory.condition(target, {"kind": "above", "bound": 99})
    client = signed_in(target.steward)
    client.get(f"/metrics/{target.key}/")
    with CaptureQueriesContext(connection) as asked:
        page = client.get(f"/metrics/{target.key}/").content.decode()
    text = "\n".join(each["sql"][:120] for each in asked)
    assert "10000 values" in page
    assert len(asked) <= QUERIES, text
    assert len(page.encode()) <= BYTES
    drawn = [*re.findall(r' points="([^"]*)"', page), *re.findall(r' d="([^"]*)"', page)]
    assert drawn
    assert max(len(re.findall(r"[\d.]+[ ,][\d.]+", line)) for line in drawn) <= WIDEST
