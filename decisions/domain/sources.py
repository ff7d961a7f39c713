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
class Finding:
    """An experiment as it stood when it was pinned: the digest of its frozen plan, its figures in words, its verdict.

    No verdict means that it still ran; `concerns` is what spoke against the verdict, `despite` why it stood.
    """

    experiment: int | None = None
    metric: str = ""
    hypothesis: str = ""
    plan_digest: str = ""
    result: str = ""
    look: int | None = None
    verdict: str = ""  # supported | not_supported | inconclusive | stopped
    reason: str = ""
    concerns: tuple[str, ...] = ()
    despite: str = ""
    pinned_at: str = ""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Where a claim comes from: link, document, file, metric or experiment; when it was retrieved and goes stale.

    It supports the section, option or assumption that it stands in, and whatever else `supports` names
    (`decisions.domain.evidence`). A file is known by the digest of its bytes, a pinned metric by its snapshot, an
    experiment by its finding.
    """

    id: str
    kind: str = "link"  # link | document | file | metric | experiment
    title: str = ""
    reference: str = ""  # URL, document number, file name, metric key or an experiment's E-0001
    retrieved_on: date | None = None
    refresh_on: date | None = None
    owner: str = ""  # else whoever owns the section's assumptions
    supports: tuple[str, ...] = ()
    sha256: str = ""
    size: int | None = None  # bytes
    media_type: str = ""
    snapshot: Snapshot = Snapshot()
    finding: Finding = Finding()


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """What every section carries: evidence, the owner of its assumptions, and when its data must be refreshed."""

    evidence: tuple[Evidence, ...] = ()
    assumption_owner: str = ""
    refresh_on: date | None = None
