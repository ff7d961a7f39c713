"""The decision's page: what it says, where it stands, who signed, what it rests on, what happened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from approvals.conversation import Thread
from approvals.models import ChangeRequest, Signature
from config.kit import charts, markdown
from config.kit.canonical import parse
from config.kit.days import day_text
from decisions.domain.brief import brief
from decisions.domain.dossier import SECTIONS, Dossier
from decisions.domain.framing import digest_of
from decisions.domain.frozen import frozen
from decisions.domain.judging import GRID, Quadrant, quadrant
from decisions.domain.moves import LIVE, MOVES, State
from decisions.domain.scoring import complaints, model_from
from decisions.domain.standing import Facts, Standing, standing
from decisions.forms.offers import MetricOffer
from decisions.models import Closing, Decision, Reevaluation
from decisions.queries import doubts, page_rows
from decisions.queries.desk import NUMBERS, Desk
from decisions.queries.doubts import InDoubt
from decisions.queries.happened import CHOSEN, INVITING, TONES, VERBS
from decisions.queries.learning import called_back
from decisions.queries.portfolio import UNEASY
from decisions.queries.ranked import ranking_of
from decisions.queries.reading import Block, Reader
from decisions.queries.said import by_section, said
from decisions.services import drafts
from decisions.services.readiness import metric_keys, people_named
from metrics.models import Condition, Metric

LONGEST = 300  # characters of what an event says
METRICS = 6
NEAR = (Condition.State.PENDING, Condition.State.RECOVERING)


@dataclass(frozen=True)
class ReadSection:
    """A section for reading; `cut` when there is more than is shown."""

    key: str
    number: int
    title: str
    blocks: Sequence[Block]
    cut: bool
    edit_url: str
    threads: Sequence[Thread] = ()
    writers: str = ""


@dataclass(frozen=True)
class Linked:
    """A metric that the decision rests on, with its recent values and its worst condition."""

    name: str
    url: str
    spark: SafeString
    latest: Any
    unit: str
    word: str
    tone: str
    pair: int | None = None  # a pair of which one metric improves at the cost of the other


@dataclass(frozen=True)
class Event:
    """One line of the timeline."""

    at: datetime
    who: str
    what: str
    detail: str = ""
    tone: str = ""
    url: str = ""


@dataclass
class Overview:
    """One decision as one person sees it; every part is read when the template asks for it."""

    desk: Desk
    whole: str = ""

    @cached_property
    def decision(self) -> Decision:
        """Return the decision."""
        return self.desk.decision

    @cached_property
    def live(self) -> bool:
        """Say whether an approved version is in force."""
        return self.decision.version > 0

    @cached_property
    def digest(self) -> str:
        """Return the digest of what is in force."""
        return str(getattr(self.decision, "approved_digest", None) or "")

    @cached_property
    def dossier(self) -> Dossier:
        """Return what is in force, or else the working draft; never the draft of an amendment."""
        text = getattr(self.decision, "approved_text", None)
        return frozen(text).dossier if text else self.desk.dossier

    @cached_property
    def draft(self) -> bool:
        """Say whether obstacles are to be listed."""
        return self.decision.state == State.DRAFT

    @cached_property
    def change(self) -> ChangeRequest | None:
        """Return the amendment under way."""
        found = getattr(self.decision, "change_id", None)
        if not found:
            return None
        reason, kind = (getattr(self.decision, name) for name in ("change_reason", "change_class"))
        return ChangeRequest(pk=found, reason=reason, change_class=kind)

    @cached_property
    def request_id(self) -> int | None:
        """Return the number of the request that runs."""
        return getattr(self.decision, "request_id", None)

    @cached_property
    def reevaluation(self) -> Reevaluation | None:
        """Return the open re-evaluation."""
        if self.decision.state != State.QUESTIONED:
            return None
        return next((task for task in self._tasks if task.is_open), None)

    @cached_property
    def called_back(self) -> tuple[int, str] | None:
        """Return how often it was called back and answered, and the median time from breach to answer."""
        return called_back(self._tasks)

    @cached_property
    def _tasks(self) -> list[Reevaluation]:
        """Return the re-evaluations that are open or were answered, in one query."""
        if not self.decision.version:
            return []
        return page_rows.TASKS.all(decision=self.decision.pk)

    @property
    def closing(self) -> Closing | None:
        """Return how the decision ended, once it is closed."""
        return getattr(self.decision, "closing", None)

    @property
    def quadrant(self) -> Quadrant | None:
        """Return which of the four the ending is."""
        return quadrant(outcome=self.closing.outcome, process=self.closing.process) if self.closing else None

    grid = GRID

    def reviews(self) -> list[tuple[int, date | datetime]]:
        """Return the review to hold next, and the last one that was held: number, and day or time."""
        decision: Any = self.decision
        live = decision.state in {state.value for state in LIVE}
        ahead = [(decision.review_id, decision.next_review_on)] if live and decision.next_review_on else []
        pairs = [*ahead, (decision.last_review_id, decision.last_review_at)]
        return [(number, at) for number, at in pairs if number is not None and at is not None]

    @cached_property
    def people(self) -> dict[str, str]:
        """Return the names of the people whom the dossier names."""
        if self.draft:
            return self.desk.world.people
        return {person.username: str(person) for person in self._people}

    @cached_property
    def linked(self) -> list[Metric]:
        """Return the metrics that the decision rests on and this person may see."""
        return page_rows.LINKED.all(self.desk.user, decision=self.decision.pk) if self.live else []

    @cached_property
    def metrics(self) -> dict[str, MetricOffer]:
        """Return names and units by key."""
        if self.draft:
            return dict(self.desk.world.metrics)
        keys = {key for key, _ in metric_keys(self.dossier)}
        found = self.linked or page_rows.NAMED.all(self.desk.user, keys=sorted(keys))
        return {m.key: _offer(m) for m in found}

    @cached_property
    def conditions(self) -> list[Condition]:
        """Return the armed conditions."""
        if not self.live:
            return []
        return page_rows.CONDITIONS.all(reference=self.decision.reference)

    @cached_property
    def standing(self) -> Standing:
        """Return how the decision stands today."""
        facts = Facts(
            state=self.decision.state,
            answer_due_at=self.reevaluation.due_at if self.reevaluation else None,
            evidence_due_on=self.decision.evidence_due_on,
            near_break=any(condition.state in UNEASY for condition in self.conditions),
        )
        return standing(facts, now=timezone.now())

    @cached_property
    def doubts(self) -> list[InDoubt]:
        """Return which of the data that it rests on are in doubt."""
        marked = self.live and getattr(self.decision, "in_doubt", True)
        return doubts.of_decision(self.decision, self.desk.user) if marked else []

    @cached_property
    def fragile(self) -> bool:
        """Say whether the leader of the ranking changes easily; False while nothing can be ranked."""
        model = model_from(self.dossier)
        return not complaints(model) and ranking_of(model).fragile

    def sections(self) -> list[ReadSection]:
        """Return the sections to read: all, cut to the page's length, or the one asked for, whole."""
        reader = Reader(self.dossier, self.people, self.metrics, whole=bool(self.whole))
        chosen = [(key, title) for key, title in SECTIONS if self.whole in {"", key}]
        return [self._section(reader, key, title) for key, title in chosen]

    @cached_property
    def said(self) -> dict[str, list[Thread]]:
        """Return the open comments by section; on a live decision's page only the rail counts them."""
        return by_section(said(self.desk)) if self.draft or self.whole else {}

    @cached_property
    def writers(self) -> dict[str, str]:
        """Return who wrote each section, the most recent first."""
        if not (self.draft or self.whole):
            return {}
        latest = sorted(drafts.contributors(self.decision), key=lambda each: each.last, reverse=True)
        return {key: ", ".join(map(_wrote, each)) for key, each in drafts.by_section(latest).items()}

    @property
    def said_in_all(self) -> int:
        """Return how many comments are open."""
        return getattr(self.decision, "open_comments", None) or 0

    def _section(self, reader: Reader, key: str, title: str) -> ReadSection:
        blocks = reader.blocks(key)
        cut = not self.whole and any(
            block.more or block.text.endswith("…") or any(value.endswith(" …") for _, value in block.facts)
            for block in blocks
        )
        editing = self.draft and self.desk.may_edit
        url = reverse("decision_edit", args=[self.decision.reference, key]) if editing else ""
        return ReadSection(
            key, NUMBERS[key], title, blocks, cut, url, self.said.get(key, ()), self.writers.get(key, "")
        )

    def graphs(self) -> dict[str, SafeString]:
        """Return the lifecycle, wide and narrow."""
        moves = [(origin.label, move.label, target.label) for (origin, move), target in MOVES.items()]
        current = State(self.decision.state).label
        states, title = [state.label for state in State], f"Lifecycle: {current}"
        return {
            "wide": charts.state_graph(states, moves, current=current, title=title),
            "narrow": charts.state_graph(states, moves, current=current, title=title, narrow=True),
        }

    @property
    def framed(self) -> list[Any]:
        """Return who agreed to the framing of what is shown, before it was scored; each with `agreed_at`."""
        agreed = [person for person in self._people if person.agreed_at]
        return sorted(agreed, key=lambda person: person.agreed_at)

    @cached_property
    def _people(self) -> list[Any]:
        """Return the people whom the dossier names and those who agreed to its framing, in one query."""
        text = getattr(self.decision, "approved_text", None)
        shown = frozen(text).framing if text else digest_of(self.dossier)
        named = [] if self.draft else sorted(set(people_named(self.dossier)))
        return page_rows.PEOPLE.all(decision=self.decision.pk, digest=shown, named=named)

    def signatures(self) -> list[Signature]:
        """Return the signatures under this decision's requests, newest first; none before it was ever submitted."""
        if self.decision.submitted_at is None:
            return []
        return page_rows.SIGNED.all(reference=self.decision.reference)

    def linked_metrics(self) -> list[Linked]:
        """Return the metrics with sparkline, latest value and worst condition."""
        shown = self.linked[:METRICS]
        values = page_rows.newest_values(shown, self.desk.user)
        return [self._linked(metric, values[metric.pk]) for metric in shown]

    def _linked(self, metric: Metric, values: list[Any]) -> Linked:
        states = {condition.state for condition in self.conditions if condition.metric_id == metric.pk}
        word, tone = "", ""
        if Condition.State.BREACHED in states:
            word, tone = "Broken", "bad"
        elif metric.removal_date:
            word, tone = metric.get_state_display(), "warn"
        elif states & set(NEAR):
            word, tone = "Near break", "warn"
        elif states:
            word, tone = "Holds", "ok"
        numbers = [None if value is None else float(value) for value in values]
        spark = charts.sparkline(numbers, title=f"{metric.name}, recent values") if numbers else SafeString()
        unit = metric.definition.unit if metric.definition else ""
        known = [value for value in values if value is not None]
        url, latest = reverse("metric", args=[metric.key]), known[-1] if known else None
        return Linked(metric.name, url, spark, latest, unit, word, tone, getattr(metric, "pair_alert", None))

    def timeline(self, verbs: str = "") -> list[Event]:
        """Return the latest entries of the decision's stream in the ledger, or those whose verb begins so."""
        entries = page_rows.ENTRIES.all(stream=self.decision.stream, verbs=verbs)
        return [_event(entry, parse(entry.payload), _invited(entry)) for entry in entries]


def _offer(metric: Metric) -> MetricOffer:
    given = metric.definition
    return MetricOffer(metric.key, metric.name, given.unit if given else "", cadence=given.cadence if given else "")


def _invited(entry: Any) -> str:
    """Return whom an entry about an invitation is about; an erased person has no name."""
    return (entry.about or "erased person") if entry.verb in INVITING and entry.person else ""


def _wrote(each: drafts.Contributor) -> str:
    return f"{each.person} ({day_text(timezone.localtime(each.last).date())})"


def _event(entry: Any, payload: dict[str, Any], person: str = "") -> Event:
    """Write a ledger entry as an event; `person` is whom it is about."""
    words = (
        f"{person} {INVITING[entry.verb]}"
        if person
        else VERBS.get(entry.verb) or entry.verb.partition(".")[2].replace("_", " ").capitalize()
    )
    who = "Premise" if entry.actor == "system" else entry.name or entry.username or "erased person"
    chosen = [str(payload[name]) for name in ("verdict", "outcome") if payload.get(name)]
    said = [CHOSEN.get(value, value) for value in chosen]
    said += [markdown.plain(str(payload[name])) for name in ("reason", "findings") if payload.get(name)]
    if entry.verb.startswith("reevaluation.") and payload.get("cause") in Reevaluation.Cause.values:
        said.insert(0, str(Reevaluation.Cause(payload["cause"]).label))
    return Event(entry.moment, who, words, brief(" · ".join(said), LONGEST), TONES.get(entry.verb, ""))
