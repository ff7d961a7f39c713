"""What pages read of disputes: what each is about, how it stands, and the value that is meant."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, Exists, IntegerField, OuterRef, Prefetch, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce

from approvals.models import User
from config.kit.days import day_text
from metrics.domain.periods import zone_named
from metrics.models import Dispute, DisputeVoice, Metric, MetricSegment, Observation, RelevanceReview

TONES = {"open": "warn", "upheld": "bad", "declined": "", "withdrawn": ""}


@dataclass(frozen=True, kw_only=True)
class Told:
    """One dispute as a list shows it."""

    dispute: Dispute
    about: str
    word: str
    tone: str
    voices: list[DisputeVoice]
    disputed: Observation | None = None
    current: Observation | None = None

    @property
    def title(self) -> str:
        """Return what it is about, as a sentence begins."""
        return self.about[0].upper() + self.about[1:]

    @property
    def first(self) -> DisputeVoice | None:
        """Return who opened it, or carries it on."""
        said = [voice for voice in self.voices if voice.withdrawn_at is None]
        return (said or self.voices)[0] if self.voices else None


def about(dispute: Dispute) -> str:
    """Say in words what is disputed."""
    if dispute.definition is not None:
        return f"version {dispute.definition.number} of the definition"
    segment = f" ({dispute.segment})" if dispute.segment else ""
    return f"the value for {period_words(dispute)}{segment}"


def period_words(dispute: Dispute) -> str:
    """Name the period of the disputed value, in the metric's own zone."""
    if dispute.period_start is None:
        return ""
    local = dispute.period_start.astimezone(zone_named(dispute.metric.time_zone))
    return f"{day_text(local)}, {local:%H:%M}" if dispute.metric.has_short_periods else day_text(local)


def period_name(dispute: Dispute) -> str:
    """Return what names the period in an address."""
    return "" if dispute.period_start is None else dispute.metric.period_name(dispute.period_start)


def doubts() -> Coalesce:
    """Return, for each metric, how many disputes cast doubt on what everybody sees of it."""
    hidden = MetricSegment.objects.filter(restricted=True, metric=OuterRef("metric"), name=OuterRef("segment"))
    of_values = Q(kind=Dispute.Kind.VALUE) & Q(Exists(hidden))
    casting = Dispute.objects.casting_doubt().exclude(of_values).filter(metric=OuterRef("pk")).order_by()
    counted = casting.values("metric").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def relevance_due_at() -> Subquery:
    """Return, for each metric, when its relevance is to be reviewed next."""
    waiting = RelevanceReview.objects.filter(metric=OuterRef("pk"), state=RelevanceReview.State.DUE)
    return Subquery(waiting.values("due_at")[:1])


def disputes_of(metric: Metric, user: User) -> "QuerySet[Dispute]":
    """Return the metric's disputes that the person may see, open ones first, then the newest."""
    return all_disputes(user).filter(metric=metric)


def all_disputes(user: User, state: str = "") -> "QuerySet[Dispute]":
    """Return every dispute that the person may see, or those in a state, open ones first, then the newest."""
    rows = Dispute.objects.visible_to(user).with_correction()
    if state:
        rows = rows.filter(state=state)
    open_first = Case(When(state=Dispute.State.OPEN, then=0), default=1, output_field=IntegerField())
    return rows.order_by(open_first, "-opened_at", "-pk")


def loaded(rows: "QuerySet[Dispute]") -> "QuerySet[Dispute]":
    """Have each carry who says so, who answered, and whom it has reached: two more queries."""
    voices = Prefetch("voices", DisputeVoice.objects.select_related("person"))
    return rows.select_related("metric__definition", "definition", "answered_by").prefetch_related(voices)


def told(disputes: list[Dispute]) -> list[Told]:
    """Return disputes as a list shows them, with the value that is meant and the one that counts now: one query."""
    revisions = _revisions(disputes)
    return [_told(dispute, revisions) for dispute in disputes]


def _told(dispute: Dispute, revisions: dict[Any, list[Observation]]) -> Told:
    rows = revisions.get((dispute.metric_id, dispute.segment, dispute.period_start), [])
    word, tone = dispute.get_state_display(), TONES[dispute.state]
    if dispute.state == Dispute.State.UPHELD:
        mended = dispute.mended_at is not None or getattr(dispute, "corrected", False)
        word, tone = ("Upheld, corrected", "ok") if mended else ("Upheld, to be corrected", "bad")
    return Told(
        dispute=dispute,
        about=about(dispute),
        word=word,
        tone=tone,
        voices=list(dispute.voices.all()),
        disputed=next((row for row in rows if row.revision == dispute.revision), None),
        current=rows[-1] if rows else None,
    )


def _revisions(disputes: list[Dispute]) -> dict[Any, list[Observation]]:
    """Return every revision of the disputed periods, oldest first."""
    wanted = Q(pk__in=[])
    for dispute in disputes:
        if dispute.period_start is not None:
            wanted |= Q(metric=dispute.metric_id, segment=dispute.segment, period_start=dispute.period_start)
    found: dict[Any, list[Observation]] = {}
    for row in Observation.objects.filter(wanted).order_by("revision"):
        found.setdefault((row.metric_id, row.segment, row.period_start), []).append(row)
    return found
