"""The registry narrowed down: by words, by what an address asks for, and gathered by family."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from approvals.models import User
from metrics.models import Metric, MetricDefinition
from metrics.queries import quality as quality_reading
from metrics.queries.disputed import doubts
from metrics.queries.steward_chores import LACKING

YES_NO = [("yes", "Yes"), ("no", "No")]
NONE = "-"  # stands in an address for metrics of no family
MEMBERS = 8  # metrics shown of each family


@dataclass(frozen=True, kw_only=True)
class Narrowing:
    """One filter: its label, what may be chosen (None: read from the metrics), and what a choice means."""

    label: str
    choices: list[tuple[str, str]] | None
    meaning: Callable[[str], Q]


def _column(name: str) -> Callable[[str], Q]:
    return lambda wanted: Q(**{name: "" if wanted == NONE else wanted})


def _flag(holds: Callable[[], Q]) -> Callable[[str], Q]:
    return lambda wanted: {"yes": holds(), "no": ~holds()}.get(wanted, Q(pk__in=[]))


def in_doubt() -> Q:
    """Say that a metric is disputed, or that the checks of its data have found something severe that is still open."""
    return Q(doubts__gt=0) | Q(data_in_doubt=True)


FILTERS: Mapping[str, Narrowing] = {
    "family": Narrowing(label="Family", choices=None, meaning=_column("family")),
    "state": Narrowing(label="State", choices=Metric.State.choices, meaning=_column("state")),
    "owner": Narrowing(label="Owner", choices=None, meaning=_column("owner__username")),
    "doubt": Narrowing(label="In doubt", choices=YES_NO, meaning=_flag(in_doubt)),
    "category": Narrowing(label="Category", choices=None, meaning=_column("category")),
    "level": Narrowing(label="Level", choices=Metric.Level.choices, meaning=_column("level")),
    "steward": Narrowing(label="Steward", choices=None, meaning=_column("steward__username")),
    "timing": Narrowing(
        label="Leading or lagging", choices=MetricDefinition.Timing.choices, meaning=_column("definition__timing")
    ),
    "measures": Narrowing(
        label="Outcome or output", choices=MetricDefinition.Measures.choices, meaning=_column("definition__measures")
    ),
    "calculated": Narrowing(
        label="Calculated", choices=YES_NO, meaning=_flag(lambda: Q(definition__expression__gt=""))
    ),
    "personal_data": Narrowing(
        label="Personal data", choices=YES_NO, meaning=_flag(lambda: Q(definition__personal_data=True))
    ),
}
"""Name in the address → the filter, in the order of the page; what is of the definition asks the one in force."""


def registry(user: User, *, search: str = "", **wanted: str) -> "QuerySet[Metric]":
    """Return the metrics this person may see, narrowed down; a filter that names nothing known finds nothing.

    Each carries `doubts`, how many disputes cast doubt on it, and `data_in_doubt`.
    """
    found = (
        Metric.objects.visible_to(user)
        .with_definition()
        .annotate(doubts=doubts(), data_in_doubt=quality_reading.in_doubt())
    )
    for name, value in wanted.items():
        if value:
            found = found.filter(FILTERS[name].meaning(value))
    for word in search.split()[:8]:
        found = found.filter(Q(name__icontains=word) | Q(key__icontains=word) | Q(family__icontains=word))
    return found


def choices(user: User) -> dict[str, list[tuple[str, str]]]:
    """Return what each filter may be set to; families, categories and people of what this person sees: one query."""
    columns = ("family", "category", *(f"{who}__{part}" for who in ("owner", "steward") for part in PERSON))
    rows = Metric.objects.visible_to(user).order_by().values_list(*columns).distinct()
    found: dict[str, dict[str, str]] = {"family": {}, "category": {}, "owner": {}, "steward": {}}
    for family, category, *people in rows:
        found["family"][family or NONE] = family or "No family"
        if category:
            found["category"][category] = category
        for who, (username, first, last) in (("owner", people[:3]), ("steward", people[3:])):
            if username:
                found[who][username] = f"{first} {last}".strip() or username
    told = {name: sorted(pairs.items(), key=lambda pair: pair[1].lower()) for name, pairs in found.items()}
    return {name: each.choices if each.choices is not None else told[name] for name, each in FILTERS.items()}


PERSON = ("username", "first_name", "last_name")


def families(found: "QuerySet[Metric]") -> "QuerySet[Any]":
    """Return the families among the metrics, by name, each with how its metrics stand: one query."""
    states = {state.value: Count("pk", filter=Q(state=state)) for state in Metric.State}
    counted = {"count": Count("pk"), "doubted": Count("pk", filter=in_doubt()), "nobodys": Count("pk", filter=LACKING)}
    return found.select_related(None).order_by("family").values("family").annotate(**counted, **states)


def standing(counted: Mapping[str, Any]) -> str:
    """Say how many of a family's metrics are in each state."""
    return ", ".join(f"{counted[state.value]} {state.label.lower()}" for state in Metric.State if counted[state.value])


def members(found: "QuerySet[Metric]", families: list[str]) -> dict[str, list[Metric]]:
    """Return the first metrics of each of these families, by name: one query."""
    numbered = found.filter(family__in=families).annotate(
        place=Window(RowNumber(), partition_by=F("family"), order_by=[F("name").asc(), F("key").asc()])
    )
    grouped: dict[str, list[Metric]] = {}
    for metric in numbered.filter(place__lte=MEMBERS).order_by("family", "name", "key"):
        grouped.setdefault(metric.family, []).append(metric)
    return grouped
