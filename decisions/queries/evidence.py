"""The register of a decision's evidence: each piece, what it supports, how fresh it is; and what nothing supports."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.db.models import OuterRef, Subquery
from django.urls import reverse
from django.utils import timezone

from config.kit.canonical import decimal_text, utc_text
from config.kit.days import day_text
from decisions.domain.ageing import Refresh
from decisions.domain.dossier import Dossier, Evidence
from decisions.domain.evidence import Claim, Piece, claims, finding_words, gaps, is_pinned, pieces
from decisions.domain.moves import LIVE
from decisions.domain.obstacles import Obstacle
from decisions.domain.renewing import people_of, prints_of, state
from decisions.models import Decision, EvidenceRefresh, UploadGrant
from decisions.queries import findings
from decisions.queries.desk import Desk
from decisions.queries.overview import Overview
from decisions.services import dues
from decisions.services.places import obstacle_url
from metrics.models import Metric, Observation

KINDS = {"link": "Link", "document": "Document", "file": "File", "metric": "Metric", "experiment": "Experiment"}
TONES = {"fresh": "ok", "due soon": "warn", "overdue": "warn", "undated": ""}
SAFE = ("http://", "https://", "mailto:")


@dataclass(frozen=True)
class Support:
    """One thing that a piece supports, with its place."""

    label: str
    url: str
    section: str


@dataclass(frozen=True)
class Row:
    """One piece of the register."""

    piece: Piece
    kind: str
    address: str
    owner: str
    supports: Sequence[Support]
    retrieved_on: date | None
    refresh_on: date | None
    state: str
    value: str
    since: str
    renewed: EvidenceRefresh | None
    url: str
    finding: str = ""

    @property
    def tone(self) -> str:
        """Return the tone of its state."""
        return TONES[self.state]

    @property
    def verdict(self) -> str:
        """Return the verdict of an experiment as it was pinned."""
        return self.finding.partition(".")[0].lower()


@dataclass(frozen=True)
class DatedRow:
    """Something else with a day: a section's data, an assumption, a manual check."""

    refresh: Refresh
    owner: str
    state: str
    url: str

    @property
    def tone(self) -> str:
        """Return the tone of its state."""
        return TONES[self.state]


@dataclass
class Register:
    """The evidence of one decision as one person sees it: of what they work on, else of what is in force."""

    desk: Desk

    @cached_property
    def decision(self) -> Decision:
        """Return the decision."""
        return self.desk.decision

    @cached_property
    def dossier(self) -> Dossier:
        """Return what is worked on when it may be, else what is in force."""
        return self.desk.dossier if self.desk.editable else Overview(self.desk).dossier

    @property
    def is_live(self) -> bool:
        """Say whether what is shown is in force, so that its evidence is refreshed, not edited."""
        return not self.desk.editable and self.decision.state in {state.value for state in LIVE}

    @cached_property
    def today(self) -> date:
        """Return today in the person's zone."""
        return timezone.localdate()

    @cached_property
    def found(self) -> tuple[Piece, ...]:
        """Return every piece."""
        return pieces(self.dossier)

    @cached_property
    def dated(self) -> dict[str, Refresh]:
        """Return everything with a day, by place; with what was looked at again since it was signed."""
        return {each.place: each for each in dues.dated_in(self.decision, self.dossier)}

    @cached_property
    def renewals(self) -> dict[str, EvidenceRefresh]:
        """Return, by place, when it was last looked at again."""
        if not self.decision.version:
            return {}
        prints = prints_of(self.dossier)
        rows = EvidenceRefresh.objects.filter(decision=self.decision).select_related("by")
        return {row.piece: row for row in rows if prints.get(row.piece) == row.fingerprint}

    @cached_property
    def claims(self) -> dict[str, Claim]:
        """Return everything that may be supported."""
        return claims(self.dossier, self.names)

    @cached_property
    def names(self) -> dict[str, str]:
        """Return what the metrics are called that this person may see, by key."""
        return {key: offer.name for key, offer in self.desk.world.metrics.items()}

    @cached_property
    def files(self) -> dict[str, UploadGrant]:
        """Return the files that the decision holds, by digest."""
        rows = UploadGrant.objects.filter(decision=self.decision).select_related("upload")
        return {row.upload.sha256: row for row in rows}

    @cached_property
    def experiments(self) -> Mapping[int | None, Any]:
        """Return the pinned experiments that the person may see."""
        return findings.known(self.desk.user, [piece.evidence for piece in self.found])

    @cached_property
    def rows(self) -> list[Row]:
        """Return the register."""
        live = since(self.desk, [piece.evidence for piece in self.found])
        live |= {
            _key(piece.evidence): findings.since(piece.evidence, self.experiments[piece.evidence.finding.experiment])
            for piece in self.found
            if piece.evidence.finding.experiment in self.experiments
        }
        return [self._row(piece, live) for piece in self.found]

    def _row(self, piece: Piece, live: Mapping[str, str]) -> Row:
        item, renewed = piece.evidence, self.renewals.get(piece.place)
        dated = self.dated.get(piece.place)
        refresh_on = dated.day if dated else None
        retrieved = max(filter(None, (item.retrieved_on, renewed.retrieved_on if renewed else None)), default=None)
        return Row(
            piece=piece,
            kind=KINDS.get(item.kind, item.kind),
            address=self._address(item),
            owner=self.desk.world.people.get(piece.owner, piece.owner),
            supports=[self._support(key) for key in piece.supports],
            retrieved_on=retrieved,
            refresh_on=refresh_on,
            state=state(refresh_on, self.today),
            value=self._value(item),
            since=live.get(_key(item), ""),
            renewed=renewed,
            url=reverse("decision_piece", args=[self.decision.reference, piece.place]),
            finding=finding_words(item.finding),
        )

    def _address(self, item: Evidence) -> str:
        if item.kind == "file":
            held = item.sha256 in self.files
            return reverse("decision_file", args=[self.decision.reference, item.sha256]) if held else ""
        if item.kind == "metric":
            seen = item.reference in self.desk.world.metrics
            return reverse("metric", args=[item.reference]) if seen else ""
        if item.kind == "experiment":
            number = item.finding.experiment
            return reverse("experiment", args=[number]) if number in self.experiments else ""
        return item.reference if item.reference.startswith(SAFE) else ""

    def _support(self, key: str) -> Support:
        claim = self.claims.get(key)
        if claim is None:
            return Support(f"{key} (no longer there)", "", "")
        return Support(claim.label, self.place_of(claim), claim.section)

    def place_of(self, claim: Claim) -> str:
        """Return where a claim is: on its editing page for who may edit, else on the decision's page."""
        if self.desk.editable:
            return obstacle_url(self.decision.reference, Obstacle("", claim.section, claim.anchor))
        return f"{reverse('decision', args=[self.decision.reference])}#{claim.section}"

    def _value(self, item: Evidence) -> str:
        if not is_pinned(item) or item.snapshot.value is None:
            return ""
        offer = self.desk.world.metrics.get(item.reference)
        unit = f" {offer.unit}" if offer and offer.unit else ""
        return f"{decimal_text(item.snapshot.value)}{unit}, period from {moment_day(item.snapshot.period_start)}"

    @property
    def others(self) -> list[DatedRow]:
        """Return what else carries a day."""
        known = {piece.place for piece in self.found}
        people = people_of(self.dossier)
        return [
            DatedRow(
                each,
                self.desk.world.people.get(people.get(place, ""), people.get(place, "")),
                state(each.day, self.today),
                reverse("decision_piece", args=[self.decision.reference, place]),
            )
            for place, each in self.dated.items()
            if place not in known
        ]

    @cached_property
    def gaps(self) -> list[Support]:
        """Return the claims that no evidence supports; for who may edit, with the page that adds some."""
        add = reverse("decision_piece_new", args=[self.decision.reference])
        editable = self.desk.editable
        return [
            Support(claim.label, f"{add}?supports={claim.key}" if editable else self.place_of(claim), claim.section)
            for claim in gaps(self.dossier, self.names)
        ]


def since(desk: Desk, evidence: Iterable[Evidence]) -> dict[str, str]:
    """Return, for every pinned value, what became of it since, where this person may see the metric; three queries."""
    pinned = [item for item in evidence if is_pinned(item) and item.snapshot.value is not None]
    newest = Observation.objects.filter(metric=OuterRef("pk"), segment="", value__isnull=False).current()
    newest = newest.order_by("-period_start")
    visible = Metric.objects.with_whole_visible_to(desk.user).filter(key__in={item.reference for item in pinned})
    last = visible.annotate(
        last_value=Subquery(newest.values("value")[:1]), last_start=Subquery(newest.values("period_start")[:1])
    )
    metrics = {metric.key: metric for metric in last} if pinned else {}
    starts = {moment for item in pinned if (moment := _moment(item.snapshot.period_start))}
    same = Observation.objects.filter(metric__in=list(metrics.values()), segment="", period_start__in=starts).current()
    now = {(row.metric_id, utc_text(row.period_start)): row for row in same} if metrics else {}
    return {
        _key(item): _since(item, now.get((metric.pk, item.snapshot.period_start)), metric)
        for item in pinned
        if (metric := metrics.get(item.reference))
    }


def _since(item: Evidence, same: Observation | None, metric: Any) -> str:
    """Say what differs today: the period's value was corrected or withdrawn, or a later period has another one."""
    snapshot = item.snapshot
    if same is None or same.value is None:
        return "Since then: the value was withdrawn."
    if same.value != snapshot.value:
        return f"Since then: corrected to {decimal_text(same.value)} (revision {same.revision})."
    if metric.last_value != snapshot.value:
        return f"Since then: {decimal_text(metric.last_value)} in the period from {day_text(metric.last_start)}."
    return ""


def _key(item: Evidence) -> str:
    return f"{item.reference} {item.snapshot.period_start} {item.snapshot.value} {item.finding.pinned_at}"


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


def moment_day(text: str) -> str:
    """Write the day of a time as the dossier keeps it; what is no time stays as it is."""
    found = _moment(text)
    return day_text(timezone.localtime(found)) if found else text
