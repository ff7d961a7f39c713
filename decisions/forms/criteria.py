"""Section 9: what the options are scored on."""

import re
from typing import Any

from django import forms
from django.core.validators import MaxLengthValidator

from config.kit.canonical import decimal_text
from config.kit.numbers import parse_decimal
from decisions.domain.dossier import Corner, Criterion
from decisions.domain.scoring import criterion_complaints, criterion_from
from decisions.forms import fields
from decisions.forms.estimates import CellInput
from decisions.forms.items import ItemForm, RowForm, RowSet, rows_of
from decisions.forms.offers import Offers

DIRECTIONS = [("max", "More is better"), ("min", "Less is better")]
SCALES = [
    ("direct", "Direct, 0 to 100"),
    ("linear", "Worst to best"),
    ("piecewise", "Along points"),
]
MOST_CORNERS = 12

_BETWEEN = re.compile(r"\s*[;\n]\s*")
_IS_WORTH = re.compile(r"\s*(?:→|->|=|:)\s*")
_SHAPE = "Write points as score = value, with semicolons between: 0 = 0; 10 = 60; 40 = 100."


class CurveField(forms.CharField):
    """The corners of a value function, as `0 = 0; 10 = 60; 40 = 100`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, validators=[MaxLengthValidator(400)], **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Show stored corners the way they are typed."""
        if not isinstance(value, tuple):
            return value
        return "; ".join(f"{_text(corner.score)} = {_text(corner.value)}" for corner in value)

    def clean(self, value: Any) -> tuple[Corner, ...]:
        """Return the corners in the order of their scores; none when nothing was typed."""
        text = super().clean(value)
        corners = [self._corner(part) for part in _BETWEEN.split(text) if part.strip()]
        if len(corners) > MOST_CORNERS:
            raise forms.ValidationError(f"Give at most {MOST_CORNERS} points.")
        return tuple(sorted(corners, key=lambda corner: corner.score or 0))

    def _corner(self, part: str) -> Corner:
        pair = _IS_WORTH.split(part.strip())
        if len(pair) != 2:
            raise forms.ValidationError(_SHAPE)
        try:
            score, value = (parse_decimal(text) for text in pair)
        except ValueError as error:
            raise forms.ValidationError(f"{error} {_SHAPE}") from error
        if score is None or value is None or not 0 <= value <= 100:
            raise forms.ValidationError("A point's value lies between 0 and 100.")
        return Corner(score=score, value=value)


def _text(number: Any) -> str:
    return "" if number is None else decimal_text(number)


class CriteriaForm(ItemForm):
    """The text of the section."""

    text = fields.prose(
        "How the criteria were chosen", "Weights count against one another; they need not add up to 100.", rows=3
    )


class CriterionForm(RowForm):
    """One criterion with its weight, its scale and its threshold."""

    item_type = Criterion
    letter = "c"
    noun = "criterion"

    place = fields.whole("Place")
    name = fields.line("Criterion")
    weight = fields.number("Weight", of=(Criterion, "weight"))
    meaning = fields.line("What it means")
    direction = fields.choice("Direction", DIRECTIONS)
    scale = fields.choice("Scale", SCALES)
    worst = fields.number("Worst")
    best = fields.number("Best")
    curve = CurveField(label="Points")
    threshold = fields.number("Threshold")
    veto = fields.tick("Veto: excludes what misses it")

    def prepare(self, offers: Offers) -> None:
        """Write the many texts of a long list without what they do not need."""
        for field in self.fields.values():
            given = field.widget.attrs
            if type(field.widget) is forms.TextInput:
                field.widget = CellInput({name: given[name] for name in given if name not in {"autocomplete", "size"}})

    def reads(self, name: str) -> bool:
        """Say that the place is the row's, not the criterion's."""
        return name != "place"

    def clean(self) -> dict[str, Any]:
        """Say beside each field how it contradicts the others; what is only missing is for the list of what is left."""
        data = super().clean() or self.cleaned_data
        if not self.errors and not self.blank:
            for complaint in criterion_complaints(criterion_from(self.content())):
                if not complaint.missing:
                    _, _, sentence = complaint.sentence.partition(": ")
                    self.add_error(complaint.part, sentence[:1].upper() + sentence[1:])
        return data


class CriterionRowSet(RowSet):
    """The criteria, in the order that their places say; no two of the same name."""

    def add_fields(self, form: Any, index: int | None) -> None:
        """Number the rows."""
        super().add_fields(form, index)
        form.fields["place"].initial = "" if index is None else index + 1

    def clean(self) -> None:
        """Refuse a name that another row has."""
        super().clean()
        seen: set[str] = set()
        for form in self.forms:
            name = form.cleaned_data.get("name", "").casefold() if form.is_valid() else ""
            if not name or form.cleaned_data.get("DELETE"):
                continue
            if name in seen:
                form.add_error("name", "Another criterion has this name; names must differ.")
            seen.add(name)

    def items(self) -> tuple[Any, ...]:
        """Return the criteria by place; those of the same place, or without one, in the order of the rows."""
        found = super().items()
        kept = [form for form in self.forms if not form.cleaned_data.get("DELETE") and not form.blank]
        places = [form.cleaned_data.get("place") or number for number, form in enumerate(kept, 1)]
        order = sorted(range(len(found)), key=lambda index: places[index])
        return tuple(found[index] for index in order)


CriterionRows = rows_of(CriterionForm, at_most=12, kind=CriterionRowSet)
