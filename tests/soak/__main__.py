"""`make soak`: faults at full size. Exit 1 when anything was lost, doubled or wrong.

SIZE scales the runs (default 1), ONLY picks runs by a word of their names;
JSON=1 prints one object a line: name, tried, lost, doubled, wrong, seconds.
"""

import os
import sys
from dataclasses import asdict

from tests import stage

stage.set_up()

from tests.soak import approving, history, kills, machine, packing, poison, restarts, tampering  # noqa: E402 - models need Django first


def main() -> int:
    """Run every soak; 0 when nothing was lost, doubled or wrong. ONLY takes those whose names contain its words."""
    size = float(os.environ.get("SIZE") or 1)
    only = os.environ.get("ONLY") or ""

    def times(number: int, least: int) -> int:
        return max(least, round(number * size))

    failed = False
    runs = {
        "worker and beat killed": lambda broker: kills.run(breaches=times(400, 6), kills=times(40, 2), broker=None),
        "worker, beat and broker killed": lambda broker: kills.run(
            breaches=times(400, 6), kills=times(40, 2), broker=broker
        ),
        "broker restarted under load": lambda broker: restarts.restarted(
            breaches=times(200, 6), restarts=times(5, 1), broker=broker
        ),
        "two workers and two beats": lambda broker: restarts.doubled(breaches=times(400, 6)),
        "poisoned signals": lambda broker: poison.run(breaches=times(100, 6), poisoned=times(10, 2)),
        "cache against rebuild": lambda broker: history.run(events=times(10_000, 100)),
        "evidence pack, its worker killed": lambda broker: packing.run(records=times(12, 2), kills=times(10, 1)),
        "ledger tampered with": lambda broker: tampering.run(entries=times(300, 30)),
        **{name: lambda broker, play=play: play(rounds=times(100, 4)) for name, play in approving.RACES.items()},
        "any order of acts on decision, request and change": lambda broker: machine.run(steps=times(2_000, 100)),
    }
    runs = {name: run for name, run in runs.items() if only in name}
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
