"""Who may do what to a metric. Whether it is visible at all is `Metric.objects.visible_to`."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from approvals.models import User
from approvals.roles import AUDITORS, STEWARDS, has_role
from metrics.domain.meaning import OWN, filled_by_premise
from metrics.models import Metric, MetricGroupObjectPermission, MetricUserObjectPermission


@dataclass(frozen=True)
class Rights:
    """What one person may do to one metric; `manage` includes `contribute`."""

    manage: bool = False
    contribute: bool = False


def may_create(user: User) -> bool:
    """Stewards keep the registry; an auditor changes nothing, whatever other role they hold."""
    return has_role(user, STEWARDS) and not has_role(user, AUDITORS)


def may_import(user: User) -> bool:
    """Anybody may hold a right to some metric, row by row, but an auditor changes nothing."""
    return not has_role(user, AUDITORS)


def rights_of(user: User, metric: Metric) -> Rights:
    """Stewards, the metric's own owner and steward, and those granted it, as far as they see it. At most one query.

    Nobody contributes to a metric that Premise fills itself.
    """
    if not user.is_authenticated or not user.is_active or has_role(user, AUDITORS):
        return Rights()
    filled = filled_by_premise(metric.key)
    named = user.pk in {metric.owner_id, metric.steward_id}
    internal = metric.classification == Metric.Classification.INTERNAL
    if named or (internal and has_role(user, STEWARDS)):
        return Rights(manage=True, contribute=not filled)
    granted = _grants(user, metric)
    manage = "manage_metric" in granted or (bool(granted) and has_role(user, STEWARDS))
    return Rights(manage=manage, contribute=not filled and (manage or "contribute_metric" in granted))


def kept_by(user: User) -> "QuerySet[Metric]":
    """Return the metrics in use whose chores are this person's: those they are the steward of.

    What nobody active is the steward of is every steward's, as far as they see it. An auditor keeps nothing.
    """
    if has_role(user, AUDITORS):
        return Metric.objects.none()
    mine = Q(steward=user)
    if has_role(user, STEWARDS):
        mine |= Q(steward__isnull=True) | Q(steward__is_active=False)
    return Metric.objects.visible_to(user).in_use().filter(mine).exclude(key__startswith=OWN)


def managed_by(user: User) -> "QuerySet[Metric]":
    """Return the metrics that the person may manage, as `rights_of` has it for one."""
    if has_role(user, AUDITORS):
        return Metric.objects.none()
    grants = MetricUserObjectPermission.objects.filter(user=user)
    of_groups = MetricGroupObjectPermission.objects.filter(group__user=user)
    mine = Q(owner=user) | Q(steward=user)
    if has_role(user, STEWARDS):
        mine |= Q(classification=Metric.Classification.INTERNAL)
    else:
        grants = grants.filter(permission__codename="manage_metric")
        of_groups = of_groups.filter(permission__codename="manage_metric")
    mine |= Q(pk__in=grants.values("content_object")) | Q(pk__in=of_groups.values("content_object"))
    return Metric.objects.visible_to(user).filter(mine)


def may_manage(user: User, metric: Metric) -> bool:
    """Say whether the person may change the definition and the entry."""
    return rights_of(user, metric).manage


def may_contribute(user: User, metric: Metric) -> bool:
    """Say whether the person may record values."""
    return rights_of(user, metric).contribute


def _grants(user: User, metric: Metric) -> set[str]:
    """Ask the grants themselves: guardian would say yes to an inactive user, and caches on the user object."""
    own = MetricUserObjectPermission.objects.filter(content_object=metric, user=user)
    of_groups = MetricGroupObjectPermission.objects.filter(content_object=metric, group__user=user)
    name = "permission__codename"
    return set(own.values_list(name, flat=True).union(of_groups.values_list(name, flat=True)))
