"""The pages about all metrics can be reached from each other, and say where one is."""

import re

import pytest
from django.urls import reverse

from tests.factories.approvals import steward

pytestmark = pytest.mark.django_db
TABS = (
    "metric_list",
    "metric_reports",
    "dispute_list",
    "incident_list",
    "pull_list",
    "freeze_list",
    "trade_off_pairs",
    "experiment_list",
    "metric_calculator",
    "catalogue_list",
    "retention_list",
)


def test_each_page_about_all_metrics_leads_to_all_others(client):
    client.force_login(steward())
    for name in TABS:
        page = client.get(reverse(name)).text
        tabs = re.search(r'<nav class="tabs".*?</nav>', page, re.DOTALL)
        assert tabs is not None, name
        assert re.findall(r'href="([^"]+)"', tabs.group()) == [reverse(each) for each in TABS]
        assert re.findall(r'href="([^"]+)" aria-current="page"', tabs.group()) == [reverse(name)]
