"""Verify the ledger: every entry's text, the chain, the head, and the signed checkpoints inside and outside."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.models import Max

from approvals.domain.chain import GENESIS, entry_text
from approvals.domain.merkle import Frontier
from approvals.models import Checkpoint, LedgerEntry, LedgerHead
from approvals.services import checkpoints, evidence, keys
from approvals.services.checkpoints import Statement

COLUMNS = (
    "seq",
    "stream",
    "stream_seq",
    "at",
    "actor",
    "verb",
    "subject",
    "payload",
    "leaf",
    "previous",
    "chain",
)
CHUNK = 10_000

Signed = dict[int, list[tuple[Statement, dict[str, Any]]]]
"""Statements whose signature holds, with their content, by the size they speak of."""


@dataclass
class Report:
    """What a verification found; `first_bad` is the number of the first entry that does not hold."""

    entries: int = 0
    checkpoints: int = 0
    head: str = ""
    first_bad: int | None = None
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Say whether everything holds."""
        return not self.problems

    def as_json(self) -> dict[str, Any]:
        """Return the report for a program."""
        return {
            "ok": self.ok,
            "entries": self.entries,
            "checkpoints": self.checkpoints,
            "head": self.head,
            "first_bad": self.first_bad,
            "problems": self.problems,
            "warnings": self.warnings,
        }

    def bad(self, sentence: str, seq: int | None = None) -> None:
        """Note a problem, and the first entry it is about."""
        self.problems.append(sentence)
        if seq is not None and self.first_bad is None:
            self.first_bad = seq


def verify(*, since: int = 0, folder: Path | None = None, progress: Callable[[int, int], None] | None = None) -> Report:
    """Check everything after entry `since`; `folder` holds checkpoint files kept elsewhere than PREMISE_VAR.

    With `since` the walk begins at the latest signed checkpoint at or before it, so it proves as much as a whole one
    for what follows. Entries written while it runs are left for the next run. A whole walk also holds signatures and
    requests against what the ledger says of them.
    """
    report = Report()
    head = LedgerHead.objects.filter(pk=1).first()
    if head is None:
        report.bad("The ledger has no head row.")
        return report
    report.head = head.chain
    signed = _signed(report, folder)
    _walk(report, head, _Walk(*_start(since, signed)), signed, progress)
    _beyond(report, head, signed)
    if report.ok and not since:
        # Only a ledger that holds is worth comparing with.
        for sentence, seq in evidence.faults():
            report.bad(sentence, seq)
    return report


def _signed(report: Report, folder: Path | None) -> Signed:
    """Return the statements whose signature holds, by size; what cannot be trusted is reported."""
    known = keys.known_keys()
    found: Signed = {}
    for statement in checkpoints.statements(folder):
        try:
            content = statement.content
            key = known.get(content["key"])
        except (ValueError, KeyError):
            report.bad(f"The {statement.source} cannot be read.")
            continue
        if key is None:
            report.bad(f"The {statement.source} is signed by a key that is not among the kept public keys.")
        elif not keys.holds(key, statement.signature, statement.text.encode()):
            report.bad(f"The {statement.source} carries a signature that does not hold.")
        else:
            report.checkpoints += 1
            found.setdefault(content["size"], []).append((statement, content))
    _one_sided(report, found)
    return found


def _one_sided(report: Report, signed: Signed) -> None:
    """Warn of checkpoints that stand only in the database or only in a file."""
    for size, statements in sorted(signed.items()):
        if len(statements) == 1:
            report.warnings.append(f"Only the {statements[0][0].source} is left of the checkpoint at {size}.")


def _start(since: int, signed: Signed) -> tuple[Frontier, str]:
    """Return the tree and chain hash to go on from: those of a signed checkpoint that its frontier yields, or none."""
    for checkpoint in Checkpoint.objects.filter(size__lte=since).order_by("-size"):
        for _, content in signed.get(checkpoint.size, []):
            frontier = checkpoints.frontier_of(checkpoint)
            if frontier.root().hex() == content["root"]:
                return frontier, content["chain"]
    return Frontier(), GENESIS


def _rows(after: int, until: int) -> Iterator[tuple[Any, ...]]:
    """Yield the columns of the entries as the driver hands them over: half the time of going through the ORM."""
    statement = f"SELECT {', '.join(COLUMNS)} FROM {LedgerEntry._meta.db_table} WHERE seq <= %s"  # noqa: S608 constants
    # Numbers below 1 are forged; they are looked at whenever the walk starts at the beginning.
    statement, values = (f"{statement} AND seq > %s", [until, after]) if after else (statement, [until])
    with connection.chunked_cursor() as cursor:
        cursor.execute(f"{statement} ORDER BY seq", values)
        while chunk := cursor.fetchmany(CHUNK):
            yield from chunk


class _Walk:
    """Where the walk through the entries stands: the tree and the chain hash so far."""

    def __init__(self, frontier: Frontier, last: str) -> None:
        self.frontier = frontier
        self.last = last
        self.link = bytes.fromhex(last)

    def step(self, row: tuple[Any, ...]) -> str:
        """Take the next entry; returns what is wrong with it, or nothing. Called once a row: speed matters here."""
        seq, stream, stream_seq, at, actor, verb, subject, payload, leaf, previous, chain = row
        if seq != self.frontier.size + 1:
            return f"Entry {self.frontier.size + 1} is missing or out of order: entry {seq} stands in its place."
        text = entry_text(seq, stream, stream_seq, at, actor, verb, subject, payload)
        hashed = sha256(b"\x00" + text.encode("utf-8", "surrogatepass")).digest()
        if hashed.hex() != leaf:
            return f"Entry {seq} is not what was written: its text does not yield its leaf hash."
        if previous != self.last:
            return f"Entry {seq} does not follow entry {seq - 1}: its previous hash differs."
        self.link = sha256(b"\x02" + self.link + hashed).digest()
        self.last = self.link.hex()
        if self.last != chain:
            return f"Entry {seq} carries a chain hash that its text does not yield."
        self.frontier.add(hashed)
        return ""


def _walk(
    report: Report, head: LedgerHead, walk: _Walk, signed: Signed, progress: Callable[[int, int], None] | None
) -> None:
    """Go through the entries in order; stops at the first that does not hold."""
    for row in _rows(walk.frontier.size, head.seq):
        if wrong := walk.step(row):
            report.bad(wrong, walk.frontier.size + 1)
            return
        report.entries += 1
        size = walk.frontier.size
        if size in signed and not _checkpoint_holds(report, signed[size], walk.frontier, walk.last):
            return
        if progress is not None and not size % CHUNK:
            progress(size, head.seq)
    if walk.frontier.size < head.seq:
        first = walk.frontier.size + 1
        report.bad(f"Entries {first} to {head.seq} are missing: the newest were cut off.", first)
    elif walk.last != head.chain:
        report.bad("The head row does not carry the chain hash of the last entry.", head.seq or None)


def _checkpoint_holds(
    report: Report, statements: list[tuple[Statement, dict[str, Any]]], frontier: Frontier, chain: str
) -> bool:
    """Compare the tree so far with what was signed at this size."""
    root = frontier.root().hex()
    for statement, content in statements:
        if content["root"] != root or content["chain"] != chain:
            report.bad(
                f"The {statement.source} was signed over other entries: some entry up to {frontier.size} was "
                "written anew."
            )
            return False
    return True


def _beyond(report: Report, head: LedgerHead, signed: Signed) -> None:
    """Look past the head: checkpoints over more entries than there are, entries the head does not know."""
    for size, statements in sorted(signed.items()):
        if size > head.seq and size > _head_now():
            report.bad(
                f"The {statements[0][0].source} was signed over {size} entries and the ledger has {head.seq}: the "
                "newest were cut off, or an older copy was restored.",
                head.seq + 1,
            )
    newest = LedgerEntry.objects.aggregate(newest=Max("seq"))["newest"] or 0
    if newest > head.seq and newest > _head_now():
        report.bad(f"Entry {newest} stands after the head, which knows {head.seq}.", head.seq + 1)


def _head_now() -> int:
    """Return the head's number as committed by now; writers may have gone on meanwhile."""
    return LedgerHead.objects.values_list("seq", flat=True).get(pk=1)


def verify_entry(seq: int) -> Report:
    """Check one entry: its text, its place in the chain, and its inclusion under the next signed checkpoint."""
    report = Report(head=LedgerHead.objects.values_list("chain", flat=True).get(pk=1))
    row = LedgerEntry.objects.filter(seq=seq).values_list(*COLUMNS).first()
    if row is None:
        report.bad(f"There is no entry {seq}.", seq)
        return report
    *columns, leaf, previous, chain = row
    hashed = sha256(b"\x00" + entry_text(*columns).encode("utf-8", "surrogatepass")).digest()
    before = LedgerEntry.objects.filter(seq=seq - 1).values_list("chain", flat=True).first() or GENESIS
    if hashed.hex() != leaf:
        report.bad(f"Entry {seq} is not what was written: its text does not yield its leaf hash.", seq)
    elif previous != before or sha256(b"\x02" + bytes.fromhex(previous) + hashed).hexdigest() != chain:
        report.bad(f"Entry {seq} does not fit between its neighbours.", seq)
    else:
        report.entries = 1
        _included(report, seq)
    return report


def _included(report: Report, seq: int) -> None:
    """Rebuild the tree of the first signed checkpoint that covers the entry."""
    covering = {size: pairs for size, pairs in _signed(report, None).items() if size >= seq}
    if not covering:
        report.warnings.append(f"No checkpoint covers entry {seq} yet.")
        return
    size = min(covering)
    frontier = Frontier()
    leaves = LedgerEntry.objects.filter(seq__lte=size).order_by("seq").values_list("leaf", flat=True)
    for leaf in leaves.iterator(CHUNK):
        frontier.add(bytes.fromhex(leaf))
    chain = LedgerEntry.objects.filter(seq=size).values_list("chain", flat=True).first() or ""
    _checkpoint_holds(report, covering[size], frontier, chain)
