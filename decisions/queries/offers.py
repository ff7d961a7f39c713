"""What can be chosen in a section, and what is known of it, from one query for people and two for metrics."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from approvals.models import User
from decisions.domain.dossier import Dossier
from decisions.domain.obstacles import Known, KnownMetric
from decisions.forms.offers import MetricOffer, Offers
from metrics.models import Metric, MetricDefinition, Observation

APPROVED_ONCE = ("approved", "superseded")


@dataclass(frozen=True)
class World:
    """Active people and approved metrics: as choices for one person, and as facts for the obstacles."""

    people: dict[str, str]
    metrics: dict[str, MetricOffer]
    known: Known

    def offers(self, dossier: Dossier) -> Offers:
        """Return the choices in a dossier: people, metrics, and what the dossier itself names."""
        return Offers(
            people=self.people,
            metrics=self.metrics,
            options={option.id: option.name or f"Option {option.id}" for option in dossier.options.options},
            assumptions={item.id: item.statement[:120] or item.id for item in dossier.criteria.assumptions},
        )


def world(user: User) -> World:
    """Return what this person may choose from; the obstacles know every metric, seen or not."""
    people = {
        name: f"{first} {last}".strip() or name
        for name, first, last in User.objects.filter(is_active=True)
        .order_by("first_name", "last_name", "username")
        .values_list("username", "first_name", "last_name")
    }
    visible = Metric.objects.visible_to(user).filter(state=Metric.State.APPROVED).select_related("definition")
    metrics = {
        metric.key: MetricOffer(
            metric.key, metric.name, metric.definition.unit, metric.definition.number, metric.cadence
        )
        for metric in visible
        if metric.definition is not None
    }
    return World(people, metrics, Known(metrics=_known(), people=frozenset(people)))


def _known() -> dict[str, KnownMetric]:
    versions: dict[str, set[int]] = {}
    usable: dict[str, bool] = {}
    recorded: set[str] = set()
    has_values = Exists(Observation.objects.filter(metric=OuterRef("metric")))
    rows = MetricDefinition.objects.filter(state__in=APPROVED_ONCE).annotate(has_values=has_values)
    for key, state, number, any_value in rows.values_list("metric__key", "metric__state", "number", "has_values"):
        versions.setdefault(key, set()).add(number)
        usable[key] = state == Metric.State.APPROVED
        recorded |= {key} if any_value else set()
    return {
        key: KnownMetric(usable=usable[key], versions=frozenset(found), has_values=key in recorded)
        for key, found in versions.items()
    }
