"""What needs the database: recording, the ledger's chain, pages."""

import multiprocessing
import secrets
import time
from collections.abc import Callable, Iterator
from functools import partial
from io import StringIO

from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client, override_settings

from approvals.domain.chain import leaf_hash
from approvals.models import LedgerEntry, User
from approvals.services import ledger
from config.kit.canonical import canonical
from decisions.models import Decision
from metrics.models import Metric
from tests.bench.rows import Row, best_of_both, flush_commits
from tests.factories import metrics

WRITERS, WRITES = 8, 150
PAGE_TARGET = 15


def measure() -> Iterator[Row]:
    """The ledger, recording, and the pages of the demo."""
    yield _chained()
    yield _recording()
    call_command("demo", stdout=StringIO())
    yield from _pages()


def _together(write: Callable[[], object]) -> float:
    """Let so many processes write beside each other; returns the seconds from their common start to the last end."""
    connection.close()
    context = multiprocessing.get_context("fork")
    start = context.Barrier(WRITERS + 1)

    def writer() -> None:
        write()  # a connection that has been in use: PostgreSQL has read its catalogue and compiled its functions
        start.wait()
        for _ in range(WRITES):
            write()
        connection.close()

    writers = [context.Process(target=writer) for _ in range(WRITERS)]
    for each in writers:
        each.start()
    start.wait()
    begun = time.perf_counter()
    for each in writers:
        each.join()
    assert not any(each.exitcode for each in writers)
    return time.perf_counter() - begun


def _chained() -> Row:
    """Transactions that end in a ledger entry, beside the same row and hash without the head's lock and the chain.

    With every commit flushed to the disk, as in production: the suite's database does without.
    """
    flush_commits("on")
    payload = {"note": "x" * 200}

    def unchained() -> None:
        number = 1_000_000 + secrets.randbelow(1 << 60)
        text = {"seq": number, "stream": "plain", "stream_seq": number, "at": "", "actor": "system"}
        entry = LedgerEntry(**text, verb="bench.written", subject="bench", payload=canonical(payload))
        with transaction.atomic():
            entry.leaf = leaf_hash(entry.text)
            LedgerEntry.objects.bulk_create([entry])

    taken = [(_together(_append), _together(unchained)) for _ in range(5)]
    flush_commits("off")
    seconds, peer = (min(each) / (WRITERS * WRITES) for each in zip(*taken, strict=True))
    return Row(f"ledger entry, {WRITERS} writers, against the same row without a chain", seconds, "s", peer, 1 / 0.7)


def _append() -> None:
    with transaction.atomic():
        ledger.append("bench", "bench.written", by=None, subject="bench", payload={"note": "x" * 200})


def _recording() -> Row:
    """One value with a condition on it: stored, folded, on the ledger; beside the ledger entry alone."""
    watched = metrics.metric(key="bench")
    metrics.condition(watched, {"kind": "above", "bound": 1000})
    metrics.weekly(watched, [number % 90 for number in range(52)], until=30)
    weeks = iter(range(29, 0, -1))

    def recorded() -> None:
        entry = metrics.entry(metrics.weeks_ago(next(weeks)), 5)
        metrics.observations.record(watched, [entry], by=None, source="bench")

    seconds, peer = best_of_both(recorded, _append, times=15)
    return Row("value recorded and judged, against one ledger entry", seconds, "s", peer, 15)


def _pages() -> Iterator[Row]:
    """Pages of the demo, beside a bare page with the same middleware and sign-in."""
    owner = User.objects.get(username="owner")
    decision = Decision.objects.filter(state="questioned").get()
    metric = Metric.objects.get(key="backlog_growth")
    addresses = {
        "inbox": "/",
        "portfolio": "/decisions/",
        "decision": f"/decisions/{decision.reference}/",
        "options": f"/decisions/{decision.reference}/options/",
        "metric": f"/metrics/{metric.key}/",
    }
    with override_settings(ROOT_URLCONF="tests.bench.bare"):
        client = Client()
        client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
        for name, address in addresses.items():
            assert client.get(address).status_code == 200
            page = partial(client.get, address)
            seconds, peer = best_of_both(page, partial(client.get, "/bare/"), times=15)
            yield Row(f"page {name}, against a bare page", seconds, "s", peer, PAGE_TARGET)
