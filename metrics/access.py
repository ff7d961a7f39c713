"""Who may do what to a metric. Whether it is visible at all is `Metric.objects.visible_to`."""

from django.db.models import Q

from approvals.models import User
from approvals.roles import AUDITORS, STEWARDS, has_role
from metrics.models import Metric, MetricGroupObjectPermission, MetricUserObjectPermission


def may_create(user: User) -> bool:
    """Stewards keep the registry; an auditor changes nothing, whatever other role they hold."""
    return has_role(user, STEWARDS) and not has_role(user, AUDITORS)


def may_manage(user: User, metric: Metric) -> bool:
    """Stewards, the metric's own owner and steward, and those granted `manage_metric`."""
    if not _may_change(user):
        return False
    named = user.pk in {metric.owner_id, metric.steward_id}
    return named or has_role(user, STEWARDS) or _granted(user, metric, "manage_metric")


def may_contribute(user: User, metric: Metric) -> bool:
    """Those who manage the metric, and those granted `contribute_metric`."""
    return may_manage(user, metric) or (_may_change(user) and _granted(user, metric, "contribute_metric"))


def _may_change(user: User) -> bool:
    return user.is_authenticated and user.is_active and not has_role(user, AUDITORS)


def _granted(user: User, metric: Metric, codename: str) -> bool:
    """Ask the grants themselves: guardian would say yes to an inactive user, and caches on the user object."""
    named = Q(permission__codename=codename, content_object=metric)
    return (
        MetricUserObjectPermission.objects.filter(named, user=user).exists()
        or MetricGroupObjectPermission.objects.filter(named, group__user=user).exists()
    )
