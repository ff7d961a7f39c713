"""The blast radius of a metric, of one version of its definition, or of one value: everything that rests on it.

Only what the person may see is named. How much there is besides is told to those alone who may correct values or
change the definition: they must know that somebody is concerned. To everybody else even the number would tell that
there is something confidential.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q
from django.http import Http404
from django.urls import reverse

from approvals.models import User
from config.kit.text import FIRST_DAY, LAST_DAY, clean_text
from metrics import dependants
from metrics.access import rights_of, sees
from metrics.dependants import Dependant, Told
from metrics.models import Condition, Episode, Metric
from metrics.queries.stored import Watch
from metrics.services import formulas
from metrics.services.entries import cadence_of

_STATES = {"breached": ("Broken", "bad"), "ok": ("Holds", "ok")}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """About what: a version of the definition, or the value of one period (its start) in a segment; else all of it."""

    version: int | None = None
    period: datetime | None = None
    segment: str = ""


@dataclass(frozen=True, kw_only=True)
class Reached:
    """One thing that rests there."""

    kind: str  # decision | condition | report
    title: str
    url: str
    state: str = ""
    tone: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Radius:
    """Everything that rests there and may be named; `hidden`: how much may not, or None where that is not told."""

    reached: Sequence[Reached]
    hidden: int | None

    @property
    def groups(self) -> list[tuple[str, list[Reached]]]:
        """Return decisions, conditions and reports, each with its title."""
        titles = (("decision", "Decisions"), ("condition", "Break conditions"), ("report", "Metrics and reports"))
        return [(title, [each for each in self.reached if each.kind == kind]) for kind, title in titles]


def asked_about(metric: Metric, given: Mapping[str, str], user: User) -> Asked:
    """Read what is asked about from a query string; Http404 for what there is not, or not for this person."""
    version = given.get("version", "")
    if version:
        if not (version.isascii() and version.isdecimal() and len(version) < 10):
            raise Http404("There is no such version.")
        if not metric.definitions.filter(number=int(version)).exists():
            raise Http404("There is no such version.")
        return Asked(version=int(version))
    try:
        segment = clean_text(given.get("segment", ""), max_length=80)
    except ValueError as error:
        raise Http404("There is no such segment.") from error
    if not given.get("period"):
        return Asked()
    if not sees(user, metric, segment):
        raise Http404("There is no such segment.")
    return Asked(period=_period(metric, given["period"]), segment=segment)


def _period(metric: Metric, text: str) -> datetime:
    """Return the start of the period that a day (or, for cadences of hours and less, a time) lies in."""
    try:
        moment = datetime.fromisoformat(text) if len(text) > 10 else date.fromisoformat(text)
    except ValueError as error:
        raise Http404("There is no such period.") from error
    day = moment.date() if isinstance(moment, datetime) else moment
    if not FIRST_DAY <= day <= LAST_DAY:
        raise Http404("There is no such period.")
    return cadence_of(metric).containing(moment).start


def radius_of(metric: Metric, user: User, asked: Asked) -> Radius:
    """Return what rests on it, as far as the person may see: a fixed number of queries."""
    resting = dependants.of(metric, user)
    named = {each.watcher: each for each in resting if each.watcher}
    told = dependants.told(metric, named)
    armed = _armed(metric, asked)
    shown = [condition for condition in armed if condition.watcher in named]
    reports, hidden_reports = _reports(metric, user)
    reached = [
        *(_decision(each, told) for each in resting if each.watcher and _pinned(each, told, asked)),
        *_conditions(metric, shown, named, told, asked),
        *(_other(each) for each in resting if not each.watcher),
        *reports,
    ]
    rights = rights_of(user, metric)
    concerned = rights.manage or rights.contribute
    return Radius(reached, len(armed) - len(shown) + hidden_reports if concerned else None)


def _armed(metric: Metric, asked: Asked) -> list[Condition]:
    """Return the conditions that read the metric, as their own or as part of a composite; one value, in its segment."""
    found = Condition.objects.armed().filter(Q(metric=metric) | Q(others=metric)).distinct()
    if asked.period is not None:
        found = found.filter(segment=asked.segment)
    return list(found.select_related("metric__definition").order_by("watcher", "key"))


def _pinned(each: Dependant, told: Told, asked: Asked) -> bool:
    """Say whether a decision rests on the version asked about: on it, or on none in particular."""
    versions = told.versions.get(each.watcher)
    return asked.version is None or not versions or asked.version in versions


def _decision(each: Dependant, told: Told) -> Reached:
    versions = sorted(told.versions.get(each.watcher, ()))
    pinned = f"Approved on version {', '.join(map(str, versions))} of the definition" if versions else ""
    detail = "; ".join(filter(None, [pinned, each.detail]))
    return Reached(kind="decision", title=each.title, url=each.url, state=each.state, tone=each.tone, detail=detail)


def _other(each: Dependant) -> Reached:
    return Reached(kind="report", title=each.title, url=each.url, state=each.state, tone=each.tone, detail=each.detail)


def _conditions(
    metric: Metric, shown: Sequence[Condition], named: dict[str, Dependant], told: Told, asked: Asked
) -> list[Reached]:
    """Return the conditions in words, each with the assumption that it would break."""
    touched = _touched(shown, asked)
    found = []
    for condition in shown:
        state, tone = _STATES.get(condition.state, (condition.get_state_display(), "warn"))
        statement = told.assumptions.get((condition.watcher, condition.key), "")
        detail = [
            f"Breaks “{statement.rstrip('.')}”" if statement else "",
            "by its parts" * (condition.metric != metric),
        ]
        if condition.pk in touched:
            detail.append("a breach rests on this value")
        found.append(
            Reached(
                kind="condition",
                title=f"{condition.watcher}: {Watch(condition, []).sentence}",
                url=named[condition.watcher].url,
                state=state,
                tone=tone,
                detail="; ".join(filter(None, detail)),
            )
        )
    return found


def _touched(shown: Sequence[Condition], asked: Asked) -> set[int]:
    """Return the conditions with a breach that the period asked about is part of: one query, or none."""
    if asked.period is None:
        return set()
    versions = {condition.pk: condition.version for condition in shown}
    over = Q(end__isnull=True) | Q(end__gt=asked.period)
    rows = Episode.objects.filter(over, condition__in=versions, retracted_at=None, start__lte=asked.period)
    return {pk for pk, version in rows.values_list("condition", "version") if versions[pk] == version}


def _reports(metric: Metric, user: User) -> tuple[list[Reached], int]:
    """Return the metrics calculated from it or held against it, and how many of them may not be seen."""
    calculated = set(formulas.following(metric.pk))
    # Counter-metrics are a list of keys in JSON, which databases search each in their own way.
    named = Metric.objects.in_use().filter(definition__isnull=False).values_list("pk", "definition__counter_metrics")
    counters = {pk for pk, keys in named if metric.key in keys} - {metric.pk}
    seen = Metric.objects.visible_to(user).filter(pk__in=calculated | counters).order_by("name")
    found = [
        Reached(
            kind="report",
            title=each.name,
            url=reverse("metric", args=[each.key]),
            state=each.get_state_display(),
            detail="Calculated from it" if each.pk in calculated else "Has it as a counter-metric",
        )
        for each in seen
    ]
    return found, len(calculated | counters) - len(found)
