"""An evidence pack whose worker is killed again and again: every record is in it, exported once."""

import random
import sys
import time
from collections import Counter

from approvals.models import LedgerEntry
from approvals.services import keys
from approvals.services.verification import verify
from decisions.models import EvidencePack
from decisions.record.verify import NotTrue, verify_file
from decisions.services import packing
from decisions.tasks import make_packs
from tests.background import Process
from tests.factories import metrics
from tests.factories.approvals import owner
from tests.factories.decisions import in_force
from tests.soak.outcome import Outcome

PATIENCE_SECONDS = 600.0


def run(*, records: int, kills: int, seed: int = 1) -> Outcome:
    """Order a pack of so many records and kill the worker's whole group so often while it draws them."""
    for key in ("support_resolution_rate", "backlog_growth"):
        metrics.metric(key=key)
    by = owner()
    decisions = [in_force(by) for _ in range(records)]
    begun = time.monotonic()
    pack = packing.order(by=by, decisions=decisions)
    chance = random.Random(seed)
    worker = Process("worker", "--loglevel", "warning", "--concurrency", "1", "--hostname", "packs@%h")
    try:
        for _ in range(kills):
            make_packs.delay()
            time.sleep(chance.uniform(2.0, 9.0))
            worker.kill()
            # As if the dead worker's lease had run out: two minutes and a half that nothing would be learnt from.
            EvidencePack.objects.filter(pk=pack.pk).update(leased_until=None)
            worker.start_again()
        _wait(pack)
    finally:
        worker.stop()
    return _count(pack, records, round(time.monotonic() - begun, 1))


def _wait(pack: EvidencePack) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while pack.state == EvidencePack.State.WAITING and time.monotonic() < deadline:
        make_packs.delay()
        time.sleep(2)
        pack.refresh_from_db()


def _count(pack: EvidencePack, records: int, seconds: float) -> Outcome:
    exported = Counter(LedgerEntry.objects.filter(verb="record.exported").values_list("subject", flat=True))
    wrong = 0 if verify().ok else 1
    try:
        said = verify_file(pack.path, keys.private_key().public_key())
        wrong += f"{records} records" not in said
    except (NotTrue, OSError) as finding:
        sys.stderr.write(f"wrong: {finding} {pack.state} {pack.error}\n")
        wrong += 1
    doubled = sum(number - 1 for number in exported.values())
    return Outcome(tried=records, lost=records - len(exported), doubled=doubled, wrong=wrong, seconds=seconds)
