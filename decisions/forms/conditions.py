"""The condition builder: a sentence with fields in it, of which only those of the chosen kind are there."""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django import forms

from decisions.domain.backtests import outcome
from decisions.domain.breaking import tidied
from decisions.domain.conditions import (
    COMPOSITES,
    KINDS,
    SIMPLE,
    BreakCondition,
    Change,
    Clear,
    Forecast,
    Predicate,
    Window,
)
from decisions.forms import fields
from decisions.forms.items import RowForm, RowSet, rows_of
from decisions.forms.offers import Offers
from metrics.domain.wording import PERIOD_WORDS
from metrics.queries.segmented import UNSEEN

KIND_WORDS = {
    "above": "is above",
    "below": "is below",
    "outside": "is outside",
    "inside": "is inside",
    "change": "changes",
    "process": "breaks its control chart",
    "drift": "drifts",
    "stale": "has no new value",
    "forecast": "is forecast to go",
    "definition": "has another definition",
    "all": "meets all of …",
    "any": "meets any of …",
}
# What follows the kind; {name} is a field, [unit], [period] and [periods] come from the metric.
SENTENCES = {
    "above": "{bound} [unit]",
    "below": "{bound} [unit]",
    "outside": "{low} to {high} [unit]",
    "inside": "{low} to {high} [unit]",
    "change": "{change__direction} by more than {change__percent} % against {change__periods} [periods] before",
    "process": ": {process__rule_set} rules {process__rules} with limits from the first {baseline__periods} [periods]",
    "drift": "{drift__side} on its {drift__chart} chart around {drift__target} [unit] with a σ of {drift__sigma},"
    " or as in the first {baseline__periods} [periods]",
    "stale": "within its cadence and {stale__grace} [periods] of grace",
    "forecast": "{forecast__side} {bound} [unit], with {forecast__probability} % probability,"
    " within {forecast__horizon} [periods]",
    "definition": "than version {definition_version}",
    "all": "the conditions below",
    "any": "the conditions below",
}
RUN = "for {sustained} settled [periods] in a row"
# The rest, kept folded away: for every kind, and for some.
DETAILS = {
    "above": ("inclusive", "clear__bound", "clear__itself"),
    "below": ("inclusive", "clear__bound", "clear__itself"),
    "outside": ("inclusive", "clear__low", "clear__high", "clear__itself"),
    "inside": ("inclusive", "clear__low", "clear__high", "clear__itself"),
    "change": ("inclusive", "change__baseline"),
    "process": ("baseline__first", "baseline__last"),
    "forecast": ("forecast__minimum_history",),
}
DRIFT_DETAILS = {
    "ewma": ("drift__weight", "drift__width", "drift__limits", "baseline__first", "baseline__last"),
    "cusum": ("drift__slack", "drift__interval", "baseline__first", "baseline__last"),
}
COMMON = ("clear__sustained", "sustained_for", "clear__sustained_for", "gap", "no_data")
TURNING = ("kind", "drift__chart")
TOKEN = re.compile(r"\{(\w+)\}")

GAPS = [("break", "breaks the run"), ("skip", "is skipped")]
NO_DATA = [("hold", "keep the last state"), ("breach", "count as broken"), ("ok", "count as fine")]
SEVERITIES = [("minor", "Minor"), ("major", "Major"), ("critical", "Critical")]
SIDES = [("above", "above"), ("below", "below")]
ITSELF = [("", "as the break bound leaves it"), ("yes", "is fine already"), ("no", "is not fine yet")]
WHOLE = "the whole"
DURATION = "Instead of a number of periods, such as P14D for 14 days."


@dataclass(frozen=True)
class Piece:
    """A word of the sentence, or one of its fields, drawn with its name for those who do not see the sentence."""

    word: str = ""
    field: forms.BoundField | None = None
    widget: str = ""
    turns: bool = False  # what is chosen here decides which other fields there are
    name: str = ""  # of a word or a slot, unique on the page: the metric may change it
    slot: bool = False  # where the choice of a segment is, for a metric that has any
    of: str = ""  # the metric whose segments are offered in a slot


class PredicateForm(RowForm):
    """What breaks: one kind over one metric; only the fields of that kind are kept."""

    item_type = Predicate
    letter = "p"
    noun = "part"
    kinds: tuple[str, ...] = SIMPLE
    outer = ""  # the metric of the composite that it is a part of
    extras: tuple[str, ...] = ()

    metric = fields.metric("Metric")
    kind = fields.choice("What breaks it", [(kind, KIND_WORDS[kind]) for kind in SIMPLE])
    bound = fields.number("Bound")
    low = fields.number("Low")
    high = fields.number("High")
    inclusive = fields.tick("The bound itself breaks it")
    change__direction = fields.choice(
        "Direction", [("rise", "upwards"), ("fall", "downwards"), ("either", "either way")]
    )
    change__percent = fields.number("Percent")
    change__periods = fields.whole("Periods before", of=(Change, "periods"))
    change__baseline = fields.number("Or against this baseline", "Without periods; empty: the definition's baseline.")
    process__rule_set = fields.choice("Rule set", [("nelson", "Nelson"), ("western_electric", "Western Electric")])
    process__rules = fields.numbers("Rules", "Numbers with commas: 1, 2, 5.")
    baseline__periods = fields.whole("First periods", of=(Window, "periods"))
    baseline__first = fields.day("Limits from periods since", "Instead of the first so many.")
    baseline__last = fields.day("… until")
    drift__side = fields.choice("Side", [("either", "either way"), ("above", "upwards"), ("below", "downwards")])
    drift__chart = fields.choice("Chart", [("ewma", "EWMA"), ("cusum", "CUSUM")])
    drift__target = fields.number("Target")
    drift__sigma = fields.number("σ of one value")
    drift__weight = fields.number("λ, the weight of the newest value", "Empty: 0.2.")
    drift__width = fields.number("Limits in σ", "Empty: 3.")
    drift__limits = fields.choice("Limits", [("steady", "the same from the start"), ("exact", "widening at the start")])
    drift__slack = fields.number("k, what is let pass, in σ", "Empty: 0.5.")
    drift__interval = fields.number("h, where it breaks, in σ", "Empty: 5.")
    stale__grace = fields.line("Grace", "", size="6")
    forecast__side = fields.choice("Side", SIDES)
    forecast__probability = fields.number("Probability in percent", of=(Forecast, "probability"))
    forecast__horizon = fields.whole("Periods ahead", of=(Forecast, "horizon"))
    forecast__minimum_history = fields.whole(
        "Only with at least so many values", "Empty: 8.", of=(Forecast, "minimum_history")
    )
    definition_version = fields.whole("Version of the definition", of=(Predicate, "definition_version"))
    sustained = fields.whole("Periods in a row", of=(Predicate, "sustained"))
    sustained_for = fields.line("Broken for a time", DURATION)
    clear__bound = fields.number("Over again at", "Empty: as soon as it no longer breaks.")
    clear__low = fields.number("Over again from", "Empty: as soon as it no longer breaks.")
    clear__high = fields.number("Over again to")
    clear__itself = fields.choice("That bound itself", ITSELF)
    clear__sustained = fields.whole("Over after so many periods in a row", of=(Clear, "sustained"))
    clear__sustained_for = fields.line("Over after a time", DURATION)
    gap = fields.choice("A period without a value", GAPS)
    no_data = fields.choice("When values stay away", NO_DATA)

    def prepare(self, offers: Offers) -> None:
        """Keep the fields of the chosen kind."""
        self.offers = offers
        kept = {"id", *self.sentence_names, *self.detail_names}
        for name in [name for name in self.fields if name not in kept]:
            del self.fields[name]

    @cached_property
    def chosen(self) -> str:
        """Return the kind as typed, or as stored."""
        typed = self.data.get(self.add_prefix("kind")) if self.is_bound else None
        stored = getattr(self.item, "kind", "above")
        return str(typed) if typed in self.kinds else stored if stored in self.kinds else "above"

    @property
    def is_composite(self) -> bool:
        """Say whether it is put together from parts."""
        return self.chosen in COMPOSITES

    @property
    def template_text(self) -> str:
        """Return the sentence with its fields in braces."""
        run = "" if self.chosen == "definition" else RUN
        return f"{{metric}} {{kind}} {SENTENCES[self.chosen]} {run}".strip()

    @property
    def sentence_names(self) -> list[str]:
        """Return the names of the fields in the sentence."""
        return TOKEN.findall(self.template_text)

    @property
    def detail_names(self) -> tuple[str, ...]:
        """Return the names of the fields that are folded away."""
        common = ("gap", "no_data") if self.chosen == "definition" else COMMON
        if self.chosen == "drift":
            chart = self.data.get(self.add_prefix("drift__chart")) if self.is_bound else self.item.drift.chart
            return (*DRIFT_DETAILS.get(str(chart), DRIFT_DETAILS["ewma"]), *common, *self.extras)
        return (*DETAILS.get(self.chosen, ()), *common, *self.extras)

    @property
    def sentence(self) -> Iterator[Piece]:
        """Yield the words and fields of the sentence in order."""
        text = self._with_words(self.template_text)
        for place, found in enumerate(re.split(r"\{(\w+)\}", text)):
            if place % 2:
                field = self[found]
                widget = field.as_widget(attrs={"aria-label": str(field.label)})
                yield Piece(field=field, widget=widget, turns=found in TURNING)
            elif found.strip():
                yield Piece(word=found.strip(), name=f"{self.prefix}-word-{place}")

    @property
    def words(self) -> list[Piece]:
        """Return the words of the sentence."""
        return [piece for piece in self.sentence if piece.word]

    @property
    def details(self) -> list[forms.BoundField]:
        """Return the fields that are folded away."""
        return [self[name] for name in self.detail_names if name in self.fields]

    @property
    def details_open(self) -> bool:
        """Say whether something of what is folded away was filled in wrongly."""
        return self.is_bound and any(self[name].errors for name in self.detail_names if name in self.fields)

    def content(self) -> Any:
        """Return the condition as typed, without what belongs to other kinds; a definition is today's unless named."""
        typed = tidied(super().content())
        offer = self.offers.metrics.get(typed.metric or self.outer)
        if typed.kind == "definition" and typed.definition_version is None and offer:
            return dataclasses.replace(typed, definition_version=offer.definition_version)
        return typed

    def _with_words(self, text: str) -> str:
        """Put in what the metric calls its unit and its periods."""
        offer = self.offers.metrics.get(self.metric_typed or self.outer)
        period = PERIOD_WORDS.get(offer.cadence, "period") if offer else "period"
        words: Mapping[str, str] = {"[unit]": offer.unit if offer else "", "[periods]": f"{period}s"}
        for name, word in words.items():
            text = text.replace(name, word)
        return text

    @property
    def metric_typed(self) -> str:
        """Return the key of the metric as typed, or as stored."""
        if not self.is_bound:
            return str(getattr(self.item, "metric", ""))
        field = self.fields["metric"]
        return str(field.to_python(self.data.get(self.add_prefix("metric")) or ""))


PartRows = rows_of(PredicateForm, at_most=8)


class BreakConditionForm(PredicateForm):
    """One condition, with its parts where it is put together from others."""

    item_type = BreakCondition
    letter = "c"
    noun = "condition"
    kinds = KINDS
    extras = ("cooldown", "severity")

    segment = fields.choice("Segment", [])
    kind = fields.choice("What breaks it", list(KIND_WORDS.items()))
    cooldown = fields.line("Cooldown", "A further break within so many periods, or such a time, is the same one.")
    severity = fields.choice("Severity", SEVERITIES)

    def prepare(self, offers: Offers) -> None:
        """Keep the fields of the chosen kind, and add the parts of a composite."""
        chosen = self.fields["segment"]
        super().prepare(offers)
        self.offered = {} if self.chosen == "definition" else self._segments()
        if self.offered:
            self.fields["segment"] = chosen
            chosen.choices = [("", WHOLE), *self.offered.items()]  # type: ignore[attr-defined]
            self._move()
        stored = tuple(getattr(self.item, "parts", ()))
        prefix = f"{self.prefix}-parts"
        data = self.data if self.is_bound and f"{prefix}-TOTAL_FORMS" in self.data else None
        more = max(1, 2 - len(stored))
        self.parts: RowSet | None = (
            PartRows(stored=stored, offers=offers, data=data, prefix=prefix, more=more) if self.is_composite else None
        )
        for form in self.parts.forms if self.parts else ():
            form.outer = self.metric_typed

    def _segments(self) -> Mapping[str, str]:
        """Return what may be watched of the metric as typed; what is stored stays, if only as one that is not seen."""
        seen = self.offers.segments(self.metric_typed)
        stored = self.item.segment if self.item.metric == self.metric_typed else ""
        return seen if not stored or stored in seen else {**seen, stored: UNSEEN}

    def _move(self) -> None:
        """Take a segment of the metric that was chosen before for the one of that name, else for the whole."""
        name = self.add_prefix("segment")
        given = self.data.get(name, "") if self.is_bound else ""
        if given and self.moved and given not in self.offered:
            before = self.offers.segments(self.data.get(self.add_prefix("segments_of"), "")).get(given)
            alike = next((code for code, label in self.offered.items() if label == before), "")
            self.data = dict(self.data.items()) | {name: alike}

    @property
    def sentence(self) -> Iterator[Piece]:
        """Yield the words and fields of the sentence, with the choice of a segment after the metric."""
        for piece in super().sentence:
            yield piece
            if piece.field is not None and piece.field.name == "metric":
                yield self.slot

    @property
    def slot(self) -> Piece:
        """Return where the choice of a segment is; empty for a metric that has none."""
        field = self["segment"] if "segment" in self.fields else None
        widget = field.as_widget(attrs={"aria-label": "Segment"}) if field else ""
        return Piece(field=field, widget=widget, name=f"{self.prefix}-slot", slot=True, of=self.metric_typed)

    @property
    def moved(self) -> bool:
        """Say whether the page offers the segments of another metric than the one that is chosen."""
        return self.is_bound and self.data.get(self.add_prefix("segments_of"), "") != self.metric_typed

    @property
    def words(self) -> list[Piece]:
        """Return the words of the sentence, and of those of its parts."""
        parts = self.parts.forms if self.parts is not None else []
        return super().words + [piece for part in parts for piece in part.words]

    @property
    def kept(self) -> str:
        """Say what the replay in the dossier found, as it is stored."""
        stored = self.item.backtest
        return outcome(stored) if stored.as_of else ""

    def clean(self) -> dict[str, Any]:
        """Take over what is wrong with a part, so that the page's summary names it."""
        found = super().clean() or self.cleaned_data
        if self.parts is not None and self.parts.is_bound and not self.parts.is_valid():
            for number, form in enumerate(self.parts.forms, 1):
                for sentences in form.errors.values():
                    self.add_error(None, [f"Part {number}: {sentence}" for sentence in sentences])
            self.add_error(None, list(self.parts.non_form_errors()))
        return found

    def content(self) -> Any:
        """Return the condition as typed, its parts among it; what its segment is called is for the registry to say."""
        whole = super().content()
        if "segment" not in self.fields:
            whole = dataclasses.replace(whole, segment="")
        if whole.segment != self.item.segment:
            whole = dataclasses.replace(whole, segment_name="")
        if self.parts is None or not self.parts.is_bound:
            return whole
        return dataclasses.replace(whole, parts=self.parts.items())


BreakConditionRows = rows_of(BreakConditionForm, at_most=6)
