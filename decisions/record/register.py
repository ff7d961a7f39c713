"""The evidence as a chapter of the record: every piece with what it supports, whom to ask, its days and its digest."""

from collections.abc import Iterator
from dataclasses import replace

from decisions.domain.dossier import Dossier
from decisions.domain.evidence import Piece, claims, pieces
from decisions.record import words
from decisions.record.blocks import Block, Chapter, Table, cells, said
from decisions.record.known import Known
from decisions.record.words import NONE

KINDS = {"link": "Link", "document": "Document", "file": "File", "metric": "Metric", "experiment": "Experiment"}
DAYS = (4, 5)
"""The columns of days, which stay on one line as numbers do."""
WIDTHS = (36, 17, 38, 28, 19, 19)
"""The columns in millimetres, without the gaps; left to themselves, what a piece supports would squeeze its name.

Each of these widths has its class in record.css.
"""


def chapters(dossier: Dossier, known: Known) -> list[Chapter]:
    """Return the register, or nothing where no piece says more than its section already lists."""
    telling = any(piece.evidence.supports or piece.evidence.sha256 for piece in pieces(dossier))
    return [Chapter("evidence", "Evidence", said(_register(dossier, known)))] if telling else []


def _register(dossier: Dossier, known: Known) -> Iterator[Block]:
    labels = {key: claim.label for key, claim in claims(dossier, known.metric_names).items()}
    rows = [
        cells(
            [
                piece.name,
                KINDS.get(piece.evidence.kind, piece.evidence.kind),
                "; ".join(labels.get(key, key) for key in piece.supports),
                known.person(piece.owner),
                words.day(piece.evidence.retrieved_on),
                words.day(piece.evidence.refresh_on),
            ],
            numbers=DAYS,
        )
        for piece in pieces(dossier)
    ]
    header = cells(["Source", "Kind", "Supports", "Owner", "Retrieved", "Again by"], numbers=DAYS)
    sized = [replace(cell, width=width) for cell, width in zip(header, WIDTHS, strict=True)]
    yield Table("Every piece of evidence", sized, rows)
    digests = [cells([piece.name, piece.evidence.sha256, _size(piece)]) for piece in pieces(dossier) if _is_file(piece)]
    yield Table("Files by the digest of their bytes", cells(["File", "SHA-256", "Bytes"], numbers=(2,)), digests)


def _is_file(piece: Piece) -> bool:
    return bool(piece.evidence.sha256)


def _size(piece: Piece) -> str:
    return words.number(piece.evidence.size) if piece.evidence.size is not None else NONE
