"""What the decision's page asks beside the decision itself: queries that are built once."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db.models import F, JSONField, OuterRef, Q, QuerySet, Subquery, Value, Window
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, NullIf, RowNumber

from approvals.models import Identity, LedgerEntry, Signature, User
from approvals.readers import ModelsFor, RowsFor
from config.kit.among import Among
from config.kit.prepared import ID, TEXT, PreparedModels, Slot
from decisions.models import SUBJECT_KIND, DecisionMetric, FramingAgreement, Reevaluation
from metrics.models import Condition, Metric, Observation
from metrics.queries import pair_facts

EVENTS, SIGNATURES = 12, 8
SPARK = 26
OFFERED = ("key", "name", "definition__unit", "definition__cadence")
DECISION, REFERENCE = Slot("decision", ID), Slot("reference", TEXT)


def _people() -> "QuerySet[User]":
    """Those named, and those who agreed to the framing with the digest, each with when."""
    given = FramingAgreement.objects.filter(framing__decision=DECISION, digest=Slot("digest", TEXT))
    last = given.filter(person=OuterRef("pk")).order_by("-pk").values("at")[:1]
    named = Q(Among("username", Slot("named", TEXT, many=True)))
    return User.objects.filter(named | Q(pk__in=given.values("person"))).annotate(agreed_at=Subquery(last))


def _tasks() -> "QuerySet[Reevaluation]":
    wanted = [*Reevaluation.OPEN_STATES, Reevaluation.State.ANSWERED]
    return Reevaluation.objects.filter(decision=DECISION, state__in=wanted).select_related("metric")


def _signatures() -> "QuerySet[Signature]":
    found = Signature.objects.filter(request__kind=SUBJECT_KIND, request__subject_id=REFERENCE)
    return found.select_related("signer", "for_whom", "stage").order_by("-signed_at")[:SIGNATURES]


def _linked(user: User) -> "QuerySet[Metric]":
    rests = DecisionMetric.objects.filter(decision=DECISION).values("metric")
    seen = Metric.objects.visible_to(user).select_related("definition").annotate(pair_alert=pair_facts.alert_now())
    return seen.filter(pk__in=rests).only(*OFFERED, "state", "removal_date")


def _named(user: User) -> "QuerySet[Metric]":
    seen = Metric.objects.visible_to(user).select_related("definition")
    return seen.filter(Among("key", Slot("keys", TEXT, many=True))).only(*OFFERED)


def _newest(user: User) -> "QuerySet[Any, Any]":
    newest_first = Window(RowNumber(), partition_by="metric", order_by=F("period_start").desc())
    rows = Observation.objects.visible_to(user).filter(Among("metric_id", Slot("metrics", ID, many=True)), segment="")
    recent = rows.current().annotate(place=newest_first).filter(place__lte=SPARK).order_by("period_start")
    return recent.values_list("metric", "value")


def _entries() -> "QuerySet[LedgerEntry]":
    """The latest entries of a stream whose verb begins so, with who did it and whom it is about."""
    actor = Identity.objects.filter(commitment=OuterRef("actor"))
    invited = Identity.objects.filter(commitment=OuterRef("person"))
    named = Coalesce(NullIf("name", Value("")), "username")
    return (
        LedgerEntry.objects.filter(stream=Slot("stream", TEXT), verb__startswith=Slot("verbs", TEXT))
        .annotate(name=Subquery(actor.values("name")[:1]), username=Subquery(actor.values("username")[:1]))
        .annotate(person=KeyTextTransform("person", Cast("payload", JSONField())))
        .annotate(about=Subquery(invited.annotate(named=named).values("named")[:1]))
        .order_by("-stream_seq")[:EVENTS]
    )


PEOPLE = PreparedModels(_people)
TASKS = PreparedModels(_tasks)
SIGNED = PreparedModels(_signatures)
ENTRIES = PreparedModels(_entries)
CONDITIONS = PreparedModels(lambda: Condition.objects.filter(watcher=REFERENCE, armed=True))
LINKED = ModelsFor(_linked)
NAMED = ModelsFor(_named)
NEWEST = RowsFor(_newest)


def newest_values(metrics: Sequence[Metric], user: User) -> dict[int, list[Any]]:
    """Return the newest values of a few metrics, oldest first, in one query."""
    found: dict[int, list[Any]] = defaultdict(list)
    if metrics:
        for pk, value in NEWEST.rows(user, metrics=[metric.pk for metric in metrics]):
            found[pk].append(value)
    return found
