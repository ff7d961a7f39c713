"""`make soak`: faults at full size. Exit 1 when anything was lost, doubled or wrong.

SIZE scales the runs (default 1); JSON=1 prints one object a line: name, tried, lost, doubled, wrong, seconds.
"""

import os
import sys
from dataclasses import asdict

from tests import stage

stage.set_up()

from tests.soak import kills, tampering  # noqa: E402 - models need Django first


def main() -> int:
    """Run every soak; 0 when nothing was lost, doubled or wrong."""
    size = float(os.environ.get("SIZE") or 1)
    decided, episodes = max(2, round(10 * size)), max(3, round(40 * size))
    failed = False
    runs = {
        "worker killed": lambda broker: kills.run(
            decided=decided, episodes=episodes, kills=max(2, round(40 * size)), broker=None
        ),
        "worker and broker killed": lambda broker: kills.run(
            decided=decided, episodes=episodes, kills=max(2, round(40 * size)), broker=broker
        ),
        "ledger tampered with": lambda broker: tampering.run(entries=max(30, round(300 * size))),
    }
    for name, run in runs.items():
        with stage.database():
            broker = stage.Broker()
            try:
                outcome = run(broker)
            finally:
                broker.kill()
        failed = failed or bool(outcome.lost or outcome.doubled or outcome.wrong)
        stage.report({"name": name} | asdict(outcome))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
