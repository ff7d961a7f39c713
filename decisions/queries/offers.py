"""What can be chosen in a section, and what is known of it, from one query for people and two for metrics."""

from functools import cached_property
from typing import Any

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone

from approvals.models import User
from approvals.readers import RowsFor
from config.kit.days import day_text
from config.kit.prepared import PreparedRows
from decisions.domain.breaking import conditions_of
from decisions.domain.brief import brief
from decisions.domain.dossier import Dossier
from decisions.domain.obstacles import Known, KnownMetric
from decisions.forms.offers import MetricOffer, Offers
from decisions.services.readiness import USABLE
from metrics.models import Metric, MetricDefinition, MetricSegment, Observation

APPROVED_ONCE = ("approved", "superseded")


class World:
    """Active people and approved metrics: as choices for one person, and as facts for the obstacles.

    Each part is read when it is first asked for: a page that only names people asks for people.
    """

    def __init__(self, user: User) -> None:
        self.user = user

    @cached_property
    def people(self) -> dict[str, str]:
        """Return active people, user name → name."""
        return {name: f"{first} {last}".strip() or name for name, first, last in PEOPLE.rows()}

    @cached_property
    def metrics(self) -> dict[str, MetricOffer]:
        """Return the metrics in force that this person may see, by key; those that end say so."""
        return {
            key: MetricOffer(key, name, unit, number, cadence, day_text(ends) if ends else "", segmented)
            for key, name, unit, number, cadence, ends, segmented in OFFERED.rows(self.user)
        }

    @cached_property
    def known(self) -> Known:
        """Return what the obstacles know: every metric, seen or not."""
        return Known(metrics=_known(), people=frozenset(self.people))

    def offers(self, dossier: Dossier) -> Offers:
        """Return the choices in a dossier: people, metrics, and what the dossier itself names."""
        return Offers(
            people=self.people,
            metrics=self.metrics,
            options={option.id: option.name or f"Option {option.id}" for option in dossier.options.options},
            assumptions={item.id: brief(item.statement, 120) or item.id for item in dossier.criteria.assumptions},
            segments=Segments(self, {condition.metric for _, condition in conditions_of(dossier)}).of,
        )


class Segments:
    """The segments that one person may watch, metric by metric; those of the dossier's conditions are read together."""

    def __init__(self, world: World, expected: set[str]) -> None:
        self.world, self.expected = world, expected
        self.known: dict[str, dict[str, str]] = {}

    def of(self, key: str) -> dict[str, str]:
        """Return code → name, closed ones last; one query for a metric that was not expected and has segments."""
        metrics = self.world.metrics
        if key in metrics and metrics[key].segmented and key not in self.known:
            wanted = {each for each in {key, *self.expected} if each in metrics and metrics[each].segmented}
            self.known |= {each: {} for each in wanted - self.known.keys()}
            rows = MetricSegment.objects.visible_to(self.world.user).named().filter(metric__key__in=wanted)
            today = timezone.localdate()
            for row in sorted(rows.select_related("metric"), key=lambda row: (not row.takes(today), row.name)):
                self.known[row.metric.key][row.code] = row.name if row.takes(today) else f"{row.name} (closed)"
        return self.known.get(key, {})


def _offered(user: User) -> "QuerySet[Any, Any]":
    usable = Metric.objects.visible_to(user).filter(state__in=USABLE, definition__isnull=False)
    of_definition = ("definition__unit", "definition__number")
    return usable.values_list("key", "name", *of_definition, "cadence", "removal_date", "segmented")


def _people() -> "QuerySet[Any, Any]":
    people = User.objects.filter(is_active=True).order_by("first_name", "last_name", "username")
    return people.values_list("username", "first_name", "last_name")


def _approved() -> "QuerySet[Any, Any]":
    has_values = Exists(Observation.objects.filter(metric=OuterRef("metric")))
    rows = MetricDefinition.objects.filter(state__in=APPROVED_ONCE).annotate(has_values=has_values)
    internal = Q(metric__classification=Metric.Classification.INTERNAL)
    rows = rows.annotate(named=Case(When(internal, then="metric__name"), default=Value("")))
    return rows.values_list("metric__key", "named", "metric__state", "metric__successor__name", "number", "has_values")


PEOPLE, OFFERED, APPROVED = PreparedRows(_people), RowsFor(_offered), PreparedRows(_approved)


def _known() -> dict[str, KnownMetric]:
    versions: dict[str, set[int]] = {}
    states: dict[str, str] = {}
    successors: dict[str, str] = {}
    names: dict[str, str] = {}
    recorded: set[str] = set()
    for key, name, state, successor, number, any_value in APPROVED.rows():
        names[key] = name
        versions.setdefault(key, set()).add(number)
        states[key], successors[key] = state, successor or ""
        recorded |= {key} if any_value else set()
    return {
        key: KnownMetric(
            name=names[key],
            usable=states[key] in USABLE,
            versions=frozenset(found),
            has_values=key in recorded,
            retired=states[key] == Metric.State.RETIRED,
            successor=successors[key],
        )
        for key, found in versions.items()
    }
