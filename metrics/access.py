"""Who may do what to a metric. Whether it is visible at all is `Metric.objects.visible_to`."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import CharField, F, Q, QuerySet, Value

from approvals.models import User
from approvals.queries import people_with
from approvals.roles import AUDITORS, OWNERS, STEWARDS, has_role
from metrics.domain.meaning import OWN, filled_by_premise
from metrics.models import (
    Experiment,
    Metric,
    MetricGroupObjectPermission,
    MetricSegmentGroupObjectPermission,
    MetricSegmentUserObjectPermission,
    MetricUserObjectPermission,
)
from metrics.models.segment import CONTRIBUTE


@dataclass(frozen=True)
class Rights:
    """What one person may do to one metric; `manage` includes `contribute`.

    To segments in `parts` the person may contribute by a grant on them; `only`: and to nothing else of the metric.
    """

    manage: bool = False
    contribute: bool = False
    only: bool = False
    parts: frozenset[str] = frozenset()

    def takes(self, segment: str, *, restricted: bool) -> bool:
        """Say whether the person may record values of one segment."""
        widely = self.contribute and not self.only
        return segment in self.parts or (widely and (self.manage or not restricted))


def seen(user: User, key: str, rows: "QuerySet[Metric]") -> Metric | None:
    """Return the metric with this key out of `rows`, or None alike for what is not there and what is not theirs to see.

    The rule is `Metric.objects.visible_to`; of an internal metric, which is nearly every one, it asks for nothing that
    is not in the row, and so the ten tables that the whole of it reads stay unread.
    """
    return shown(user, key, rows.filter(key=key).first())


def shown(user: User, key: str, found: Metric | None) -> Metric | None:
    """Do the same with what was found under a key."""
    if found is not None and found.classification == Metric.Classification.INTERNAL:
        return found if user.is_authenticated and user.is_active else None
    # Asked of what does not exist, too: how long the answer takes tells nobody which of the two it is.
    return found if Metric.objects.visible_to(user).filter(key=key).exists() else None


def may_create(user: User) -> bool:
    """Stewards keep the registry; an auditor changes nothing, whatever other role they hold."""
    return has_role(user, STEWARDS) and not has_role(user, AUDITORS)


def may_import(user: User) -> bool:
    """Anybody may hold a right to some metric, row by row, but an auditor changes nothing."""
    return not has_role(user, AUDITORS)


def rights_of(user: User, metric: Metric) -> Rights:
    """Stewards, the metric's own owner and steward, and those granted it, as far as they see it.

    At most one query; segments may be granted by themselves.

    Nobody contributes to a metric that Premise fills itself.
    """
    if not user.is_authenticated or not user.is_active or has_role(user, AUDITORS):
        return Rights()
    filled = filled_by_premise(metric.key)
    named = user.pk in {metric.owner_id, metric.steward_id}
    internal = metric.classification == Metric.Classification.INTERNAL
    if named or (internal and has_role(user, STEWARDS)):
        return Rights(manage=True, contribute=not filled)
    granted, parts = _grants(user, metric)
    manage = "manage_metric" in granted or (bool(granted) and has_role(user, STEWARDS))
    widely = not filled and (manage or "contribute_metric" in granted)
    parts = frozenset() if manage or filled else parts
    return Rights(manage=manage, contribute=widely or bool(parts), only=not widely and bool(parts), parts=parts)


def sees(user: User, metric: Metric, segment: str = "") -> bool:
    """Say whether the person, who sees the metric, may see values of one segment: no query where there are none."""
    if not user.is_authenticated or not user.is_active:
        return False
    return not metric.segmented or not metric.segments.hidden_from(user).filter(name=segment).exists()


def who_see(metric: Metric, people: Iterable[User]) -> list[User]:
    """Return those of the people who may see the metric: a query each, so for the few who are told something."""
    rows = Metric.objects.filter(pk=metric.pk)
    return [person for person in people if rows.visible_to(person).exists()]


def keepers_of(metric: Metric) -> list[User]:
    """Return whose chores the metric is: its steward, or where nobody active is, every steward who may see it."""
    if metric.steward is not None and metric.steward.is_active:
        return [metric.steward]
    return who_see(metric, people_with(STEWARDS))


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
    return Metric.objects.visible_to(user).manageable_by(user)


def may_manage(user: User, metric: Metric) -> bool:
    """Say whether the person may change the definition and the entry."""
    return rights_of(user, metric).manage


def may_contribute(user: User, metric: Metric) -> bool:
    """Say whether the person may record values."""
    return rights_of(user, metric).contribute


def may_experiment(user: User, metric: Metric) -> bool:
    """Say whether the person may plan an experiment on a metric they see: who may add to it, owners, stewards."""
    if has_role(user, AUDITORS) or not user.is_active:
        return False
    return has_role(user, OWNERS, STEWARDS) or may_contribute(user, metric)


def may_run(user: User, experiment: Experiment) -> bool:
    """Say whether the person may plan, start, fill in and judge an experiment they see."""
    if has_role(user, AUDITORS) or not user.is_active:
        return False
    own = experiment.owner_id == user.pk
    return own or has_role(user, STEWARDS) or may_contribute(user, experiment.metric)


def may_contribute_to(user: User, metric: Metric, segment: str) -> bool:
    """Say whether the person may record values of one segment, or of the whole: at most three queries."""
    rights = rights_of(user, metric)
    if not metric.segmented:
        return rights.takes(segment, restricted=bool(segment) and metric.segments_restricted)
    row = metric.segments.filter(name=segment).first()
    return rights.takes(segment, restricted=row.restricted if row else bool(segment) and metric.segments_restricted)


def may_pull(user: User, metric: Metric) -> bool:
    """Say whether the person may have the metric's values fetched: a steward who manages it and adds to its values."""
    rights = rights_of(user, metric)
    return has_role(user, STEWARDS) and rights.manage and rights.contribute


def may_read_pulls(user: User, metric: Metric) -> bool:
    """Say whether the person may read where a metric's values are fetched from."""
    return has_role(user, AUDITORS) or may_manage(user, metric)


def _grants(user: User, metric: Metric) -> tuple[set[str], frozenset[str]]:
    """Return what is granted on the metric, and the segments of it that may be contributed to: one query.

    The grants themselves are asked: guardian would say yes to an inactive user, and caches on the user object.
    """
    whole = {"part": Value("", CharField())}
    rows = [
        MetricUserObjectPermission.objects.filter(content_object=metric, user=user).annotate(**whole),
        MetricGroupObjectPermission.objects.filter(content_object=metric, group__user=user).annotate(**whole),
    ]
    if metric.segmented:
        part = {"part": F("content_object__name")}
        of = {"content_object__metric": metric}
        rows += [
            MetricSegmentUserObjectPermission.objects.filter(user=user, **of).annotate(**part),
            MetricSegmentGroupObjectPermission.objects.filter(group__user=user, **of).annotate(**part),
        ]
    first, *others = (each.values_list("permission__codename", "part") for each in rows)
    found = set(first.union(*others))
    granted = {codename for codename, _ in found if codename.endswith("_metric")}
    return granted, frozenset(part for codename, part in found if codename == CONTRIBUTE)
