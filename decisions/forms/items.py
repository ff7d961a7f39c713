"""A form over one dataclass of the dossier, and a list of such forms over a list of them.

A form's field names are the dataclass' attribute names; `signal__bound` reaches into a nested dataclass. Only what a
form names is changed: everything else of a stored item is kept.
"""

import dataclasses
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, cast, get_type_hints

from django import forms
from django.forms.formsets import DELETION_FIELD_NAME, BaseFormSet, formset_factory

from decisions.forms.fields import OfferedField, OfferedManyField
from decisions.forms.offers import Offers

_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"
INCOMPLETE = "The list arrived incomplete; nothing was changed. Reload the page."
BOOKKEEPING = frozenset({"id", DELETION_FIELD_NAME})


def new_id(letter: str, taken: Iterable[str]) -> str:
    """Return an identifier that no item has or had: random, so that one deleted is never given out again."""
    known = set(taken)
    while True:
        proposal = letter + "".join(secrets.choice(_SIGNS) for _ in range(5))
        if proposal not in known:
            return proposal


def read(item: Any, path: str) -> Any:
    """Return `item.a.b` for the path `a__b`."""
    for name in path.split("__"):
        item = getattr(item, name)
    return item


def replaced(item: Any, values: Mapping[str, Any]) -> Any:
    """Return the item with the values at their paths; an empty value becomes the attribute's default."""
    nested: dict[str, dict[str, Any]] = {}
    flat: dict[str, Any] = {}
    defaults = {entry.name: entry.default for entry in dataclasses.fields(item)}
    for path, value in values.items():
        name, _, rest = path.partition("__")
        if rest:
            nested.setdefault(name, {})[rest] = value
        else:
            flat[name] = defaults[name] if value in (None, "") and defaults[name] is not dataclasses.MISSING else value
    flat.update({name: replaced(getattr(item, name), inner) for name, inner in nested.items()})
    return dataclasses.replace(item, **flat)


class ItemForm(forms.Form):
    """A form whose fields are attributes of a dataclass of the dossier."""

    error_css_class = "invalid"

    def __init__(self, *args: Any, offers: Offers, item: Any = None, **kwargs: Any) -> None:
        self.item = item
        if item is not None:
            names = [name for name in self.base_fields if name not in BOOKKEEPING and self.reads(name)]
            kwargs["initial"] = {name: read(item, name) for name in names} | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if isinstance(field, OfferedField):
                field.offer(offers, self.initial.get(name) or "")
            elif isinstance(field, OfferedManyField):
                field.offer(offers, self.initial.get(name) or ())
        self.prepare(offers)

    def reads(self, name: str) -> bool:
        """Say whether a field is an attribute of the item; the others are for the form itself."""
        return True

    def prepare(self, offers: Offers) -> None:
        """Adjust the fields to what is on offer or stored; nothing by default."""

    def values(self) -> dict[str, Any]:
        """Return attribute path → value of everything typed."""
        data = self.cleaned_data
        return {name: data.get(name) for name in self.fields if name not in BOOKKEEPING and self.reads(name)}

    def content(self) -> Any:
        """Return the item with what was typed."""
        return replaced(self.item, self.values())


class RowForm(ItemForm):
    """One row of a list; its hidden identifier is honoured only when the stored list knows it."""

    item_type: ClassVar[type]
    letter: ClassVar[str] = ""
    noun: ClassVar[str] = "row"
    given_id: str = ""

    id = forms.CharField(required=False, widget=forms.HiddenInput, max_length=40)

    @property
    def blank(self) -> bool:
        """Say whether nothing was typed into the row."""
        empty = _empty(self.item_type, "")
        return all(value in (None, "", ()) or value == read(empty, name) for name, value in self.values().items())

    @property
    def table_cells(self) -> list[tuple[forms.BoundField, str]]:
        """Return the visible fields, each with its widget named for a table, where the column's head is the label."""
        return [(field, field.as_widget(attrs={"aria-label": str(field.label)})) for field in self.cells]

    @property
    def anchor(self) -> str:
        """Return the id under which the row's obstacles are found on the page."""
        return f"{self.noun.replace(' ', '_')}-{self.item.id}"

    @property
    def cells(self) -> list[forms.BoundField]:
        """Return the visible fields without the box that removes the row."""
        return [field for field in self.visible_fields() if field.name != DELETION_FIELD_NAME]


def _empty(kind: type, identifier: str) -> Any:
    """Return an item with nothing in it but its identifier."""
    needed = {entry.name: "" for entry in dataclasses.fields(kind) if entry.default is dataclasses.MISSING}
    if "id" in get_type_hints(kind):
        needed["id"] = identifier
    return kind(**needed)


# BaseFormSet cannot be subscripted when it runs.
class RowSet(BaseFormSet):  # type: ignore[type-arg]
    """The rows of one list of the dossier; blank rows are left out, unknown identifiers get a new one."""

    def __init__(self, *, stored: Sequence[Any], offers: Offers, data: Any = None, prefix: str, more: int = 0) -> None:
        self.stored = tuple(stored)
        self.extra = more or (0 if stored else 1)
        # What is stored always fits, or an imported dossier would lose its tail on the first save.
        self.max_num = max(self.max_num, len(self.stored))
        self.absolute_max = self.max_num + 1
        identifiers = [{"id": getattr(item, "id", "")} for item in self.stored]
        super().__init__(
            data,
            prefix=prefix,
            initial=identifiers,
            form_kwargs={"offers": offers},
            error_messages={
                "missing_management_form": INCOMPLETE,
                "too_many_forms": "At most %(num)d rows fit into this list; remove some.",
            },
        )

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        """Give each row its stored item: by identifier, or, where items have none, by position."""
        kwargs = super().get_form_kwargs(index)
        kwargs["item"] = self._stored_at(index)
        # A row that was stored while the page was open is "extra" to the page, and unchanged is not empty.
        kwargs["empty_permitted"] = False
        return kwargs

    def _stored_at(self, index: int | None) -> Any:
        empty = _empty(self.form.item_type, "")
        if index is None or not self.stored:
            return empty
        if self.is_bound and hasattr(empty, "id"):
            posted = self.data.get(f"{self.add_prefix(index)}-id", "")
            return next((item for item in self.stored if item.id == posted), empty)
        return self.stored[index] if index < len(self.stored) else empty

    def clean(self) -> None:
        """Refuse counts that no page writes; read as they stand they would empty the list."""
        counts = self.management_form.cleaned_data
        if (counts["TOTAL_FORMS"] or 0) < 0 or (counts["INITIAL_FORMS"] or 0) < 0:
            raise forms.ValidationError(INCOMPLETE, code="tampered")

    def items(self) -> tuple[Any, ...]:
        """Return the list as typed, in the order of the rows."""
        taken = {getattr(item, "id", "") for item in self.stored}
        given: set[str] = set()
        found = []
        for form in self.forms:
            if form.cleaned_data.get(DELETION_FIELD_NAME) or form.blank:
                continue
            item = form.content()
            if hasattr(item, "id"):
                if not item.id or item.id in given:
                    item = dataclasses.replace(item, id=new_id(form.letter, taken | given))
                given.add(item.id)
                form.given_id = item.id
            found.append(item)
        return tuple(found)

    @property
    def named(self) -> list[tuple[str, str]]:
        """Return (name of the hidden field, identifier) of rows that were given one just now."""
        return [
            (form.add_prefix("id"), form.given_id)
            for form in self.forms
            if form.given_id and form.given_id != form.cleaned_data.get("id")
        ]


def rows_of(form: type[RowForm], *, at_most: int, kind: type[RowSet] = RowSet) -> type[RowSet]:
    """Return the class of a list of at most so many rows."""
    made = formset_factory(
        form, formset=kind, can_delete=True, extra=0, max_num=at_most, absolute_max=at_most + 1, validate_max=True
    )
    return cast("type[RowSet]", made)
