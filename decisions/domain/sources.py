"""Where the claims of a dossier come from: part of `dossier.py`, from which everybody imports it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A metric's value as it stood when it was pinned: period, revision and definition, and when it was recorded."""

    value: Decimal | None = None
    period_start: str = ""  # times in UTC, as `config.kit.canonical.utc_text` writes them
    period_end: str = ""
    revision: int | None = None
    definition_version: int | None = None
    recorded_at: str = ""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Where a claim comes from: a link, a document's name, a file, or a metric; when it was retrieved and goes stale.

    It supports the section, option or assumption that it stands in, and whatever else `supports` names
    (`decisions.domain.evidence`). A file is known by the digest of its bytes, a pinned metric by its snapshot.
    """

    id: str
    kind: str = "link"  # link | document | file | metric
    title: str = ""
    reference: str = ""  # URL, document number, file name or metric key
    retrieved_on: date | None = None
    refresh_on: date | None = None
    owner: str = ""  # else whoever owns the section's assumptions
    supports: tuple[str, ...] = ()
    sha256: str = ""
    size: int | None = None  # bytes
    media_type: str = ""
    snapshot: Snapshot = Snapshot()


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """What every section carries: evidence, the owner of its assumptions, and when its data must be refreshed."""

    evidence: tuple[Evidence, ...] = ()
    assumption_owner: str = ""
    refresh_on: date | None = None
