"""One page of editing: the forms that together hold one section of a dossier, or one item of one of its lists.

An editor is given the whole dossier (what is stored, never what was posted) and hands back the section's new content;
what its forms do not show is kept as stored.
"""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms

from decisions.domain.dossier import Dossier
from decisions.forms.fields import OfferedField
from decisions.forms.items import ItemForm, RowSet
from decisions.forms.offers import Offers
from decisions.forms.provenance import EvidenceRows, ProvenanceForm

MORE_ROWS = 3
BLOCKS_AT_MOST = 5
"""A list with more rows is laid out as a table, whatever its shape: the page stays short."""


@dataclass(frozen=True)
class ListSpec:
    """A list of the section that is edited as rows; `shape` is how a row is laid out: table, block or condition."""

    name: str
    rows: type[RowSet]
    title: str
    add: str
    help: str = ""
    shape: str = "block"


@dataclass
class Part:
    """One piece of the page, for `templates/decisions/_part_<kind>.html`."""

    kind: str
    title: str = ""
    help: str = ""
    form: Any = None
    rows: Any = None
    spec: Any = None
    name: str = ""

    @property
    def shape(self) -> str:
        """Return how the rows are laid out."""
        is_long = len(self.rows.forms) > BLOCKS_AT_MOST and self.spec.shape == "block"
        return "table" if is_long else str(self.spec.shape)

    @property
    def row(self) -> str:
        """Return the template that renders one row that is not part of a table."""
        return f"decisions/_row_{self.shape}.html"

    @property
    def template(self) -> str:
        """Return the template that renders the piece."""
        return f"decisions/_part_{self.kind}.html"


EVIDENCE = ListSpec("evidence", EvidenceRows, "Evidence", "Add a source", "Where the claims above come from.")


class Editor:
    """The base: a main form and lists of rows over `self.item`."""

    main: ClassVar[type[ItemForm] | None] = None
    lists: ClassVar[tuple[ListSpec, ...]] = ()
    main_title: ClassVar[str] = ""

    def __init__(
        self, dossier: Dossier, item: Any, offers: Offers, *, data: Mapping[str, Any] | None = None, more: str = ""
    ) -> None:
        self.dossier, self.item, self.offers, self.data, self.more = dossier, item, offers, data, more
        self.form = self.main(data, offers=offers, item=item, prefix="f") if self.main else None
        self.rowsets: dict[str, RowSet] = {spec.name: self._rows(spec, getattr(item, spec.name)) for spec in self.lists}

    def _rows(self, spec: ListSpec, stored: Sequence[Any]) -> RowSet:
        more = MORE_ROWS if self.more == spec.name else 0
        return spec.rows(stored=stored, offers=self.offers, data=self.data, prefix=spec.name, more=more)

    def pieces(self) -> Iterator[Any]:
        """Yield every form and list of forms."""
        if self.form is not None:
            yield self.form
        yield from self.rowsets.values()

    def is_valid(self) -> bool:
        """Say whether everything typed has the right shape; looks at every piece, to show every error at once."""
        return all([piece.is_valid() for piece in self.pieces()])  # noqa: C419 - a generator would stop at the first

    def content(self) -> Any:
        """Return the item as typed; call it after `is_valid`."""
        item = self.form.content() if self.form is not None else self.item
        return dataclasses.replace(item, **{name: rows.items() for name, rows in self.rowsets.items()})

    def parts(self) -> Iterator[Part]:
        """Yield the pieces of the page in reading order."""
        if self.form is not None:
            yield Part("form", self.main_title, form=self.form)
        for spec in self.lists:
            yield Part("rows", spec.title, spec.help, rows=self.rowsets[spec.name], spec=spec, name=spec.name)

    def forms(self) -> list[forms.Form]:
        """Return every single form, for the summary of errors."""
        return [form for piece in self.pieces() for form in (piece.forms if isinstance(piece, RowSet) else [piece])]

    def kinds(self) -> set[str]:
        """Return the kinds of things that some field of the page lets choose."""
        fields = (field for form in self.forms() for field in form.fields.values())
        return {field.kind for field in fields if isinstance(field, OfferedField)}

    def named(self) -> list[tuple[str, str]]:
        """Return (hidden field, identifier) of the rows that were given an identifier by this save."""
        return [pair for piece in self.pieces() if isinstance(piece, RowSet) for pair in piece.named]


class SectionEditor(Editor):
    """An editor of a whole section, with its provenance."""

    def __init__(self, dossier: Dossier, item: Any, offers: Offers, **kwargs: Any) -> None:
        super().__init__(dossier, item, offers, **kwargs)
        self.provenance = ProvenanceForm(self.data, offers=offers, item=item.provenance, prefix="p")
        self.evidence = self._rows(EVIDENCE, item.provenance.evidence)

    def pieces(self) -> Iterator[Any]:
        """Yield the section's own pieces and its provenance."""
        yield from super().pieces()
        yield self.provenance
        yield self.evidence

    def content(self) -> Any:
        """Return the section as typed, with its provenance."""
        provenance = dataclasses.replace(self.provenance.content(), evidence=self.evidence.items())
        return dataclasses.replace(super().content(), provenance=provenance)

    def parts(self) -> Iterator[Part]:
        """Yield the section's parts; provenance comes last."""
        yield from super().parts()
        yield Part("form", "Where this comes from", form=self.provenance, name="provenance")
        yield Part("rows", EVIDENCE.title, EVIDENCE.help, rows=self.evidence, spec=EVIDENCE, name=EVIDENCE.name)
