"""Who sees a metric and who may change it; what the pages and the API then answer is in tests/access/metrics.py."""

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from guardian.shortcuts import assign_perm

from approvals.readers import RowsFor
from config.kit.refusals import BadInput, MoveRefused
from metrics.access import Rights, may_create, rights_of
from metrics.models import Metric
from metrics.services import registry
from tests.factories.approvals import administrator, approver, auditor, owner, person, steward
from tests.factories.metrics import metric

pytestmark = pytest.mark.django_db
NONE, ADD, ALL = Rights(), Rights(contribute=True), Rights(manage=True, contribute=True)


SEEN = RowsFor(lambda reader: Metric.objects.visible_to(reader).values_list("pk"))


def sees(user) -> bool:
    found = Metric.objects.visible_to(user).exists()
    assert bool(SEEN.rows(user)) is found  # built once for all of the same roles
    return found


@pytest.mark.parametrize("who, expected", [
    (owner, False), (approver, False), (steward, False), (administrator, False), (person, False), (auditor, True),
])  # fmt: skip
def test_a_confidential_metric_is_seen_by_auditors_and_those_named(who, expected):
    metric(classification="confidential")
    assert sees(who()) is expected


def test_its_owner_and_steward_see_it():
    hidden = metric(classification="confidential", owner=owner(), steward=person())
    assert sees(hidden.owner)
    assert sees(hidden.steward)


def test_a_grant_to_a_group_counts_for_its_members():
    hidden, who = metric(classification="confidential"), person()
    team = Group.objects.create(name="Team north")
    assign_perm("contribute_metric", team, hidden)
    assert rights_of(who, hidden) == NONE
    who.groups.add(team)
    assert sees(who)
    assert rights_of(who, hidden) == ADD


def test_whoever_has_left_sees_and_may_nothing():
    hidden, who = metric(owner=owner()), steward()
    registry.grant(hidden, to=who, permission="manage_metric", by=None)
    for gone in (who, hidden.owner):
        gone.is_active = False
        gone.save()
        assert not sees(gone)
        assert rights_of(gone, hidden) == NONE
        assert not may_create(gone)


@pytest.mark.parametrize(
    "who, internal, confidential",
    [
        (steward, ALL, NONE),
        (owner, NONE, NONE),
        (approver, NONE, NONE),
        (administrator, NONE, NONE),
        (auditor, NONE, NONE),
    ],
)
def test_rights_follow_the_role_as_far_as_it_sees(who, internal, confidential):
    user = who()
    assert rights_of(user, metric()) == internal
    assert rights_of(user, metric(classification="confidential")) == confidential


@pytest.mark.parametrize("permission, expected", [
    ("view_metric", NONE), ("contribute_metric", ADD), ("manage_metric", ALL),
])  # fmt: skip
def test_rights_follow_the_grant(permission, expected):
    hidden, who = metric(classification="confidential"), person()
    registry.grant(hidden, to=who, permission=permission, by=None)
    assert rights_of(who, hidden) == expected


def test_an_auditor_changes_nothing_whatever_else_they_are():
    both = steward()
    both.groups.add(Group.objects.get(name="Auditors"))
    target = metric(owner=both)
    registry.grant(target, to=both, permission="manage_metric", by=None)
    assert rights_of(both, target) == NONE
    assert not may_create(both)


def test_only_those_who_manage_it_grant_and_classify():
    target = metric()
    with pytest.raises(PermissionDenied):
        registry.grant(target, to=owner(), permission="view_metric", by=owner())
    with pytest.raises(PermissionDenied):
        registry.classify(target, classification="confidential", by=owner())
    with pytest.raises(MoveRefused):
        registry.grant(target, to=owner(), permission="own_metric", by=None)
    with pytest.raises(BadInput):
        registry.classify(target, classification="secret", by=steward())


def test_what_becomes_confidential_disappears_at_once():
    target, who = metric(), owner()
    assert sees(who)
    registry.classify(target, classification="confidential", by=steward())
    assert not sees(who)
